/* SPDX-License-Identifier: MIT */
#include "ctl/result.h"

#include <math.h>
#include <string.h>

#include "ctl/table.h"
#include "unit.h"

static void read_json(struct result *out_result, const char *text)
{
    json_t *data = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(data);
    result_read(out_result, data);
    json_decref(data);
}

START_TEST(vectors_and_matrices)
{
    struct result result;
    read_json(&result, "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"z\":\"1\","
                       "\"__name__\":\"m\",\"a\":\"x\"},\"value\":[12.5,\"+Inf\"]}]}");
    ck_assert_uint_eq(result.series.len, 1);
    ck_assert_str_eq(result.series.items[0].name, "m{a=\"x\", z=\"1\"}");
    ck_assert(result.series.items[0].points[0].at_s == 12.5);
    ck_assert(isinf(result.series.items[0].points[0].value));
    result_deinit(&result);

    read_json(&result, "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
                       "\"values\":[[1,\"2\"],[3,\"NaN\"],[4],[\"x\",\"5\"],7]}]}");
    ck_assert_str_eq(result.series.items[0].name, "{}");
    ck_assert_uint_eq(result.series.items[0].n_points, 2);
    ck_assert(isnan(result.series.items[0].points[1].value));
    result_deinit(&result);
}
END_TEST

START_TEST(single_values)
{
    struct result result;
    read_json(&result, "{\"resultType\":\"scalar\",\"result\":[5,\"1.5\"]}");
    ck_assert_uint_eq(result.series.len, 1);
    ck_assert(result.series.items[0].points[0].value == 1.5);
    result_deinit(&result);
}
END_TEST

START_TEST(answers_that_are_none)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"resultType\":7,\"result\":{}}",
        "{\"resultType\":\"matrix\",\"result\":{\"a\":1}}",
        "{\"resultType\":\"matrix\",\"result\":[1,null,[],{\"values\":7}]}",
        "{\"resultType\":\"vector\",\"result\":[{\"metric\":[],\"value\":{}}]}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct result result;
        read_json(&result, texts[i]);
        for (size_t k = 0; k < result.series.len; k++)
            ck_assert_uint_eq(result.series.items[k].n_points, 0);
        result_deinit(&result);
    }
    struct result result;
    result_read(&result, NULL);
    ck_assert_uint_eq(result.series.len, 0);
    result_deinit(&result);
}
END_TEST

static char *print(const struct table *table)
{
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    table_print(table, file);
    fclose(file);
    return text;
}

START_TEST(tables_are_aligned_and_tame)
{
    static const char *const titles[] = {"NAME", ">N"};
    struct table table;
    table_init(&table, titles, 2);
    table_add(&table, "%s", "\xC3\xA4\033[31mx\xC2\x9B");
    table_add(&table, "%d", 5);
    table_add(&table, "%s", "b");
    table_add(&table, "%d", 1234);
    char *text = print(&table);
    ck_assert_str_eq(text, "NAME          N\n\xC3\xA4?[31mx??     5\nb          1234\n");
    free(text);
    table_deinit(&table);
}
END_TEST

UNIT_MAIN("result", vectors_and_matrices, single_values, answers_that_are_none,
          tables_are_aligned_and_tame)
