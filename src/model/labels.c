/* SPDX-License-Identifier: MIT */
#include "model/labels.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

/* One seed per process: label values come from outside. */
static uint64_t hash_seed(void)
{
    static uint64_t seed;
    uint64_t value = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    if (value != 0)
        return value;
    value = random_u64() | 1;
    uint64_t expected = 0;
    return __atomic_compare_exchange_n(&seed, &expected, value, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED)
               ? value
               : expected;
}

/* A pair as given, before it is copied into a set. */
struct raw_pair {
    struct slice name, value;
};

static int compare_slices(struct slice a, struct slice b)
{
    int order = memcmp(a.data, b.data, MIN_OF(a.len, b.len));
    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int compare_raw(const void *a, const void *b)
{
    return compare_slices(((const struct raw_pair *)a)->name,
                          ((const struct raw_pair *)b)->name);
}

static bool is_valid(const struct raw_pair *pair)
{
    return pair->name.len > 0 && pair->name.len <= LABELS_NAME_MAX_BYTES &&
           pair->value.len <= LABELS_VALUE_MAX_BYTES &&
           memchr(pair->name.data, '\0', pair->name.len) == NULL &&
           memchr(pair->value.data, '\0', pair->value.len) == NULL &&
           text_is_utf8(pair->name.data, pair->name.len) &&
           text_is_utf8(pair->value.data, pair->value.len);
}

static uint64_t hash_pairs(const struct labels *labels)
{
    uint64_t hash = hash_seed();
    for (uint32_t i = 0; i < labels->count; i++) {
        const struct label *pair = &labels->pairs[i];
        hash = hash_bytes(pair->name, strlen(pair->name), hash);
        hash = hash_bytes(pair->value, strlen(pair->value), hash);
    }
    return hash;
}

static char *copy_text(char **at, struct slice text)
{
    char *copy = *at;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

/* Sorts `raw` in place; NULL when the set is not valid. */
static struct labels *build(struct raw_pair *raw, size_t count)
{
    size_t kept = 0, text_len = 0;
    for (size_t i = 0; i < count; i++) {
        if (raw[i].value.len == 0)
            continue;
        if (!is_valid(&raw[i]))
            return NULL;
        text_len += raw[i].name.len + raw[i].value.len + 2;
        raw[kept++] = raw[i];
    }
    qsort(raw, kept, sizeof(*raw), compare_raw);
    for (size_t i = 1; i < kept; i++) {
        if (compare_slices(raw[i - 1].name, raw[i].name) == 0)
            return NULL;
    }

    struct labels *labels =
        memory_alloc(sizeof(*labels) + kept * sizeof(labels->pairs[0]) + text_len);
    labels->refs = 1;
    labels->count = (uint32_t)kept;
    char *at = (char *)&labels->pairs[kept];
    for (size_t i = 0; i < kept; i++) {
        labels->pairs[i].name = copy_text(&at, raw[i].name);
        labels->pairs[i].value = copy_text(&at, raw[i].value);
    }
    labels->hash = hash_pairs(labels);
    return labels;
}

struct labels *labels_new(const struct label *pairs, size_t count)
{
    if (count > LABELS_COUNT_MAX)
        return NULL;
    struct raw_pair raw[LABELS_COUNT_MAX];
    for (size_t i = 0; i < count; i++)
        raw[i] = (struct raw_pair){slice_of(pairs[i].name), slice_of(pairs[i].value)};
    return build(raw, count);
}

/* A cursor over encoded bytes; every read checks the bounds. */
struct reader {
    const uint8_t *at, *end;
};

static bool read_varint(struct reader *in, size_t *out_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out_value = (size_t)value;
            return true;
        }
    }
    return false;
}

/* Reads `tag varint(len) bytes`. */
static bool read_field(struct reader *in, uint8_t tag, struct slice *out)
{
    size_t len;
    if (in->at >= in->end || *in->at++ != tag || !read_varint(in, &len) ||
        len > (size_t)(in->end - in->at))
        return false;
    *out = (struct slice){(const char *)in->at, len};
    in->at += len;
    return true;
}

/* One label message.  Either field may be absent (proto3 leaves out empty strings). */
static bool read_pair(struct slice message, struct raw_pair *out)
{
    struct reader in = {(const uint8_t *)message.data,
                        (const uint8_t *)message.data + message.len};
    *out = (struct raw_pair){{"", 0}, {"", 0}};
    while (in.at < in.end) {
        struct slice *field = *in.at == 0x0a ? &out->name : &out->value;
        if (!read_field(&in, *in.at == 0x0a ? 0x0a : 0x12, field))
            return false;
    }
    return true;
}

