/* SPDX-License-Identifier: MIT */
/*
 * function - what a PromQL function is, and where to find it.
 *
 * A family of functions is one file with one table, ended by an entry without a name.  What a
 * function takes is written as a text with a letter for each argument: v(ector), m(atrix),
 * s(calar), t(ext); behind '?' they may be left out, and '*' lets the last one repeat.
 */
#pragma once

#include "query/eval.h"

enum function_trait {
    FUNCTION_KEEPS_NAME = 1,    /* the metric's name stays */
    FUNCTION_READS_CLOCK = 2,   /* differs from step to step even for the same arguments */
    FUNCTION_NEEDS_SCRATCH = 4, /* range functions: window.scratch has room for every sample */
    FUNCTION_TAKES_INFO = 8, /* the second argument says which labels of which info metrics */
    FUNCTION_WANTS_COUNTER = 16, /* range functions: another metric's name gets an annotation */
    FUNCTION_TAKES_QUANTILE = 32, /* range functions: the first argument is one */
    FUNCTION_READS_ENDS = 64      /* range functions: range() takes as long for any window */
};

struct sweep;
struct fold;
struct stretch;

struct function {
    const char *name;
    const char *arguments;
    enum query_type returns;
    unsigned traits;
    int (*call)(struct eval *eval, const struct node *node, const struct times *times,
                struct grid *out_grid);
    /* For call_range: a window's value, or VALUE_ABSENT. */
    double (*range)(const struct window *window);
    /* Instead of range() for all windows of a series at once, or from what a window folds to;
     * see sweep.h.  NULL = only range().  Steps without a value are absent already. */
    void (*sweep)(const struct sweep *sweep, double *out_values);
    double (*fold)(const struct fold *fold, const struct window *window);
    /* What sweep->stretches shall be, by step; NULL = it needs none, and no falls. */
    void (*stretch)(const struct sweep *sweep, struct stretch *out_stretches);
    /* For call_math: the value for a value. */
    double (*math)(double value, const double *parameters);
};

/* NULL when there is none of that name. */
const struct function *function_find(struct slice name);

/* How many arguments it needs and may have (SIZE_MAX = any), and the type of argument i. */
size_t function_arguments_min(const struct function *function);
size_t function_arguments_max(const struct function *function);
enum query_type function_argument_type(const struct function *function, size_t i);

/* The scalars among the arguments of a call. */
#define PARAMETERS_MAX 2
struct parameters {
    const double *of[PARAMETERS_MAX]; /* by step */
    size_t count;
    double now[PARAMETERS_MAX];
};
int parameters_eval(struct eval *eval, const struct node *node, const struct times *times,
                    struct parameters *out_parameters);
static inline void parameters_at(struct parameters *parameters, size_t step)
{
    for (size_t i = 0; i < parameters->count; i++)
        parameters->now[i] = parameters->of[i][step];
}

/* The two usual shapes: one matrix and scalars; one vector and scalars. */
int call_range(struct eval *eval, const struct node *node, const struct times *times,
               struct grid *out_grid);
int call_math(struct eval *eval, const struct node *node, const struct times *times,
              struct grid *out_grid);

/* For call_range, and whoever takes its place: once a series gave a value. */
int call_check_counter(struct eval *eval, const struct node *node, const struct labels *labels);

extern const struct function fn_rate[];      /* counters and slopes over a range */
extern const struct function fn_over_time[]; /* ..._over_time */
extern const struct function fn_math[];      /* value by value */
extern const struct function fn_date[];      /* calendar */
extern const struct function fn_label[];     /* labels and order */
extern const struct function fn_histogram[]; /* classic histograms */
extern const struct function fn_type[];      /* between types; absence; time */
extern const struct function fn_info[];      /* labels of another metric */
