/* SPDX-License-Identifier: MIT */
#include "alert/glance.h"

#include <math.h>

#include "unit.h"

static const struct rule above = {.comparison = RULE_ABOVE, .limit = 80};
static const struct rule at_least = {.comparison = RULE_AT_LEAST, .limit = 80};
static const struct rule below = {.comparison = RULE_BELOW, .limit = 1};
static const struct rule at_most = {.comparison = RULE_AT_MOST, .limit = 1};

START_TEST(only_what_was_seen_can_be_true)
{
    struct glance glance = {0};
    ck_assert(!glance_allows(&glance, 3, &above));
    glance_add(&glance, 3, 79);
    ck_assert(!glance_allows(&glance, 3, &above));
    ck_assert(!glance_allows(&glance, 3, &at_least));
    glance_add(&glance, 3, 80);
    glance_add(&glance, 3, 2);
    ck_assert(!glance_allows(&glance, 3, &above));
    ck_assert(glance_allows(&glance, 3, &at_least));
    ck_assert(!glance_allows(&glance, 4, &at_least));
    ck_assert(!glance_allows(&glance, 3, &below));
    glance_add(&glance, 3, 1);
    ck_assert(!glance_allows(&glance, 3, &below));
    ck_assert(glance_allows(&glance, 3, &at_most));
    glance_add(&glance, 3, (double)-INFINITY);
    ck_assert(glance_allows(&glance, 3, &below));
    glance_add(&glance, 15, (double)INFINITY);
    ck_assert(glance_allows(&glance, 15, &above));
}
END_TEST

START_TEST(what_is_no_number_makes_nothing_true)
{
    struct glance glance = {0};
    glance_add(&glance, 1, (double)NAN);
    ck_assert_uint_eq(glance.seen, 0);
    glance_add(&glance, 1, -5);
    glance_add(&glance, 1, (double)NAN);
    ck_assert(glance_allows(&glance, 1, &below));
    ck_assert(!glance_allows(&glance, 1, &above));
}
END_TEST

START_TEST(what_it_does_not_know_is_possible)
{
    struct glance glance = {0}, blind = {.is_blind = true};
    ck_assert(glance_allows(&glance, 0, &above)); /* no plain rule */
    glance_merge(&glance, &blind);
    ck_assert(glance_allows(&glance, 5, &above));
}
END_TEST

START_TEST(merging_keeps_the_extremes)
{
    struct glance glance = {0}, other = {0};
    glance_add(&glance, 2, 50);
    glance_add(&other, 2, 90);
    glance_add(&other, 7, -1);
    glance_merge(&glance, &other);
    ck_assert(glance_allows(&glance, 2, &above));
    ck_assert(glance_allows(&glance, 7, &below));
    ck_assert(!glance_allows(&glance, 2, &below));
    glance_merge(&other, &(struct glance){0});
    ck_assert(!glance_allows(&other, 2, &below));
    ck_assert_double_eq(glance.range[2].min, 50);
}
END_TEST

UNIT_MAIN("glance", only_what_was_seen_can_be_true, what_is_no_number_makes_nothing_true,
          what_it_does_not_know_is_possible, merging_keeps_the_extremes)
