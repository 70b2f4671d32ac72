/* SPDX-License-Identifier: MIT */
/*
 * The store as a series_source.
 *
 * All series are read from memory first, then those that have older samples from the file,
 * inside one read transaction begun after that: what the writer moves from memory to the file
 * meanwhile is seen in at least one of them (invariant 8), and doubles are dropped.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/internal.h"

/* One series of a selection under way. */
struct pick {
    struct series *series; /* borrowed from the list */
    bool ask_file;
    struct sample *samples; /* from memory, in the arena */
    size_t n_samples;
};

struct selection {
    struct store *store;
    struct arena *arena;
    msec_t from_ms, to_ms;
    size_t left; /* samples that may still be taken */
    struct series_list found;
    struct pick *picks; /* in the arena */
    struct sample_list scratch;
};

static int keep(struct selection *selection, struct sample **out_samples, size_t *out_count)
{
    struct sample_list *scratch = &selection->scratch;
    sample_list_normalise(scratch);
    if (scratch->len > selection->left)
        return -E2BIG;
    *out_count = scratch->len;
    *out_samples =
        arena_memdup(selection->arena, scratch->items, scratch->len * sizeof(**out_samples));
    return *out_samples == NULL ? -E2BIG : 0;
}

static int pick_from_memory(struct selection *selection, struct pick *pick)
{
    struct series *series = pick->series;
    selection->scratch.len = 0;
    table_lock(&selection->store->table, series->shard);
    series_read(series, selection->from_ms, selection->to_ms, &selection->scratch);
    pick->ask_file = series->stored_from_ms <= selection->to_ms &&
                     series->stored_to_ms >= selection->from_ms;
    table_unlock(&selection->store->table, series->shard);
    if (selection->scratch.len == 0)
        return 0;
    return keep(selection, &pick->samples, &pick->n_samples);
}

static int add_from_file(struct selection *selection, struct disk_reader *reader,
                         struct pick *pick)
{
    struct store *store = selection->store;
    const struct disk_range range = {pick->series->id, selection->from_ms, selection->to_ms,
                                     selection->left};
    uint64_t corrupt = 0;
    selection->scratch.len = 0;
    int error = disk_reader_read(reader, &range, &selection->scratch, &corrupt);
    if (error == -E2BIG)
        return error;
    /* A damaged page costs its samples; the rest is served. */
    store_count(&store->chunks_corrupt, corrupt + (error != 0));
    if (selection->scratch.len == 0)
        return 0;
    for (size_t i = 0; i < pick->n_samples; i++)
        sample_list_push(&selection->scratch, pick->samples[i]);
    return keep(selection, &pick->samples, &pick->n_samples);
}

static int pick_samples(struct selection *selection)
{
    bool ask_file = false;
    for (size_t i = 0; i < selection->found.len; i++) {
        struct pick *pick = &selection->picks[i];
        pick->series = selection->found.items[i];
        int error = pick_from_memory(selection, pick);
        if (error != 0)
            return error;
        ask_file = ask_file || pick->ask_file;
        if (!pick->ask_file)
            selection->left -= pick->n_samples;
    }
    if (!ask_file)
        return 0;

    struct disk_reader *reader = disk_reader_take(&selection->store->disk);
    if (reader == NULL)
        return -EIO;
    int error = disk_reader_begin(reader);
    for (size_t i = 0; error == 0 && i < selection->found.len; i++) {
        struct pick *pick = &selection->picks[i];
        if (!pick->ask_file)
            continue;
        error = add_from_file(selection, reader, pick);
        if (error == 0 && pick->n_samples > selection->left)
            error = -E2BIG;
        else
            selection->left -= pick->n_samples;
    }
    disk_reader_end(reader);
    disk_reader_give(&selection->store->disk, reader);
    return error;
}

static int begin(struct store *store, const struct series_request *request, struct arena *arena,
                 struct selection *out)
{
    msec_t oldest_ms = store_wall_ms(store) - store->options.retention;
    *out = (struct selection){
        .store = store,
        .arena = arena,
        .from_ms = MAX_OF(request->from_ms, oldest_ms),
        .to_ms = request->to_ms,
        .left = request->max_samples,
    };
    index_select(&store->index, request->org, request->matchers, request->n_matchers,
                 &out->found);
    out->picks = arena_calloc(arena, out->found.len + 1, sizeof(*out->picks));
    return out->picks == NULL ? -E2BIG : 0;
}

static void end(struct selection *selection)
{
    series_list_deinit(&selection->found);
    sample_list_deinit(&selection->scratch);
}

