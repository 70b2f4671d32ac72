/* SPDX-License-Identifier: MIT */
/*
 * The packer works on symbols of 16 bits instead of bytes: those below 256 are bytes that stay,
 * the time's bytes are symbols of their own, so that they match nothing but the time in another
 * series, and a gap's match nothing at all.
 */
#include "wire/form.h"

#include <assert.h>
#include <errno.h>

#include "base/memory.h"
#include "wire/protobuf.h"
#include "wire/snappy.h"

#define SYMBOL_TIME      ((uint16_t)0x100) /* and what follows: + index of the byte */
#define SYMBOL_GAP_BEGIN ((uint16_t)0xfffe)
#define SYMBOL_GAP       ((uint16_t)0xffff)

#define TABLE_BITS      12
#define TABLE_SIZE      ((size_t)1 << TABLE_BITS)
#define MATCH_MIN       4
#define DISTANCE_MAX    ((size_t)0xffff)
#define TIME_BYTES_MAX  10
#define FRAME_BYTES_MAX 40 /* of a series: all but its labels */

struct draft {
    const struct form_series *series; /* borrowed from the caller of form_build() */
    uint32_t *seen;                   /* by hash: where four symbols were seen last */
    uint16_t *symbols;
    size_t len;
    size_t next_gap; /* the series that the next gap is of, or one before it */
    size_t time_len;
    uint8_t *packed; /* room for the block */
};

void form_init(struct form *form)
{
    *form = (struct form){0};
    buf_init(&form->packed, FORM_MAX_BYTES * 7 / 6 + 32);
}

void form_deinit(struct form *form)
{
    buf_deinit(&form->packed);
    VEC_DEINIT(&form->gaps);
    VEC_DEINIT(&form->time);
}

/* ---- from series to symbols ---- */

static void add_bytes(struct draft *draft, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        draft->symbols[draft->len++] = bytes[i];
}

static void add_varint(struct draft *draft, uint64_t value)
{
    uint8_t bytes[TIME_BYTES_MAX];
    add_bytes(draft, bytes, (size_t)(put_varint(bytes, value) - bytes));
}

static void add_value(struct draft *draft, const struct form_series *series)
{
    uint64_t bits;
    memcpy(&bits, &series->value, sizeof(bits));
    for (int i = 0; i < 8; i++)
        draft->symbols[draft->len++] = series->is_still ? (uint8_t)(bits >> (8 * i))
                                       : i == 0         ? SYMBOL_GAP_BEGIN
                                                        : SYMBOL_GAP;
}

static void add_series(struct draft *draft, const struct form_series *series)
{
    size_t sample_len = 1 + 8 + 1 + draft->time_len;
    draft->symbols[draft->len++] = TAG(REQUEST_TIMESERIES, WIRE_BYTES);
    add_varint(draft, series->encoded_len + 2 + sample_len);
    add_bytes(draft, series->encoded, series->encoded_len);
    draft->symbols[draft->len++] = TAG(TIMESERIES_SAMPLE, WIRE_BYTES);
    add_varint(draft, sample_len);
    draft->symbols[draft->len++] = TAG(SAMPLE_VALUE, WIRE_FIXED64);
    add_value(draft, series);
    draft->symbols[draft->len++] = TAG(SAMPLE_TIMESTAMP, WIRE_VARINT);
    for (size_t i = 0; i < draft->time_len; i++)
        draft->symbols[draft->len++] = (uint16_t)(SYMBOL_TIME + i);
}

/* ---- from symbols to a snappy block ---- */

static uint8_t *write_literal(struct form *form, struct draft *draft, uint8_t *to, size_t from,
                              size_t end)
{
    if (from == end)
        return to;
    to = snappy_write_literal_head(to, end - from);
    for (size_t i = from; i < end; i++, to++) {
        uint16_t symbol = draft->symbols[i];
        uint32_t at = (uint32_t)(to - draft->packed);
        *to = (uint8_t)symbol;
        if (symbol == SYMBOL_GAP_BEGIN) {
            while (draft->series[draft->next_gap].is_still)
                draft->next_gap++;
            form->gaps.items[draft->next_gap++] = at;
        } else if (symbol >= SYMBOL_TIME && symbol < SYMBOL_TIME + TIME_BYTES_MAX) {
            VEC_PUSH(&form->time, ((struct form_byte){at, symbol - SYMBOL_TIME}));
        }
    }
    return to;
}

static bool has_gap(const uint16_t *symbols)
{
    for (size_t i = 0; i < MATCH_MIN; i++) {
        if (symbols[i] >= SYMBOL_GAP_BEGIN)
            return true;
    }
    return false;
}

/* The last place that had these four symbols; `at` itself when there is none to copy from.
 * Notes `at` for those to come. */
