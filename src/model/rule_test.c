/* SPDX-License-Identifier: MIT */
#include "model/rule.h"

#include <math.h>

#include "base/macros.h"
#include "unit.h"

START_TEST(compares_each_way_and_never_with_nan)
{
    static const struct {
        enum rule_comparison comparison;
        bool below, equal, above;
    } cases[] = {
        {RULE_ABOVE, false, false, true},
        {RULE_AT_LEAST, false, true, true},
        {RULE_BELOW, true, false, false},
        {RULE_AT_MOST, true, true, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert(rule_compare(cases[i].comparison, 79, 80) == cases[i].below);
        ck_assert(rule_compare(cases[i].comparison, 80, 80) == cases[i].equal);
        ck_assert(rule_compare(cases[i].comparison, 81, 80) == cases[i].above);
        ck_assert(!rule_compare(cases[i].comparison, (double)NAN, 80));
        ck_assert(!rule_compare(cases[i].comparison, 80, (double)NAN));
    }
}
END_TEST

START_TEST(clear_lies_on_the_quiet_side)
{
    ck_assert(rule_limits_are_valid(RULE_ABOVE, 80, 75));
    ck_assert(rule_limits_are_valid(RULE_ABOVE, 80, 80));
    ck_assert(!rule_limits_are_valid(RULE_AT_LEAST, 80, 81));
    ck_assert(rule_limits_are_valid(RULE_BELOW, 1, 2));
    ck_assert(!rule_limits_are_valid(RULE_AT_MOST, 1, 0.5));
    ck_assert(!rule_limits_are_valid(RULE_ABOVE, (double)INFINITY, 1));
    ck_assert(!rule_limits_are_valid(RULE_ABOVE, 80, (double)NAN));
}
END_TEST

START_TEST(override_moves_clear_with_the_limit)
{
    struct rule rule = {.comparison = RULE_ABOVE, .limit = 80, .clear = 75, .for_ms = 60000};
    struct rule_override change = {.has_limit = true, .limit = 95};
    rule_apply_override(&rule, &change);
    ck_assert_double_eq(rule.limit, 95);
    ck_assert_double_eq(rule.clear, 90);
    ck_assert_int_eq(rule.for_ms, 60000);
    ck_assert(!rule.enabled);

    /* A small limit keeps a clear value that can be reached. */
    change.limit = 3;
    rule_apply_override(&rule, &change);
    ck_assert_double_eq_tol(rule.clear, 2.7, 1e-9);

    change = (struct rule_override){.has_for = true, .has_enabled = true, .enabled = true};
    rule_apply_override(&rule, &change);
    ck_assert_double_eq(rule.limit, 3);
    ck_assert_int_eq(rule.for_ms, 0);
    ck_assert(rule.enabled);

    struct rule low = {.comparison = RULE_BELOW, .limit = 10, .clear = 12};
    ck_assert_double_eq(rule_clear_for(&low, 100), 102);
}
END_TEST

UNIT_MAIN("rule", compares_each_way_and_never_with_nan, clear_lies_on_the_quiet_side,
          override_moves_clear_with_the_limit)
