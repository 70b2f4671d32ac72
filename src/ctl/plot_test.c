/* SPDX-License-Identifier: MIT */
#include "ctl/plot.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "ctl/table.h"
#include "unit.h"

static struct buf out;

static const char *draw(const struct plot_series *series, size_t n, size_t columns, size_t rows)
{
    const struct plot plot = {.from_s = 1000,
                              .to_s = 1100,
                              .step_s = 10,
                              .columns = columns,
                              .rows = rows,
                              .color = false};
    buf_reset(&out);
    plot_write(&plot, series, n, &out);
    ck_assert_int_eq(out.error, 0);
    return buf_text(&out);
}

/* The text of one line, without its end. */
static struct slice line_at(const char *text, size_t number)
{
    for (; number > 0; number--)
        text = strchr(text, '\n') + 1;
    return (struct slice){text, strcspn(text, "\n")};
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static bool has_dots(struct slice line)
{
    for (size_t i = 0; i + 1 < line.len; i++) {
        if ((unsigned char)line.data[i] == 0xE2 && (unsigned char)line.data[i + 1] >= 0xA0 &&
            (unsigned char)line.data[i + 1] <= 0xA3)
            return true;
    }
    return false;
}

START_TEST(a_line_goes_from_corner_to_corner)
{
    const struct plot_point points[] = {{1000, 0}, {1010, 1}, {1100, 10}};
    const struct plot_series series = {"up", points, 2};
    const char *text = draw(&series, 1, 40, 10);
    ck_assert_uint_eq(count_lines(text), 11); /* rows, axis, times, one in the legend */
    ck_assert(has_dots(line_at(text, 0)) && has_dots(line_at(text, 7)));
    ck_assert_ptr_nonnull(strstr(text, "up  1"));
    for (size_t i = 0; i < 10; i++) {
        char line[512];
        ck_assert(text_copy_slice(line, sizeof(line), line_at(text, i)));
        ck_assert_uint_le(table_text_width(line), 40);
    }
}
END_TEST

START_TEST(gaps_are_not_bridged)
{
    /* High at both ends, low in the middle: nothing in between is drawn. */
    const struct plot_point points[] = {{1000, 1}, {1050, 0}, {1100, 1}};
    const struct plot_series series = {"x", points, 3};
    const char *text = draw(&series, 1, 40, 10);
    ck_assert(has_dots(line_at(text, 0)) && has_dots(line_at(text, 7)));
    ck_assert(!has_dots(line_at(text, 3)) && !has_dots(line_at(text, 4)));
}
END_TEST

START_TEST(odd_values_are_survived)
{
    const double all[] = {
        (double)NAN, (double)INFINITY, -(double)INFINITY, 1e308, -1e308, 5e-324, 0, -0.0};
    struct plot_point points[8];
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        points[i] = (struct plot_point){1000 + 10 * (double)i, all[i]};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        for (size_t n = 1; n <= ARRAY_LEN(all) - i; n++) {
            const struct plot_series series = {"odd", points + i, n};
            ck_assert_uint_ge(count_lines(draw(&series, 1, PLOT_MIN_COLUMNS, PLOT_MIN_ROWS)),
                              4);
        }
    }
    const struct plot_series none = {"none", points, 0};
    draw(&none, 1, 40, 10);
    const struct plot_point outside[] = {{-1e18, 5}, {1e18, 6}};
    const struct plot_series far = {"far", outside, 2};
    draw(&far, 1, 40, 10);
}
END_TEST

START_TEST(long_legends_are_cut)
{
    const struct plot_point point = {1000, 1};
    struct plot_series series[40];
    for (size_t i = 0; i < ARRAY_LEN(series); i++)
        series[i] = (struct plot_series){"s", &point, 1};
    ck_assert_ptr_nonnull(strstr(draw(series, 40, 40, 10), "and 28 more"));
}
END_TEST

START_TEST(colors_are_ended_on_their_line)
{
    const struct plot_point points[] = {{1000, 0}, {1010, 1}};
    const struct plot_series series = {"c", points, 2};
    const struct plot plot = {
        .from_s = 1000, .to_s = 1010, .step_s = 10, .columns = 30, .rows = 6, .color = true};
    buf_reset(&out);
    plot_write(&plot, &series, 1, &out);
    bool on = false;
    for (const char *at = buf_text(&out); *at != '\0'; at++) {
        if (*at == '\033')
            on = at[2] != '0';
        ck_assert(*at != '\n' || !on);
    }
}
END_TEST

static void set_up(void)
{
    buf_init(&out, 1 << 20);
}

static void tear_down(void)
{
    buf_deinit(&out);
}

int main(void)
{
    Suite *suite = suite_create("plot");
    TCase *tcase = tcase_create("plot");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_line_goes_from_corner_to_corner);
    tcase_add_test(tcase, gaps_are_not_bridged);
    tcase_add_test(tcase, odd_values_are_survived);
    tcase_add_test(tcase, long_legends_are_cut);
    tcase_add_test(tcase, colors_are_ended_on_their_line);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
