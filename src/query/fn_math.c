/* SPDX-License-Identifier: MIT */
/* fn_math - value by value. */
#include <math.h>

#include "query/function.h"

#define PLAIN(name, expression)                                                                \
    static double name(double v, const double *parameters)                                     \
    {                                                                                          \
        (void)parameters;                                                                      \
        return expression;                                                                     \
    }

PLAIN(do_abs, fabs(v))
PLAIN(do_ceil, ceil(v))
PLAIN(do_floor, floor(v))
PLAIN(do_sqrt, sqrt(v))
PLAIN(do_exp, exp(v))
PLAIN(do_ln, log(v))
PLAIN(do_log2, log2(v))
PLAIN(do_log10, log10(v))
PLAIN(do_sgn, v<0 ? -1 : v> 0 ? 1 : v)
PLAIN(do_sin, sin(v))
PLAIN(do_cos, cos(v))
PLAIN(do_tan, tan(v))
PLAIN(do_asin, asin(v))
PLAIN(do_acos, acos(v))
PLAIN(do_atan, atan(v))
PLAIN(do_sinh, sinh(v))
PLAIN(do_cosh, cosh(v))
PLAIN(do_tanh, tanh(v))
PLAIN(do_asinh, asinh(v))
PLAIN(do_acosh, acosh(v))
PLAIN(do_atanh, atanh(v))
PLAIN(do_deg, v * 180 / M_PI)
PLAIN(do_rad, v *M_PI / 180)

/* NaN on either side gives NaN, unlike fmin() and fmax(); only the infinity that nothing can beat
 * wins over it. */
static double lesser(double a, double b)
{
    if (a == -HUGE_VAL || b == -HUGE_VAL)
        return -HUGE_VAL;
    return isnan(a) || isnan(b) ? (double)NAN : fmin(a, b);
}

static double greater(double a, double b)
{
    if (a == HUGE_VAL || b == HUGE_VAL)
        return HUGE_VAL;
    return isnan(a) || isnan(b) ? (double)NAN : fmax(a, b);
}

static double do_clamp(double v, const double *limits)
{
    return limits[0] > limits[1] ? VALUE_ABSENT : greater(limits[0], lesser(limits[1], v));
}

static double do_clamp_min(double v, const double *limit)
{
    return greater(limit[0], v);
}

static double do_clamp_max(double v, const double *limit)
{
    return lesser(limit[0], v);
}

/* Multiplying by the inverse keeps round(x, 0.1) free of errors of 0.1 itself. */
static double do_round(double v, const double *nearest)
{
    double inverse = 1 / nearest[0];
    return floor(v * inverse + 0.5) / inverse;
}

#define ENTRY(name)                                                                            \
    {                                                                                          \
#name, "v", QUERY_VECTOR, .call = call_math, .math = do_##name                         \
    }

const struct function fn_math[] = {
    ENTRY(abs),
    ENTRY(ceil),
    ENTRY(floor),
    ENTRY(sqrt),
    ENTRY(exp),
    ENTRY(ln),
    ENTRY(log2),
    ENTRY(log10),
    ENTRY(sgn),
    ENTRY(sin),
    ENTRY(cos),
    ENTRY(tan),
    ENTRY(asin),
    ENTRY(acos),
    ENTRY(atan),
    ENTRY(sinh),
    ENTRY(cosh),
    ENTRY(tanh),
    ENTRY(asinh),
    ENTRY(acosh),
    ENTRY(atanh),
    ENTRY(deg),
    ENTRY(rad),
    {"clamp", "vss", QUERY_VECTOR, .call = call_math, .math = do_clamp},
    {"clamp_min", "vs", QUERY_VECTOR, .call = call_math, .math = do_clamp_min},
    {"clamp_max", "vs", QUERY_VECTOR, .call = call_math, .math = do_clamp_max},
    {"round", "v?s", QUERY_VECTOR, .call = call_math, .math = do_round},
    {NULL},
};
