/* SPDX-License-Identifier: MIT */
#include "ctl/result.h"

#include <math.h>

#include "base/text.h"

#define NAME_MAX_BYTES 4096

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* name{label="value", ...}, labels in order; control characters replaced. */
static char *name_of(const json_t *metric)
{
    const char *key, *keys[128];
    json_t *value;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)metric, key, value)
    {
        if (n < ARRAY_LEN(keys) && !text_is(key, "__name__"))
            keys[n++] = key;
    }
    if (n > 1)
        qsort(keys, n, sizeof(keys[0]), by_text);
    struct buf text;
    buf_init(&text, NAME_MAX_BYTES);
    const char *name = json_string_value(json_object_get(metric, "__name__"));
    buf_append_text(&text, name == NULL ? "" : name);
    for (size_t i = 0; i < n; i++) {
        const char *content = json_string_value(json_object_get(metric, keys[i]));
        buf_printf(&text, "%s%s=\"%s\"", i == 0 ? "{" : ", ", keys[i],
                   content == NULL ? "" : content);
    }
    if (n > 0 || name == NULL)
        buf_append_text(&text, n > 0 ? "}" : "{}");
    char *out = memory_strdup(text.error != 0 ? "..." : buf_text(&text));
    buf_deinit(&text);
    for (unsigned char *at = (unsigned char *)out; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7F)
            *at = '?';
    }
    return out;
}

/* [seconds, "value"] */
static bool read_point(const json_t *pair, struct plot_point *out_point)
{
    const char *text = json_string_value(json_array_get(pair, 1));
    const json_t *at = json_array_get(pair, 0);
    double value;
    if (text == NULL || !json_is_number(at))
        return false;
    if (text_to_double(text, &value) != 0)
        value = text_is(text, "+Inf")   ? (double)INFINITY
                : text_is(text, "-Inf") ? -(double)INFINITY
                                        : (double)NAN;
    *out_point = (struct plot_point){json_number_value(at), value};
    return true;
}

static void add_series(struct result *result, const json_t *metric, const json_t *pairs)
{
    size_t n = json_array_size(pairs), used = 0;
    struct plot_point *points = memory_calloc(MAX_OF(n, (size_t)1), sizeof(*points));
    for (size_t i = 0; i < n; i++)
        used += read_point(json_array_get(pairs, i), &points[used]);
    VEC_PUSH(&result->series, ((struct plot_series){name_of(metric), points, used}));
}

/* One [time, value] as a list of them. */
static void add_single(struct result *result, const json_t *metric, json_t *pair)
{
    json_t *pairs = json_array();
    json_array_append(pairs, pair);
    add_series(result, metric, pairs);
    json_decref(pairs);
}

void result_read(struct result *out_result, const json_t *data)
{
    struct result result = {0};
    const char *type = json_string_value(json_object_get(data, "resultType"));
    json_t *content = json_object_get(data, "result"), *item;
    size_t i;
    type = type == NULL ? "" : type;
    if (text_is(type, "scalar") || text_is(type, "string"))
        add_single(&result, NULL, content);
    json_array_foreach(content, i, item)
    {
        const json_t *metric = json_object_get(item, "metric");
        if (text_is(type, "matrix"))
            add_series(&result, metric, json_object_get(item, "values"));
        else if (text_is(type, "vector"))
            add_single(&result, metric, json_object_get(item, "value"));
    }
    *out_result = result;
}

void result_deinit(struct result *result)
{
    for (size_t i = 0; i < result->series.len; i++) {
        free((char *)(uintptr_t)result->series.items[i].name);
        free((struct plot_point *)(uintptr_t)result->series.items[i].points);
    }
    VEC_DEINIT(&result->series);
}
