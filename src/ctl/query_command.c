/* SPDX-License-Identifier: MIT */
/* query_command - `sentora query`: a PromQL expression, at one time or over a range. */
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/answer.h"
#include "ctl/client.h"
#include "ctl/plot.h"
#include "ctl/result.h"
#include "query/query.h"

#define AT(field) .offset = offsetof(struct ctl_settings, field)

#define PLOT_ROWS        18
#define DEFAULT_COLUMNS  80
#define COLUMNS_MAX      400
#define OUTPUT_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define FORM_MAX_BYTES   ((size_t)256 * 1024)

struct range {
    msec_t start, end;
    mspan_t step;
};

/* "now", "-90m" before now, Unix seconds, RFC 3339.  0, -EINVAL. */
static int read_time(const char *text, msec_t now, msec_t *out_at)
{
    mspan_t back;
    if (text == NULL || text_is(text, "now")) {
        *out_at = now;
        return 0;
    }
    if (text[0] != '-')
        return query_parse_time(text, out_at);
    int error = query_parse_duration(text + 1, &back);
    if (error == 0)
        *out_at = now - back;
    return error;
}

static int bad_time(const char *flag, const char *text)
{
    ctl_fail("%s: \"%s\" is no time; write -90m, 2026-11-20T14:00:00Z, Unix seconds, or now",
             flag, text);
    return CTL_USAGE;
}

