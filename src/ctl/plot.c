/* SPDX-License-Identifier: MIT */
#include "ctl/plot.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

#define LABEL_COLUMNS 10 /* left of the lines */
#define N_COLORS      6

struct canvas {
    size_t columns, rows; /* cells */
    uint8_t *dots;        /* owned; eight to a cell */
    uint8_t *colors;      /* owned; of the series drawn last in a cell */
    double low, high;     /* values at the bottom and at the top */
};

/* Which bit of a Braille character is the dot in that column and row of the cell. */
static uint8_t dot_bit(size_t x, size_t y)
{
    static const uint8_t bits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};
    return bits[x][y];
}

static void set_dot(struct canvas *canvas, long x, long y, size_t series)
{
    if (x < 0 || y < 0 || x >= (long)canvas->columns * 2 || y >= (long)canvas->rows * 4)
        return;
    size_t cell = (size_t)(y / 4) * canvas->columns + (size_t)(x / 2);
    canvas->dots[cell] |= dot_bit((size_t)x % 2, (size_t)y % 4);
    canvas->colors[cell] = (uint8_t)(series % N_COLORS);
}

static void draw_line(struct canvas *canvas, const long from[2], const long to[2],
                      size_t series)
{
    long dx = to[0] - from[0], dy = to[1] - from[1];
    long n = MAX_OF(labs(dx), labs(dy));
    for (long i = 0; i <= n; i++) {
        double share = n == 0 ? 0 : (double)i / (double)n;
        set_dot(canvas, from[0] + lround((double)dx * share),
                from[1] + lround((double)dy * share), series);
    }
}

static void place(const struct canvas *canvas, const struct plot *plot,
                  const struct plot_point *point, long out[2])
{
    double span = plot->to_s > plot->from_s ? plot->to_s - plot->from_s : 1;
    double x = (point->at_s - plot->from_s) / span * (double)(canvas->columns * 2 - 1);
    double y = (canvas->high - point->value) / (canvas->high - canvas->low) *
               (double)(canvas->rows * 4 - 1);
    out[0] = lround(fmin(fmax(x, -1), 1e6));
    out[1] = lround(fmin(fmax(y, -1), 1e6));
}

static void draw_series(struct canvas *canvas, const struct plot *plot,
                        const struct plot_series *series, size_t number)
{
    const struct plot_point *before = NULL;
    for (size_t i = 0; i < series->n_points; i++) {
        const struct plot_point *point = &series->points[i];
        if (!isfinite(point->value)) {
            before = NULL;
            continue;
        }
        long from[2], to[2];
        place(canvas, plot, point, to);
        bool connected = before != NULL && point->at_s - before->at_s <= 2 * plot->step_s;
        place(canvas, plot, connected ? before : point, from);
        draw_line(canvas, from, to, number);
        before = point;
    }
}

/* From the least to the greatest value, never nothing. */
static void set_scale(struct canvas *canvas, const struct plot_series *series, size_t n_series)
{
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (size_t i = 0; i < n_series; i++) {
        for (size_t k = 0; k < series[i].n_points; k++) {
            double value = series[i].points[k].value;
            if (isfinite(value)) {
                low = fmin(low, value);
                high = fmax(high, value);
            }
        }
    }
    if (!(low <= high))
        low = high = 0;
    double least = fmax(fabs(high) * 1e-9, 1e-300);
    if (high - low < least) {
        double margin = high == 0 ? 1 : fabs(high) / 10;
        low -= margin;
        high += margin;
    }
    if (!isfinite(high - low)) {
        low /= 2;
        high /= 2;
    }
    canvas->low = low;
    canvas->high = high;
}

static void write_label(const struct canvas *canvas, size_t row, struct buf *out)
{
    bool labelled = row == 0 || row == canvas->rows - 1 || row == canvas->rows / 2;
    double share = (double)row / (double)(canvas->rows - 1);
    double value = canvas->high - (canvas->high - canvas->low) * share;
    if (labelled)
        buf_printf(out, "%*.4g ", LABEL_COLUMNS - 2, value);
    else
        buf_printf(out, "%*s", LABEL_COLUMNS - 1, "");
    buf_append_text(out, labelled ? "\u2524" : "\u2502");
}

