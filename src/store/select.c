/* SPDX-License-Identifier: MIT */
/*
 * The store as a series_source.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/reading.h"

/* One request under way, possibly on several threads. */
struct selection {
    struct store *store;
    struct archive_range range;
    struct id_vec ids;
    const struct series_visitor *visitor;
    size_t left; /* atomic: samples that may still be visited */
};

static void begin(struct store *store, const struct series_request *request,
                  struct selection *out)
{
    *out = (struct selection){
        .store = store,
        .range = {MAX_OF(request->from_ms, store_oldest_ms(store)), request->to_ms,
                  request->step_ms},
        .left = request->max_samples,
    };
    index_select(&store->index, request->org, request->matchers, request->n_matchers,
                 &out->ids);
}

static void end(struct selection *selection)
{
    VEC_DEINIT(&selection->ids);
}

static bool take_allowance(struct selection *selection, size_t n)
{
    size_t left = __atomic_load_n(&selection->left, __ATOMIC_RELAXED);
    do {
        if (left < n)
            return false;
    } while (!__atomic_compare_exchange_n(&selection->left, &left, left - n, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

static int visit(struct selection *selection, unsigned thread, struct reading *reading,
                 size_t index)
{
    size_t n = reading->samples.len + reading->rollups.len;
    if (n == 0)
        return 0;
    if (!take_allowance(selection, n))
        return -E2BIG;
    struct series_data data = {
        .labels = index_labels(&selection->store->index, selection->ids.items[index]),
        .samples = reading->samples.items,
        .n_samples = reading->samples.len,
        .rollups = reading->rollups.items,
        .n_rollups = reading->rollups.len,
    };
    if (data.labels == NULL)
        return 0; /* it was deleted just now */
    const struct series_visitor *visitor = selection->visitor;
    int error = visitor->visit(visitor->arg, thread, index, &data);
    labels_unref(data.labels);
    return error;
}

static int read_range(void *arg, unsigned thread, size_t first, size_t last)
{
    struct selection *selection = arg;
    const uint32_t *ids = selection->ids.items;
    struct reading *reading = reading_take(selection->store, &selection->range);
    int error = 0;
    while (error == 0 && first < last) {
        size_t n = reading_same_shard(ids, first, last);
        error = reading_shard(reading, ids + first, n);
        for (size_t i = 0; error == 0 && i < n; i++) {
            error = reading_series(reading, ids[first + i], i);
            if (error == 0)
                error = visit(selection, thread, reading, first + i);
        }
        first += n;
    }
    reading_give(reading);
    return error;
}

static int source_walk(void *source, const struct series_request *request,
                       const struct series_visitor *visitor)
{
    struct selection selection;
    begin(source, request, &selection);
    selection.visitor = visitor;
    int error = series_visitor_run(visitor, selection.ids.len, read_range, &selection);
    end(&selection);
    return error;
}

/* What is visited, kept in an arena. */
struct copying {
    struct arena *arena;
    struct series_set set;
};

static int begin_copying(void *arg, size_t n_series, size_t *out_block)
{
    (void)out_block;
    struct copying *copying = arg;
    copying->set.items =
        arena_alloc(copying->arena, (n_series + 1) * sizeof(*copying->set.items));
    return copying->set.items == NULL ? -E2BIG : 0;
}

static int copy_series(void *arg, unsigned thread, size_t index, const struct series_data *data)
{
    (void)thread;
    (void)index;
    struct copying *copying = arg;
    struct series_data copy = *data;
    copy.samples =
        arena_memdup(copying->arena, data->samples, data->n_samples * sizeof(*data->samples));
    copy.rollups =
        arena_memdup(copying->arena, data->rollups, data->n_rollups * sizeof(*data->rollups));
    if (copy.samples == NULL || copy.rollups == NULL)
        return -E2BIG;
    copy.labels = labels_ref(data->labels);
    copying->set.items[copying->set.len++] = copy;
    return 0;
}

static int source_select(void *source, const struct series_request *request,
                         struct arena *arena, struct series_set *out_set)
{
    struct copying copying = {.arena = arena};
    const struct series_visitor visitor = {begin_copying, copy_series, &copying, 1};
    int error = source_walk(source, request, &visitor);
    if (error == 0)
        *out_set = copying.set;
    else
        series_set_release(&copying.set);
    return error;
}

/* Keeps the ids that have anything within the range. */
static int narrow_to_range(struct selection *selection)
{
    uint32_t *ids = selection->ids.items;
    size_t kept = 0, len = selection->ids.len;
    struct reading *reading = reading_take(selection->store, &selection->range);
    int error = 0;
    for (size_t first = 0; error == 0 && first < len;) {
        size_t n = reading_same_shard(ids, first, len);
        error = reading_shard(reading, ids + first, n);
        for (size_t i = 0; error == 0 && i < n; i++) {
            bool has = reading->ends[i] > (i == 0 ? 0 : reading->ends[i - 1]);
            if (!has)
                error = reading_has_archived(reading, ids[first + i], &has);
            if (has)
                ids[kept++] = ids[first + i];
        }
        first += n;
    }
    reading_give(reading);
    selection->ids.len = kept;
    return error;
}

static int list_series(struct selection *selection, struct arena *arena,
                       struct series_set *out_set)
{
    struct series_data *items = arena_calloc(arena, selection->ids.len + 1, sizeof(*items));
    if (items == NULL)
        return -E2BIG;
    size_t len = 0;
    for (size_t i = 0; i < selection->ids.len; i++) {
        items[len].labels = index_labels(&selection->store->index, selection->ids.items[i]);
        len += items[len].labels != NULL;
    }
    *out_set = (struct series_set){items, len};
    return 0;
}

static int source_series(void *source, const struct series_request *request,
                         struct arena *arena, struct series_set *out_set)
{
    struct selection selection;
    begin(source, request, &selection);
    int error = narrow_to_range(&selection);
    if (error == 0)
        error = list_series(&selection, arena, out_set);
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

static int source_labels(void *source, const struct series_request *request, const char *label,
                         struct arena *arena, struct text_list *out_list)
{
    struct store *store = source;
    struct collector collector = {.ceiling = arena->ceiling};
    struct selection selection = {0};
    map_init(&collector.seen);
    int error = 0;
    if (request->n_matchers > 0) {
        begin(store, request, &selection);
        error = narrow_to_range(&selection);
    }
    const struct id_vec *among = request->n_matchers > 0 ? &selection.ids : NULL;
    if (error == 0 &&
        !index_each_text(&store->index, request->org, label, among, collect, &collector))
        error = -E2BIG;
    if (error == 0)
        error = list_texts(&collector, arena, out_list);
    end(&selection);
    map_deinit(&collector.seen);
    return error;
}

static const struct series_source_kind source_kind = {
    .select = source_select,
    .series = source_series,
    .labels = source_labels,
    .walk = source_walk,
};

struct series_source store_source(struct store *store)
{
    return (struct series_source){&source_kind, store};
}
