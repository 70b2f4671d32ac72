/* SPDX-License-Identifier: MIT */
/*
 * plot - lines over time in a terminal, drawn with Braille characters: 2 x 4 dots a cell.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct plot_point {
    double at_s, value; /* NaN and infinite values are gaps */
};

struct plot_series {
    const char *name;
    const struct plot_point *points; /* ascending by time */
    size_t n_points;
};

struct plot {
    double from_s, to_s;
    double step_s;        /* points farther apart than twice this are not connected */
    size_t columns, rows; /* of the whole, legend not counted; at least PLOT_MIN_... */
    bool color;
};

#define PLOT_MIN_COLUMNS 24
#define PLOT_MIN_ROWS    4
#define PLOT_LEGEND_MAX  12

void plot_write(const struct plot *plot, const struct plot_series *series, size_t n_series,
                struct buf *out);
