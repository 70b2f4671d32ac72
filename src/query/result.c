/* SPDX-License-Identifier: MIT */
/* result - what a query gave, as Prometheus' HTTP API prints it. */
#include <string.h>

#include "base/decimal.h"
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

#define SAMPLE_TEXT_SIZE (32 + NUMBER_PLAIN_SIZE) /* of what format_sample() writes */

/* Seconds, with three decimals unless they are zero. */
static size_t format_time(msec_t at_ms, char *out)
{
    size_t len = 0;
    uint64_t magnitude = at_ms < 0 ? -(uint64_t)at_ms : (uint64_t)at_ms;
    if (at_ms < 0)
        out[len++] = '-';
    len += decimal_write_u64(magnitude / 1000, out + len);
    unsigned rest = (unsigned)(magnitude % 1000);
    if (rest != 0) {
        const char fraction[4] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
                                  (char)('0' + rest % 10)};
        memcpy(out + len, fraction, sizeof(fraction));
        len += sizeof(fraction);
    }
    return len;
}

static void write_time(struct json *json, msec_t at_ms)
{
    char text[32];
    json_raw(json, text, format_time(at_ms, text));
}

/* [1700000000.5,"1.25"] in one piece: an answer may have hundreds of thousands of them. */
static void write_sample(struct json *json, struct sample sample)
{
    char text[SAMPLE_TEXT_SIZE];
    size_t len = 0;
    text[len++] = '[';
    len += format_time(sample.at_ms, text + len);
    text[len++] = ',';
    text[len++] = '"';
    len += number_format_sample(sample.value, text + len);
    text[len++] = '"';
    text[len++] = ']';
    json_raw(json, text, len);
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

void query_result_write_fields(const struct query_result *result, struct json *json)
{
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
}

void query_result_write(const struct query_result *result, struct json *json)
{
    json_object_begin(json);
    query_result_write_fields(result, json);
    json_object_end(json);
}
