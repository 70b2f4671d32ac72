/* SPDX-License-Identifier: MIT */
#include "query/function.h"

#include "query/aggregate.h"
#include "unit.h"

/* Every function of Prometheus 3.5, what it takes (as function.h writes it) and gives. */
static const struct {
    const char *name, *arguments, *returns;
} functions[] = {
    {"abs", "v", "vector"},
    {"absent", "v", "vector"},
    {"absent_over_time", "m", "vector"},
    {"acos", "v", "vector"},
    {"acosh", "v", "vector"},
    {"asin", "v", "vector"},
    {"asinh", "v", "vector"},
    {"atan", "v", "vector"},
    {"atanh", "v", "vector"},
    {"avg_over_time", "m", "vector"},
    {"ceil", "v", "vector"},
    {"changes", "m", "vector"},
    {"clamp", "vss", "vector"},
    {"clamp_max", "vs", "vector"},
    {"clamp_min", "vs", "vector"},
    {"cos", "v", "vector"},
    {"cosh", "v", "vector"},
    {"count_over_time", "m", "vector"},
    {"day_of_month", "?v", "vector"},
    {"day_of_week", "?v", "vector"},
    {"day_of_year", "?v", "vector"},
    {"days_in_month", "?v", "vector"},
    {"deg", "v", "vector"},
    {"delta", "m", "vector"},
    {"deriv", "m", "vector"},
    {"double_exponential_smoothing", "mss", "vector"},
    {"exp", "v", "vector"},
    {"first_over_time", "m", "vector"},
    {"floor", "v", "vector"},
    {"histogram_avg", "v", "vector"},
    {"histogram_count", "v", "vector"},
    {"histogram_fraction", "ssv", "vector"},
    {"histogram_quantile", "sv", "vector"},
    {"histogram_stddev", "v", "vector"},
    {"histogram_stdvar", "v", "vector"},
    {"histogram_sum", "v", "vector"},
    {"holt_winters", "mss", "vector"},
    {"hour", "?v", "vector"},
    {"idelta", "m", "vector"},
    {"increase", "m", "vector"},
    {"info", "v?v", "vector"},
    {"irate", "m", "vector"},
    {"label_join", "vtt?t*", "vector"},
    {"label_replace", "vtttt", "vector"},
    {"last_over_time", "m", "vector"},
    {"ln", "v", "vector"},
    {"log10", "v", "vector"},
    {"log2", "v", "vector"},
    {"mad_over_time", "m", "vector"},
    {"max_over_time", "m", "vector"},
    {"min_over_time", "m", "vector"},
    {"minute", "?v", "vector"},
    {"month", "?v", "vector"},
    {"pi", "", "scalar"},
    {"predict_linear", "ms", "vector"},
    {"present_over_time", "m", "vector"},
    {"quantile_over_time", "sm", "vector"},
    {"rad", "v", "vector"},
    {"rate", "m", "vector"},
    {"resets", "m", "vector"},
    {"round", "v?s", "vector"},
    {"scalar", "v", "scalar"},
    {"sgn", "v", "vector"},
    {"sin", "v", "vector"},
    {"sinh", "v", "vector"},
    {"sort", "v", "vector"},
    {"sort_by_label", "v?t*", "vector"},
    {"sort_by_label_desc", "v?t*", "vector"},
    {"sort_desc", "v", "vector"},
    {"sqrt", "v", "vector"},
    {"stddev_over_time", "m", "vector"},
    {"stdvar_over_time", "m", "vector"},
    {"sum_over_time", "m", "vector"},
    {"tan", "v", "vector"},
    {"tanh", "v", "vector"},
    {"time", "", "scalar"},
    {"timestamp", "v", "vector"},
    {"ts_of_first_over_time", "m", "vector"},
    {"ts_of_last_over_time", "m", "vector"},
    {"ts_of_max_over_time", "m", "vector"},
    {"ts_of_min_over_time", "m", "vector"},
    {"vector", "s", "vector"},
    {"year", "?v", "vector"},
};

START_TEST(every_function_is_there)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        const struct function *found = function_find(slice_of(functions[i].name));
        ck_assert_msg(found != NULL, "%s() is missing", functions[i].name);
        ck_assert_str_eq(found->arguments, functions[i].arguments);
        ck_assert_str_eq(query_type_names[found->returns], functions[i].returns);
        ck_assert_ptr_nonnull(found->call);
    }
    ck_assert_ptr_null(function_find(slice_of("Rate")));
    ck_assert_ptr_null(function_find(slice_of("rat")));
    ck_assert_ptr_null(function_find(slice_of("")));
}
END_TEST

/* name(argument, argument, ...) */
static void write_call(char *out, size_t size, const struct function *function, size_t count)
{
    static const char *const examples[] = {"1", "\"l\"", "m", "m[5m]"};
    size_t len = (size_t)snprintf(out, size, "%s(", function->name);
    for (size_t i = 0; i < count; i++) {
        const char *example = examples[function_argument_type(function, i)];
        if ((function->traits & FUNCTION_TAKES_INFO) != 0 && i == 1)
            example = "{l=\"x\"}";
        len += (size_t)snprintf(out + len, size - len, "%s%s", i == 0 ? "" : ", ",
                                i >= count ? "1" : example);
    }
    snprintf(out + len, size - len, ")");
}

static bool parses(const char *text)
{
    struct expr *expr;
    struct problem problem;
    if (query_parse(text, &expr, &problem) != 0)
        return false;
    expr_free(expr);
    return true;
}

START_TEST(calls_need_the_right_number_of_arguments)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        const struct function *function = function_find(slice_of(functions[i].name));
        size_t min = function_arguments_min(function), max = function_arguments_max(function);
        char text[300];
        ck_assert_uint_le(min, max);
        for (size_t count = min; count <= MIN_OF(max, (size_t)8); count++) {
            write_call(text, sizeof(text), function, count);
            ck_assert_msg(parses(text), "%s should be right", text);
        }
        if (min > 0) {
            write_call(text, sizeof(text), function, min - 1);
            ck_assert_msg(!parses(text), "%s should be wrong", text);
        }
        if (max != SIZE_MAX) {
            snprintf(text, sizeof(text), "%s(1%.*s)", function->name, (int)(3 * max),
                     ", 1, 1, 1, 1, 1, 1, 1, 1");
            ck_assert_msg(!parses(text), "%s should be wrong", text);
        }
    }
}
END_TEST

START_TEST(every_aggregation_is_there)
{
    static const char *const names[] = {
        "sum",    "avg",      "min",  "max",     "count",  "group",       "stddev",
        "stdvar", "quantile", "topk", "bottomk", "limitk", "limit_ratio", "count_values"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct aggregation *found = aggregation_find(slice_of(names[i]));
        ck_assert_msg(found != NULL, "%s is missing", names[i]);
        ck_assert_str_eq(found->name, names[i]);
    }
    ck_assert_ptr_nonnull(aggregation_find(slice_of("SUM")));
    ck_assert_ptr_null(aggregation_find(slice_of("median")));
}
END_TEST

UNIT_MAIN("function", every_function_is_there, calls_need_the_right_number_of_arguments,
          every_aggregation_is_there)