static size_t terminal_columns(void)
{
    struct winsize size;
    uint64_t columns = 0;
    const char *text = getenv("COLUMNS");
    if (text != NULL && text_to_u64(text, &columns) != 0)
        columns = 0;
    if (columns == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    if (columns == 0)
        columns = DEFAULT_COLUMNS;
    return (size_t)MIN_OF(MAX_OF(columns, (uint64_t)PLOT_MIN_COLUMNS), (uint64_t)COLUMNS_MAX);
}

/* A point for each dot of a plot, in whole seconds. */
static mspan_t default_step(const struct range *range)
{
    mspan_t span = range->end - range->start;
    mspan_t points = (mspan_t)terminal_columns() * 2;
    mspan_t step = (span / points + MSEC_SECOND - 1) / MSEC_SECOND * MSEC_SECOND;
    return MAX_OF(step, MSEC_SECOND);
}

static int read_range(const struct ctl_settings *settings, struct range *out_range)
{
    msec_t now = clock_wall_ms();
    struct range range = {0};
    if (read_time(settings->end, now, &range.end) != 0)
        return bad_time("--end", settings->end);
    range.start = range.end;
    if (settings->start != NULL && read_time(settings->start, now, &range.start) != 0)
        return bad_time("--start", settings->start);
    if (range.start > range.end) {
        ctl_fail("--start is after --end");
        return CTL_USAGE;
    }
    range.step = default_step(&range);
    if (settings->step != NULL &&
        (query_parse_duration(settings->step, &range.step) != 0 || range.step <= 0)) {
        ctl_fail("--step: \"%s\" is no duration; write 30s or 5m", settings->step);
        return CTL_USAGE;
    }
    *out_range = range;
    return CTL_FINE;
}

static int ask(const struct ctl *ctl, const struct range *range, json_t **out_answer)
{
    struct buf form;
    char number[32];
    bool ranged = ctl->settings.start != NULL;
    buf_init(&form, FORM_MAX_BYTES);
    client_add_value(&form, "query", ctl->args[0]);
    snprintf(number, sizeof(number), "%.3f", (double)range->end / 1000);
    client_add_value(&form, ranged ? "end" : "time", number);
    if (ranged) {
        snprintf(number, sizeof(number), "%.3f", (double)range->start / 1000);
        client_add_value(&form, "start", number);
        snprintf(number, sizeof(number), "%.3f", (double)range->step / 1000);
        client_add_value(&form, "step", number);
    }
    int status = form.error != 0 ? ctl_fail("the expression is too long")
                                 : client_ask(ctl,
                                              ranged ? "/prometheus/api/v1/query_range"
                                                     : "/prometheus/api/v1/query",
                                              buf_text(&form), out_answer);
    buf_deinit(&form);
    return status;
}

/* ---- showing it ---- */

static void print_table(const struct result *result)
{
    static const char *const titles[] = {"SERIES", "TIME", ">VALUE"};
    struct table table;
    char number[TEXT_DOUBLE_SIZE];
    table_init(&table, titles, ARRAY_LEN(titles));
    for (size_t i = 0; i < result->series.len; i++) {
        const struct plot_series *series = &result->series.items[i];
        for (size_t k = 0; k < series->n_points; k++) {
            table_add(&table, "%s", series->name);
            answer_add_time(&table, (msec_t)llround(series->points[k].at_s * 1000));
            text_from_double(series->points[k].value, number);
            table_add(&table, "%s", number);
        }
    }
    table_print(&table, stdout);
    table_deinit(&table);
}

static void print_csv_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_csv(const struct result *result)
{
    puts("series,time,value");
    for (size_t i = 0; i < result->series.len; i++) {
        const struct plot_series *series = &result->series.items[i];
        for (size_t k = 0; k < series->n_points; k++) {
            char at[CLOCK_RFC3339_SIZE], number[TEXT_DOUBLE_SIZE];
            print_csv_text(series->name);
            clock_format_rfc3339((msec_t)llround(series->points[k].at_s * 1000), at);
            text_from_double(series->points[k].value, number);
            printf(",%s,%s\n", at, number);
        }
    }
}

static void print_plot(const struct result *result, const struct range *range)
{
    const struct plot plot = {.from_s = (double)range->start / 1000,
                              .to_s = (double)range->end / 1000,
                              .step_s = (double)range->step / 1000,
                              .columns = terminal_columns(),
                              .rows = PLOT_ROWS,
                              .color = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL};
    struct buf out;
    buf_init(&out, OUTPUT_MAX_BYTES);
    plot_write(&plot, result->series.items, result->series.len, &out);
    fputs(buf_text(&out), stdout);
    buf_deinit(&out);
}

static void show(const struct ctl *ctl, const json_t *answer, const struct range *range)
{
    const char *format = ctl->settings.format;
    bool ranged = ctl->settings.start != NULL;
    if (ctl->settings.json) {
        client_print_json(answer);
        return;
    }
    const json_t *warning;
    size_t i;
    json_array_foreach(json_object_get(answer, "warnings"), i, warning)
        fprintf(stderr, "sentora: %s\n", json_string_value(warning));

    struct result result;
    result_read(&result, json_object_get(answer, "data"));
    bool plots =
        text_is(format, "plot") || (text_is(format, "auto") && ranged && isatty(STDOUT_FILENO));
    if (result.series.len == 0)
        fputs("Nothing matches.\n", stderr);
    else if (plots && ranged)
        print_plot(&result, range);
    else if (text_is(format, "csv"))
        print_csv(&result);
    else
        print_table(&result);
    result_deinit(&result);
}

static int run(struct ctl *ctl)
{
    struct range range;
    json_t *answer = NULL;
    int status = read_range(&ctl->settings, &range);
    if (status == CTL_FINE)
        status = ask(ctl, &range, &answer);
    if (status == CTL_FINE)
        show(ctl, answer, &range);
    json_decref(answer);
    return status;
}

static const struct option options[] = {
    {.type = OPTION_STRING,
     .flag = "--start",
     .value_name = "TIME",
     .help = "from when on: -6h, RFC 3339 or Unix seconds; without it the value at --end",
     AT(start)},
    {.type = OPTION_STRING,
     .flag = "--end",
     .value_name = "TIME",
     .help = "until when; default now",
     AT(end)},
    {.type = OPTION_STRING,
     .flag = "--step",
     .value_name = "SPAN",
     .help = "from one point to the next; default as fine as the terminal shows",
     AT(step)},
    {.type = OPTION_STRING,
     .flag = "--format",
     .value_name = "FORMAT",
     .preset = "auto",
     .choices = "auto|table|plot|csv",
     .help = "table, plot or csv; auto plots a range in a terminal",
     AT(format)},
    {.help = NULL},
};

const struct command query_command = {
    .name = "query",
    .args = "EXPR",
    .min_args = 1,
    .max_args = 1,
    .summary = "Evaluate a PromQL expression",
    .help = "For example: sentora query 'sentora_cpu_usage_percent' --start -6h\n"
            "An expression that begins with a minus goes behind --.",
    .options = options,
    .run = run,
};
