/* SPDX-License-Identifier: MIT */
/*
 * result - what a query answered, whatever its type, as series with their points.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"
#include "ctl/plot.h"

struct result {
    VEC(struct plot_series) series; /* names and points are owned */
};

/* `data` is that of Prometheus' API; what is not as it should be there is left out. */
void result_read(struct result *out_result, const json_t *data);
void result_deinit(struct result *result);
