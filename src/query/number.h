/* SPDX-License-Identifier: MIT */
/*
 * number - doubles as Prometheus prints them.
 */
#pragma once

#include <stddef.h>

/* Never an exponent, as count_values() labels values: "0.00001", "NaN", "+Inf". */
#define NUMBER_PLAIN_SIZE 360
size_t number_format_plain(double value, char out[NUMBER_PLAIN_SIZE]);

/* With an exponent below 1e-6 and from 1e21 on, as its HTTP API prints samples. */
size_t number_format_sample(double value, char out[NUMBER_PLAIN_SIZE]);
