/* SPDX-License-Identifier: MIT */
#include "wire/exposition.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "unit.h"

static struct arena arena;
static struct exposition text;
static struct buf out;

static void begin(size_t ceiling)
{
    arena_init(&arena, ceiling);
    exposition_init(&text, &arena);
    buf_init(&out, 1 << 20);
}

static void end(void)
{
    exposition_deinit(&text);
    arena_deinit(&arena);
    buf_deinit(&out);
}

START_TEST(writes_each_family_once_and_sorted)
{
    static const struct exposition_family z = {"z_total", "All z.", "counter"};
    static const struct exposition_family a = {"a", "An a.", "gauge"};
    begin(1 << 20);
    ck_assert_int_eq(exposition_add(&text, &z, NULL, 0, 3), 0);
    ck_assert_int_eq(exposition_add(&text, &a, (struct label[]){{"core", "1"}}, 1, 0.5), 0);
    ck_assert_int_eq(exposition_add(&text, &z, (struct label[]){{"b", "x"}, {"c", "y"}}, 2, 4),
                     0);
    ck_assert_int_eq(
        exposition_add(&text, &a, (struct label[]){{"core", "0"}}, 1, (double)INFINITY), 0);
    exposition_write(&text, &out);
    ck_assert_str_eq(buf_text(&out), "# HELP a An a.\n# TYPE a gauge\n"
                                     "a{core=\"1\"} 0.5\na{core=\"0\"} +Inf\n"
                                     "# HELP z_total All z.\n# TYPE z_total counter\n"
                                     "z_total 3\nz_total{b=\"x\",c=\"y\"} 4\n");
    end();
}
END_TEST

START_TEST(escapes_what_would_break_lines)
{
    static const struct exposition_family family = {"m", "a \"b\" \\ \n c", "gauge"};
    begin(1 << 20);
    ck_assert_int_eq(exposition_add(&text, &family, (struct label[]){{"p", "C:\\x\"y\"\nz"}}, 1,
                                    (double)NAN),
                     0);
    exposition_write(&text, &out);
    ck_assert_str_eq(buf_text(&out), "# HELP m a \"b\" \\\\ \\n c\n# TYPE m gauge\n"
                                     "m{p=\"C:\\\\x\\\"y\\\"\\nz\"} NaN\n");
    end();
}
END_TEST

START_TEST(writes_nothing_for_nothing)
{
    begin(1 << 20);
    exposition_write(&text, &out);
    ck_assert_uint_eq(out.len, 0);
    end();
}
END_TEST

START_TEST(leaves_out_help_that_is_unknown)
{
    static const struct exposition_family family = {"m", NULL, "untyped"};
    begin(1 << 20);
    ck_assert_int_eq(exposition_add(&text, &family, NULL, 0, -1e300), 0);
    exposition_write(&text, &out);
    ck_assert_str_eq(buf_text(&out), "# TYPE m untyped\nm -1e+300\n");
    end();
}
END_TEST

START_TEST(refuses_over_the_ceiling_and_stays_whole)
{
    static const struct exposition_family family = {"m", "h", "gauge"};
    begin(16384);
    int error = 0;
    for (int i = 0; i < 10000 && error == 0; i++)
        error = exposition_add(&text, &family, (struct label[]){{"l", "value"}}, 1, i);
    ck_assert_int_eq(error, -ENOBUFS);
    exposition_write(&text, &out);
    ck_assert_int_eq(out.error, 0);
    ck_assert_int_eq(buf_text(&out)[out.len - 1], '\n');
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "m{l=\"value\"} 7\n"));
    end();
}
END_TEST

UNIT_MAIN("exposition", writes_each_family_once_and_sorted, escapes_what_would_break_lines,
          writes_nothing_for_nothing, leaves_out_help_that_is_unknown,
          refuses_over_the_ceiling_and_stays_whole)