static size_t find_earlier(const struct draft *draft, size_t at)
{
    uint64_t four;
    memcpy(&four, draft->symbols + at, sizeof(four));
    uint32_t *seen = &draft->seen[four * UINT64_C(0x9e3779b97f4a7c15) >> (64 - TABLE_BITS)];
    size_t earlier = *seen;
    *seen = (uint32_t)at;
    bool is_same = at - earlier <= DISTANCE_MAX &&
                   memcmp(draft->symbols + earlier, draft->symbols + at, sizeof(four)) == 0;
    return is_same ? earlier : at;
}

static size_t match_length(const struct draft *draft, size_t earlier, size_t at)
{
    const uint16_t *symbols = draft->symbols;
    size_t len = MATCH_MIN;
    while (at + len < draft->len && symbols[earlier + len] == symbols[at + len] &&
           symbols[at + len] < SYMBOL_GAP_BEGIN)
        len++;
    return len;
}

static uint8_t *pack(struct form *form, struct draft *draft, uint8_t *to)
{
    size_t pending = 0, at = 0;
    while (at + MATCH_MIN <= draft->len) {
        size_t earlier = has_gap(draft->symbols + at) ? at : find_earlier(draft, at);
        if (earlier == at) {
            at++;
            continue;
        }
        size_t len = match_length(draft, earlier, at);
        to = write_literal(form, draft, to, pending, at);
        to = snappy_write_copy(to, at - earlier, len);
        size_t end = at + len;
        for (at++; at < end; at++) {
            if (at + MATCH_MIN <= draft->len && !has_gap(draft->symbols + at))
                (void)find_earlier(draft, at);
        }
        pending = at;
    }
    return write_literal(form, draft, to, pending, draft->len);
}

/* ---- the whole ---- */

static int measure(const struct form_series *series, size_t n_series, size_t *out_len)
{
    size_t len = 0;
    for (size_t i = 0; i < n_series && len <= FORM_MAX_BYTES; i++)
        len += series[i].encoded_len + FRAME_BYTES_MAX;
    *out_len = len;
    return len <= FORM_MAX_BYTES ? 0 : -ENOBUFS;
}

static void make_room_for_gaps(struct form *form, size_t n_series)
{
    if (form->gaps.capacity < n_series) {
        form->gaps.items =
            memory_realloc(form->gaps.items, n_series * sizeof(*form->gaps.items));
        form->gaps.capacity = n_series;
    }
    if (n_series > 0)
        memset(form->gaps.items, 0, n_series * sizeof(*form->gaps.items));
    form->gaps.len = n_series;
}

int form_build(struct form *form, const struct form_series *series, size_t n_series,
               msec_t at_ms)
{
    size_t room;
    buf_reset(&form->packed);
    make_room_for_gaps(form, n_series);
    form->time.len = 0;
    int error = measure(series, n_series, &room);
    if (error != 0)
        return error;

    uint8_t time[TIME_BYTES_MAX];
    form->time_len = (size_t)(put_varint(time, (uint64_t)at_ms) - time);
    struct draft draft = {.series = series, .time_len = form->time_len};
    size_t table_bytes = TABLE_SIZE * sizeof(*draft.seen);
    size_t symbols_bytes = room * sizeof(*draft.symbols);
    draft.seen = malloc(table_bytes + symbols_bytes + snappy_packed_max(room));
    if (draft.seen == NULL)
        return -ENOMEM;
    memset(draft.seen, 0, table_bytes);
    draft.symbols = (uint16_t *)(draft.seen + TABLE_SIZE);
    draft.packed = (uint8_t *)(draft.symbols + room);
    for (size_t i = 0; i < n_series; i++)
        add_series(&draft, &series[i]);
    uint8_t *begin = snappy_write_length(draft.packed, (uint32_t)draft.len);
    const uint8_t *end = pack(form, &draft, begin);
    error = buf_append(&form->packed, draft.packed, (size_t)(end - draft.packed));
    free(draft.seen);
    if (error != 0)
        return error;
    for (size_t i = 0; i < n_series; i++) {
        if (!series[i].is_still)
            form_set_value(form, i, series[i].value);
    }
    bool is_set = form_set_time(form, at_ms);
    assert(is_set);
    return 0;
}

bool form_set_time(struct form *form, msec_t at_ms)
{
    uint8_t bytes[TIME_BYTES_MAX];
    if ((size_t)(put_varint(bytes, (uint64_t)at_ms) - bytes) != form->time_len)
        return false;
    for (size_t i = 0; i < form->time.len; i++)
        form->packed.data[form->time.items[i].at] = (char)bytes[form->time.items[i].index];
    return true;
}
