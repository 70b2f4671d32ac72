/* SPDX-License-Identifier: MIT */
/*
 * refusal - why a channel as somebody wants it cannot be: which field is to blame, and a sentence.
 */
#pragma once

#include "model/problem.h"

#define REFUSAL_FIELD_SIZE 64

struct refusal {
    char field[REFUSAL_FIELD_SIZE]; /* "config.server"; "" = none in particular */
    struct problem problem;
};

/* Fills it and returns what problem_set() does. */
int refusal_set(struct refusal *refusal, const char *field, const char *text);
