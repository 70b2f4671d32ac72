/* SPDX-License-Identifier: MIT */
/*
 * annotation - remarks on a query that came to a result: each once, and only so many.
 *
 * Worded as Prometheus words them, since people and dashboards know these sentences.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "query/eval.h"
#include "query/lex.h"
#include "query/number.h"

#define ANNOTATIONS_SHOWN 10   /* of each kind */
#define ANNOTATIONS_TOLD  1000 /* of each kind: how many different ones are told apart */

struct remarks {
    const char *shown[ANNOTATIONS_SHOWN + 1]; /* one more for "... omitted" */
    uint64_t hashes[ANNOTATIONS_TOLD];
    size_t len;
};

struct annotations {
    struct remarks of[ANNOTATION_KIND_COUNT];
};

static bool is_new(struct remarks *remarks, const char *text)
{
    uint64_t hash = hash_bytes(text, strlen(text), 0);
    for (size_t i = 0; i < remarks->len; i++) {
        if (remarks->hashes[i] == hash)
            return false;
    }
    if (remarks->len == ANNOTATIONS_TOLD)
        return false;
    remarks->hashes[remarks->len++] = hash;
    return true;
}

int eval_annotate(struct eval *eval, enum annotation_kind kind, size_t at, const char *format,
                  ...)
{
    static const char *const prefixes[] = {"PromQL warning", "PromQL info"};
    _Static_assert(ARRAY_LEN(prefixes) == ANNOTATION_KIND_COUNT, "a prefix for each kind");
    if (eval->annotations == NULL)
        eval->annotations = arena_calloc(eval->arena, 1, sizeof(*eval->annotations));
    if (eval->annotations == NULL)
        return QUERY_TOO_LARGE;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct problem place;
    lex_problem(eval->text, at, &place, "%s", "");
    char whole[sizeof(text) + 80];
    snprintf(whole, sizeof(whole), "%s: %s (%d:%d)", prefixes[kind], text, place.line,
             place.column);

    struct remarks *remarks = &eval->annotations->of[kind];
    if (!is_new(remarks, whole) || remarks->len > ANNOTATIONS_SHOWN)
        return 0;
    remarks->shown[remarks->len - 1] = arena_strdup(eval->arena, whole);
    return remarks->shown[remarks->len - 1] == NULL ? QUERY_TOO_LARGE : 0;
}

/* Those of one kind as a list of texts. */
static int list_remarks(struct eval *eval, enum annotation_kind kind, const char *const **out,
                        size_t *out_count)
{
    static const char *const names[] = {"warning", "info"};
    struct remarks *remarks = &eval->annotations->of[kind];
    size_t count = MIN_OF(remarks->len, (size_t)ANNOTATIONS_SHOWN);
    if (remarks->len > ANNOTATIONS_SHOWN) {
        remarks->shown[count] = arena_printf(eval->arena, "%zu more %s annotations omitted",
                                             remarks->len - count, names[kind]);
        if (remarks->shown[count++] == NULL)
            return QUERY_TOO_LARGE;
    }
    *out = remarks->shown;
    *out_count = count;
    return 0;
}

int eval_list_annotations(struct eval *eval, struct query_result *result)
{
    if (eval->annotations == NULL)
        return 0;
    int error = list_remarks(eval, ANNOTATION_WARNING, &result->warnings, &result->n_warnings);
    return error != 0 ? error
                      : list_remarks(eval, ANNOTATION_INFO, &result->infos, &result->n_infos);
}

int eval_check_quantile(struct eval *eval, double quantile, const struct node *where)
{
    if (quantile >= 0 && quantile <= 1)
        return 0;
    char text[NUMBER_PLAIN_SIZE];
    number_format_sample(quantile, text);
    return eval_annotate(eval, ANNOTATION_WARNING, where->start,
                         "quantile value should be between 0 and 1, got %s", text);
}
