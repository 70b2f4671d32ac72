/* SPDX-License-Identifier: MIT */
#include "ingest/metadata_book.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

#define KEY_MAX (sizeof(org_id) + METADATA_NAME_MAX)

/* One metric; its texts lie behind it. */
struct entry {
    org_id org;
    size_t bytes;
    struct metadata metadata;
};

struct metadata_book {
    pthread_mutex_t lock;
    struct map entries; /* organisation and name -> struct entry */
    size_t bytes;
};

struct metadata_book *metadata_book_new(void)
{
    struct metadata_book *book = memory_calloc(1, sizeof(*book));
    pthread_mutex_init(&book->lock, NULL);
    map_init(&book->entries);
    return book;
}

void metadata_book_free(struct metadata_book *book)
{
    if (book == NULL)
        return;
    for (struct map_slot *slot = NULL; (slot = map_next(&book->entries, slot)) != NULL;)
        free(slot->value);
    map_deinit(&book->entries);
    pthread_mutex_destroy(&book->lock);
    free(book);
}

/* At most `max` bytes of it, never half a character. */
static size_t cut(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);
    if (len <= max)
        return len;
    len = max;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static const char *put_text(char **at, const char *text, size_t len)
{
    char *start = *at;
    memcpy(start, text, len);
    start[len] = '\0';
    *at = start + len + 1;
    return start;
}

static struct entry *entry_new(org_id org, const struct metadata *metadata)
{
    size_t name_len = strlen(metadata->metric);
    size_t help_len = cut(metadata->help, METADATA_HELP_MAX);
    size_t unit_len = cut(metadata->unit, METADATA_UNIT_MAX);
    size_t bytes = sizeof(struct entry) + name_len + help_len + unit_len + 3;
    struct entry *entry = memory_alloc(bytes);
    char *at = (char *)(entry + 1);
    *entry = (struct entry){.org = org, .bytes = bytes};
    entry->metadata.type = metadata->type;
    entry->metadata.metric = put_text(&at, metadata->metric, name_len);
    entry->metadata.help = put_text(&at, metadata->help, help_len);
    entry->metadata.unit = put_text(&at, metadata->unit, unit_len);
    return entry;
}

static bool says_the_same(const struct metadata *a, const struct metadata *b)
{
    return a->type == b->type && text_is(a->help, b->help) && text_is(a->unit, b->unit);
}

bool metadata_book_put(struct metadata_book *book, org_id org, const struct metadata *metadata,
                       bool may_replace)
{
    char key[KEY_MAX];
    size_t name_len = strnlen(metadata->metric, METADATA_NAME_MAX + 1);
    if (name_len == 0 || name_len > METADATA_NAME_MAX)
        return false;
    memcpy(key, &org, sizeof(org));
    memcpy(key + sizeof(org), metadata->metric, name_len);
    size_t key_len = sizeof(org) + name_len;

    pthread_mutex_lock(&book->lock);
    struct entry *before = map_find(&book->entries, key, key_len);
    bool taken = before != NULL && says_the_same(&before->metadata, metadata);
    if (!taken && (before == NULL || may_replace)) {
        struct entry *entry = entry_new(org, metadata);
        size_t freed = before == NULL ? 0 : before->bytes;
        taken = book->bytes - freed + entry->bytes <= METADATA_BYTES_MAX &&
                (before != NULL || book->entries.len < METADATA_METRICS_MAX);
        if (taken) {
            map_put(&book->entries, key, key_len, entry);
            book->bytes += entry->bytes - freed;
            free(before);
        } else {
            free(entry);
        }
    }
    pthread_mutex_unlock(&book->lock);
    return taken;
}

static int compare_metrics(const void *a, const void *b)
{
    return strcmp(((const struct metadata *)a)->metric, ((const struct metadata *)b)->metric);
}

static bool copy_entry(struct arena *arena, const struct entry *entry, struct metadata *out)
{
    struct entry *copy = arena_memdup(arena, entry, entry->bytes);
    if (copy == NULL)
        return false;
    const char *texts = (const char *)(copy + 1), *from = (const char *)(entry + 1);
    *out = (struct metadata){.metric = texts,
                             .help = texts + (entry->metadata.help - from),
                             .unit = texts + (entry->metadata.unit - from),
                             .type = entry->metadata.type};
    return true;
}

int metadata_book_list(struct metadata_book *book, org_id org, struct arena *arena,
                       struct metadata_list *out_list)
{
    pthread_mutex_lock(&book->lock);
    struct metadata_list list = {
        .items = arena_calloc(arena, book->entries.len + 1, sizeof(*list.items))};
    bool good = list.items != NULL;
    struct map_slot *slot = NULL;
    while (good && (slot = map_next(&book->entries, slot)) != NULL) {
        const struct entry *entry = slot->value;
        if (entry->org == org)
            good = copy_entry(arena, entry, &list.items[list.len++]);
    }
    pthread_mutex_unlock(&book->lock);
    if (!good)
        return -E2BIG;
    qsort(list.items, list.len, sizeof(list.items[0]), compare_metrics);
    *out_list = list;
    return 0;
}