int labels_new_decoded(const void *encoded, size_t len, struct labels **out_labels)
{
    struct reader in = {encoded, (const uint8_t *)encoded + len};
    struct raw_pair raw[LABELS_COUNT_MAX];
    size_t count = 0;
    while (in.at < in.end) {
        struct slice message;
        if (count == LABELS_COUNT_MAX)
            return -E2BIG;
        if (!read_field(&in, 0x0a, &message) || !read_pair(message, &raw[count]))
            return -EINVAL;
        if (raw[count].name.len > LABELS_NAME_MAX_BYTES ||
            raw[count].value.len > LABELS_VALUE_MAX_BYTES)
            return -E2BIG;
        count++;
    }
    struct labels *labels = build(raw, count);
    if (labels == NULL)
        return -EINVAL;
    *out_labels = labels;
    return 0;
}

bool labels_encoded_value(const void *encoded, size_t len, const char *name,
                          struct slice *out_value)
{
    struct reader in = {encoded, (const uint8_t *)encoded + len};
    while (in.at < in.end) {
        struct slice message;
        struct raw_pair pair;
        if (!read_field(&in, 0x0a, &message) || !read_pair(message, &pair))
            return false;
        if (slice_is(pair.name, name)) {
            *out_value = pair.value;
            return true;
        }
    }
    return false;
}

struct labels *labels_ref(const struct labels *labels)
{
    struct labels *shared = (struct labels *)(uintptr_t)labels;
    unsigned before = __atomic_fetch_add(&shared->refs, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    return shared;
}

void labels_unref(struct labels *labels)
{
    if (labels == NULL)
        return;
    unsigned before = __atomic_fetch_sub(&labels->refs, 1, __ATOMIC_ACQ_REL);
    assert(before > 0);
    if (before == 1)
        free(labels);
}

const char *labels_value(const struct labels *labels, const char *name)
{
    for (uint32_t i = 0; i < labels->count; i++) {
        int order = strcmp(labels->pairs[i].name, name);
        if (order == 0)
            return labels->pairs[i].value;
        if (order > 0)
            break;
    }
    return NULL;
}

const char *labels_metric_name(const struct labels *labels)
{
    const char *name = labels_value(labels, LABEL_METRIC_NAME);
    return name == NULL ? "" : name;
}

int labels_compare(const struct labels *a, const struct labels *b)
{
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        int order = strcmp(a->pairs[i].name, b->pairs[i].name);
        if (order == 0)
            order = strcmp(a->pairs[i].value, b->pairs[i].value);
        if (order != 0)
            return order;
    }
    return a->count < b->count ? -1 : a->count > b->count;
}

bool labels_equal(const struct labels *a, const struct labels *b)
{
    return a == b || (a->hash == b->hash && labels_compare(a, b) == 0);
}

static size_t varint_len(size_t value)
{
    size_t len = 1;
    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

static void put_varint(struct buf *out, size_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_append_char(out, (char)(value | 0x80));
    buf_append_char(out, (char)value);
}

static void put_field(struct buf *out, char tag, const char *text, size_t len)
{
    buf_append_char(out, tag);
    put_varint(out, len);
    buf_append(out, text, len);
}

void labels_encode_pair(struct buf *out, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value);
    buf_append_char(out, 0x0a);
    put_varint(out, 2 + varint_len(name_len) + name_len + varint_len(value_len) + value_len);
    put_field(out, 0x0a, name, name_len);
    put_field(out, 0x12, value, value_len);
}

void labels_encode(struct buf *out, const struct labels *labels)
{
    for (uint32_t i = 0; i < labels->count; i++)
        labels_encode_pair(out, labels->pairs[i].name, labels->pairs[i].value);
}

static void format_value(struct buf *out, const char *value)
{
    buf_append_char(out, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            buf_append_char(out, '\\');
        if (*value == '\n')
            buf_append_text(out, "\\n");
        else
            buf_append_char(out, *value);
    }
    buf_append_char(out, '"');
}

void labels_format(struct buf *out, const struct labels *labels)
{
    buf_append_text(out, labels_metric_name(labels));
    const char *before = "{";
    for (uint32_t i = 0; i < labels->count; i++) {
        if (text_is(labels->pairs[i].name, LABEL_METRIC_NAME))
            continue;
        buf_printf(out, "%s%s=", before, labels->pairs[i].name);
        format_value(out, labels->pairs[i].value);
        before = ",";
    }
    if (*before == ',')
        buf_append_char(out, '}');
    else if (labels->count == 0)
        buf_append_text(out, "{}");
}
