/* SPDX-License-Identifier: MIT */
/* result - what a query gave, as Prometheus' HTTP API prints it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/number.h"
#include "query/query.h"

const char *const query_type_names[] = {"scalar", "string", "vector", "matrix"};
_Static_assert(ARRAY_LEN(query_type_names) == QUERY_TYPE_COUNT, "a name for each type");

void query_result_release(struct query_result *result)
{
    for (size_t i = 0; i < result->n_series; i++)
        labels_unref(result->series[i].labels);
    *result = (struct query_result){0};
}

/* Seconds, with three decimals unless they are zero. */
static void write_time(struct json *json, msec_t at_ms)
{
    char text[32];
    uint64_t magnitude = at_ms < 0 ? -(uint64_t)at_ms : (uint64_t)at_ms;
    int len =
        snprintf(text, sizeof(text), "%s%" PRIu64, at_ms < 0 ? "-" : "", magnitude / 1000);
    if (magnitude % 1000 != 0)
        len += snprintf(text + len, sizeof(text) - (size_t)len, ".%03u",
                        (unsigned)(magnitude % 1000));
    json_raw(json, text, (size_t)len);
}

static void write_sample(struct json *json, struct sample sample)
{
    char text[NUMBER_PLAIN_SIZE];
    size_t len = number_format_sample(sample.value, text);
    json_array_begin(json);
    write_time(json, sample.at_ms);
    json_text_n(json, text, len);
    json_array_end(json);
}

static void write_series(struct json *json, const struct query_series *series, bool is_matrix)
{
    json_object_begin(json);
    json_key(json, "metric");
    json_object_begin(json);
    for (uint32_t i = 0; i < series->labels->count; i++)
        json_field_string(json, series->labels->pairs[i].name, series->labels->pairs[i].value);
    json_object_end(json);
    if (is_matrix) {
        json_key(json, "values");
        json_array_begin(json);
        for (size_t i = 0; i < series->n_samples; i++)
            write_sample(json, series->samples[i]);
        json_array_end(json);
    } else {
        json_key(json, "value");
        write_sample(json, series->samples[0]);
    }
    json_object_end(json);
}

void query_result_write(const struct query_result *result, struct json *json)
{
    json_object_begin(json);
    json_field_string(json, "resultType", query_type_names[result->type]);
    json_key(json, "result");
    switch (result->type) {
    case QUERY_SCALAR: write_sample(json, result->scalar); break;
    case QUERY_STRING:
        json_array_begin(json);
        write_time(json, result->scalar.at_ms);
        json_text(json, result->text);
        json_array_end(json);
        break;
    default:
        json_array_begin(json);
        for (size_t i = 0; i < result->n_series; i++)
            write_series(json, &result->series[i], result->type == QUERY_MATRIX);
        json_array_end(json);
    }
    json_object_end(json);
}