static void set_color(size_t series, struct buf *out)
{
    static const char codes[N_COLORS] = {'6', '3', '2', '5', '1', '4'};
    buf_printf(out, "\033[3%cm", codes[series % N_COLORS]);
}

static void write_cell(uint8_t dots, struct buf *out)
{
    unsigned rune = 0x2800u + dots;
    buf_append_char(out, (char)(0xE0 | (rune >> 12)));
    buf_append_char(out, (char)(0x80 | (rune >> 6 & 0x3F)));
    buf_append_char(out, (char)(0x80 | (rune & 0x3F)));
}

static void write_row(const struct canvas *canvas, const struct plot *plot, size_t row,
                      struct buf *out)
{
    int color = -1;
    write_label(canvas, row, out);
    for (size_t i = 0; i < canvas->columns; i++) {
        size_t cell = row * canvas->columns + i;
        if (canvas->dots[cell] == 0) {
            buf_append_char(out, ' ');
            continue;
        }
        if (plot->color && color != canvas->colors[cell]) {
            color = canvas->colors[cell];
            set_color((size_t)color, out);
        }
        write_cell(canvas->dots[cell], out);
    }
    buf_append_text(out, color >= 0 ? "\033[0m\n" : "\n");
}

static void write_time(double at_s, bool with_day, struct buf *out)
{
    time_t seconds = (time_t)at_s;
    struct tm local;
    char text[32] = "";
    if (localtime_r(&seconds, &local) != NULL)
        strftime(text, sizeof(text), with_day ? "%m-%d %H:%M" : "%H:%M:%S", &local);
    buf_append_text(out, text);
}

static void write_axis(const struct canvas *canvas, const struct plot *plot, struct buf *out)
{
    bool with_day = plot->to_s - plot->from_s > 20 * 3600.0;
    buf_printf(out, "%*s\u2514", LABEL_COLUMNS - 1, "");
    for (size_t i = 0; i < canvas->columns; i++)
        buf_append_text(out, "\u2500");
    buf_printf(out, "\n%*s", LABEL_COLUMNS, "");
    size_t start = out->len;
    write_time(plot->from_s, with_day, out);
    size_t len = out->len - start;
    buf_printf(out, "%*s", (int)(canvas->columns - MIN_OF(2 * len, canvas->columns)), "");
    write_time(plot->to_s, with_day, out);
    buf_append_char(out, '\n');
}

static void write_legend(const struct plot *plot, const struct plot_series *series,
                         size_t n_series, struct buf *out)
{
    for (size_t i = 0; i < MIN_OF(n_series, (size_t)PLOT_LEGEND_MAX); i++) {
        double last = (double)NAN;
        if (series[i].n_points > 0)
            last = series[i].points[series[i].n_points - 1].value;
        buf_append_text(out, "  ");
        if (plot->color)
            set_color(i, out);
        buf_printf(out, "\u2501\u2501%s %s  %.6g\n", plot->color ? "\033[0m" : "",
                   series[i].name, last);
    }
    if (n_series > PLOT_LEGEND_MAX)
        buf_printf(out, "  and %zu more\n", n_series - PLOT_LEGEND_MAX);
}

void plot_write(const struct plot *plot, const struct plot_series *series, size_t n_series,
                struct buf *out)
{
    assert(plot->columns >= PLOT_MIN_COLUMNS && plot->rows >= PLOT_MIN_ROWS);
    struct canvas canvas = {.columns = plot->columns - LABEL_COLUMNS, .rows = plot->rows - 2};
    canvas.dots = memory_calloc(canvas.columns * canvas.rows, 1);
    canvas.colors = memory_calloc(canvas.columns * canvas.rows, 1);
    set_scale(&canvas, series, n_series);
    for (size_t i = n_series; i-- > 0;)
        draw_series(&canvas, plot, &series[i], i);
    for (size_t row = 0; row < canvas.rows; row++)
        write_row(&canvas, plot, row, out);
    write_axis(&canvas, plot, out);
    write_legend(plot, series, n_series, out);
    free(canvas.dots);
    free(canvas.colors);
}
