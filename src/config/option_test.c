/* SPDX-License-Identifier: MIT */
#include "config/option.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "unit.h"

static struct arena arena;

static int parse(const struct option *option, const char *text, union option_value *out_value)
{
    struct problem problem = {0};
    return option_parse(option, text, &arena, out_value, &problem);
}

START_TEST(reads_durations_in_every_written_form)
{
    static const struct {
        const char *text;
        mspan_t span;
    } cases[] = {{"10", 10000},      {"10s", 10000},  {"500ms", 500}, {"5 min", 300000},
                 {"1h30m", 5400000}, {"0.5", 500},    {"1.5s", 1500}, {"7d", 604800000},
                 {"2w", 1209600000}, {" 3 s ", 3000}, {"1H", 3600000}};
    struct option option = {.path = "a", .type = OPTION_DURATION};
    arena_init(&arena, 100000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        union option_value value = {0};
        ck_assert_msg(parse(&option, cases[i].text, &value) == 0, "%s", cases[i].text);
        ck_assert_int_eq(value.number, cases[i].span);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(refuses_what_is_not_a_duration)
{
    static const char *const cases[] = {"",
                                        " ",
                                        "s",
                                        "-1",
                                        "10x",
                                        "10 20",
                                        "1h30",
                                        "1e9",
                                        "nan",
                                        "0x10",
                                        "1..5s",
                                        "5s!",
                                        "99999999999w",
                                        "11111111111111111111111111111111111111"};
    struct option option = {.path = "a", .type = OPTION_DURATION};
    arena_init(&arena, 100000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        union option_value value = {.number = 7};
        ck_assert_msg(parse(&option, cases[i], &value) == -EINVAL, "%s", cases[i]);
        ck_assert_int_eq(value.number, 7);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(reads_bytes_numbers_and_truth)
{
    union option_value value = {0};
    arena_init(&arena, 100000);
    struct option bytes = {.type = OPTION_BYTES};
    ck_assert_int_eq(parse(&bytes, "64MiB", &value), 0);
    ck_assert_int_eq(value.number, 64 << 20);
    ck_assert_int_eq(parse(&bytes, "1000", &value), 0);
    ck_assert_int_eq(value.number, 1000);
    ck_assert_int_eq(parse(&bytes, "1 G", &value), 0);
    ck_assert_int_eq(value.number, 1 << 30);
    struct option number = {.type = OPTION_DOUBLE};
    ck_assert_int_eq(parse(&number, "80.5", &value), 0);
    ck_assert_double_eq(value.real, 80.5);
    ck_assert_int_eq(parse(&number, "inf", &value), -EINVAL);
    struct option truth = {.type = OPTION_BOOL};
    ck_assert_int_eq(parse(&truth, "Yes", &value), 0);
    ck_assert(value.truth);
    ck_assert_int_eq(parse(&truth, "off", &value), 0);
    ck_assert(!value.truth);
    ck_assert_int_eq(parse(&truth, "maybe", &value), -EINVAL);
    arena_deinit(&arena);
}
END_TEST

START_TEST(says_what_was_expected)
{
    struct problem problem = {0};
    union option_value value;
    arena_init(&arena, 100000);
    struct option port = {.type = OPTION_INT, .min = 1, .max = 65535};
    ck_assert_int_eq(option_parse(&port, "0", &arena, &value, &problem), -EINVAL);
    ck_assert_str_eq(problem.text, "expected a whole number from 1 to 65535, not \"0\"");
    struct option span = {.type = OPTION_DURATION, .min = 1000, .max = 86400000};
    ck_assert_int_eq(option_parse(&span, "soon", &arena, &value, &problem), -EINVAL);
    ck_assert_str_eq(problem.text,
                     "expected a duration such as 10s or 5m, from 1 s to 1 d, not \"soon\"");
    struct option kind = {.type = OPTION_STRING, .choices = "json|prometheus"};
    ck_assert_int_eq(option_parse(&kind, "jso", &arena, &value, &problem), -EINVAL);
    ck_assert_str_eq(problem.text, "expected one of json, prometheus, not \"jso\"");
    struct option secret = {.type = OPTION_INT, .flags = OPTION_SECRET};
    ck_assert_int_eq(option_parse(&secret, "hunter2", &arena, &value, &problem), -EINVAL);
    ck_assert_ptr_null(strstr(problem.text, "hunter2"));
    arena_deinit(&arena);
}
END_TEST

START_TEST(splits_lists)
{
    struct option_list list = {0};
    struct problem problem = {0};
    arena_init(&arena, 100000);
    ck_assert_int_eq(option_parse_list(" eth0, ,wlan0 ,", &arena, &list, &problem), 0);
    ck_assert_uint_eq(list.len, 2);
    ck_assert_str_eq(list.items[0], "eth0");
    ck_assert_str_eq(list.items[1], "wlan0");
    ck_assert_ptr_null(list.items[2]);
    ck_assert_int_eq(option_parse_list("", &arena, &list, &problem), 0);
    ck_assert_uint_eq(list.len, 0);

    char many[2200];
    memset(many, ',', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    ck_assert_int_eq(option_parse_list(many, &arena, &list, &problem), -EINVAL);
    arena_deinit(&arena);
}
END_TEST

START_TEST(names_the_environment)
{
    char name[OPTION_ENV_SIZE];
    struct option option = {.path = "monitoring.ssh.log_path"};
    ck_assert(option_env_name(&option, name));
    ck_assert_str_eq(name, "SENTORA_MONITORING_SSH_LOG_PATH");
    struct option flag_only = {.flag = "--once"};
    ck_assert(!option_env_name(&flag_only, name));
}
END_TEST

START_TEST(finds_the_nearest_spelling)
{
    static const char *const names[] = {"server.url", "server.token", "agent.interval"};
    ck_assert_str_eq(option_nearest("server.ulr", names, 3), "server.url");
    ck_assert_str_eq(option_nearest("agent.intervall", names, 3), "agent.interval");
    ck_assert_str_eq(option_nearest("Server.Token", names, 3), "server.token");
    ck_assert_ptr_null(option_nearest("something.else.altogether", names, 3));
    char huge[5000];
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    ck_assert_ptr_null(option_nearest(huge, names, 3));
    ck_assert_ptr_null(option_nearest("", names, 3));
}
END_TEST

UNIT_MAIN("option", reads_durations_in_every_written_form, refuses_what_is_not_a_duration,
          reads_bytes_numbers_and_truth, says_what_was_expected, splits_lists,
          names_the_environment, finds_the_nearest_spelling)
