/* SPDX-License-Identifier: MIT */
#include "model/series_source.h"

#define SELECT_MAX_BYTES ((size_t)1 << 30)

/* For a source that can only select: a table in a test. */
static int walk_selected(const struct series_source *source,
                         const struct series_request *request,
                         const struct series_visitor *visitor)
{
    struct arena arena;
    struct series_set set = {0};
    arena_init(&arena, SELECT_MAX_BYTES);
    int error = source->kind->select(source->source, request, &arena, &set);
    size_t block = set.len;
    if (error == 0 && visitor->begin != NULL)
        error = visitor->begin(visitor->arg, set.len, &block);
    for (size_t i = 0; error == 0 && i < set.len; i++)
        error = visitor->visit(visitor->arg, 0, i, &set.items[i]);
    series_set_release(&set);
    arena_deinit(&arena);
    return error;
}

int series_source_walk(const struct series_source *source, const struct series_request *request,
                       const struct series_visitor *visitor)
{
    if (source->kind->walk == NULL)
        return walk_selected(source, request, visitor);
    return source->kind->walk(source->source, request, visitor);
}