/* Hands out the picks that `has` says have something. */
static int emit(struct selection *selection, bool (*has)(struct selection *, struct pick *),
                struct series_set *out_set)
{
    struct series_data *items =
        arena_alloc(selection->arena, (selection->found.len + 1) * sizeof(*items));
    if (items == NULL)
        return -E2BIG;
    size_t len = 0;
    for (size_t i = 0; i < selection->found.len; i++) {
        struct pick *pick = &selection->picks[i];
        if (has(selection, pick))
            items[len++] = (struct series_data){labels_ref(pick->series->labels), pick->samples,
                                                pick->n_samples};
    }
    *out_set = (struct series_set){items, len};
    return 0;
}

static bool has_samples(struct selection *selection, struct pick *pick)
{
    (void)selection;
    return pick->n_samples > 0;
}

static bool is_in_range(struct selection *selection, struct pick *pick)
{
    msec_t from_ms, to_ms;
    table_lock(&selection->store->table, pick->series->shard);
    bool any = series_bounds(pick->series, &from_ms, &to_ms);
    table_unlock(&selection->store->table, pick->series->shard);
    return any && from_ms <= selection->to_ms && to_ms >= selection->from_ms;
}

static int source_select(void *source, const struct series_request *request,
                         struct arena *arena, struct series_set *out_set)
{
    struct selection selection;
    int error = begin(source, request, arena, &selection);
    if (error == 0)
        error = pick_samples(&selection);
    if (error == 0)
        error = emit(&selection, has_samples, out_set);
    end(&selection);
    return error;
}

static int source_series(void *source, const struct series_request *request,
                         struct arena *arena, struct series_set *out_set)
{
    struct selection selection;
    int error = begin(source, request, arena, &selection);
    for (size_t i = 0; error == 0 && i < selection.found.len; i++)
        selection.picks[i].series = selection.found.items[i];
    if (error == 0)
        error = emit(&selection, is_in_range, out_set);
    end(&selection);
    return error;
}

/* Texts on their way into a list: first unique by a map, then sorted. */
struct collector {
    struct map seen; /* text → itself */
    size_t bytes, ceiling;
};

static bool collect(const char *text, size_t len, void *arg)
{
    struct collector *collector = arg;
    if (map_find(&collector->seen, text, len) != NULL)
        return true;
    if (len > collector->ceiling - collector->bytes)
        return false;
    collector->bytes += len;
    map_put(&collector->seen, text, len, collector);
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_texts(const struct collector *collector, struct arena *arena,
                      struct text_list *out_list)
{
    const char **items = arena_alloc(arena, (collector->seen.len + 1) * sizeof(*items));
    if (items == NULL)
        return -E2BIG;
    size_t len = 0;
    for (struct map_slot *slot = NULL; (slot = map_next(&collector->seen, slot)) != NULL;) {
        items[len] = arena_strndup(arena, slot->key, slot->key_len);
        if (items[len++] == NULL)
            return -E2BIG;
    }
    qsort(items, len, sizeof(*items), compare_texts);
    *out_list = (struct text_list){items, len};
    return 0;
}

static bool collect_labels(const struct labels *labels, const char *label,
                           struct collector *collector)
{
    if (label != NULL) {
        const char *value = labels_value(labels, label);
        return value == NULL || collect(value, strlen(value), collector);
    }
    for (uint32_t i = 0; i < labels->count; i++) {
        const char *name = labels->pairs[i].name;
        if (!collect(name, strlen(name), collector))
            return false;
    }
    return true;
}

static int collect_matching(struct store *store, const struct series_request *request,
                            const char *label, struct arena *arena, struct collector *collector)
{
    struct selection selection;
    int error = begin(store, request, arena, &selection);
    for (size_t i = 0; error == 0 && i < selection.found.len; i++) {
        struct pick pick = {.series = selection.found.items[i]};
        if (is_in_range(&selection, &pick) &&
            !collect_labels(pick.series->labels, label, collector))
            error = -E2BIG;
    }
    end(&selection);
    return error;
}

static int source_labels(void *source, const struct series_request *request, const char *label,
                         struct arena *arena, struct text_list *out_list)
{
    struct store *store = source;
    struct collector collector = {.ceiling = arena->ceiling};
    map_init(&collector.seen);
    int error = 0;
    if (request->n_matchers > 0)
        error = collect_matching(store, request, label, arena, &collector);
    else if (!index_labels(&store->index, request->org, label, collect, &collector))
        error = -E2BIG;
    if (error == 0)
        error = list_texts(&collector, arena, out_list);
    map_deinit(&collector.seen);
    return error;
}

static const struct series_source_kind source_kind = {
    .select = source_select,
    .series = source_series,
    .labels = source_labels,
};

struct series_source store_source(struct store *store)
{
    return (struct series_source){&source_kind, store};
}
