/* SPDX-License-Identifier: MIT */
#include "model/problem.h"

#include <errno.h>

#include "unit.h"

START_TEST(says_where_as_far_as_known)
{
    struct problem problem = {.file = "a.yaml"};
    char text[128];
    ck_assert_int_eq(problem_set_at(&problem, 3, 7, "expected a %s", "number"), -EINVAL);
    ck_assert_str_eq(problem_format(&problem, text, sizeof(text)),
                     "a.yaml:3:7: expected a number");
    problem = (struct problem){0};
    problem_set(&problem, "empty");
    ck_assert_str_eq(problem_format(&problem, text, sizeof(text)), "empty");
    ck_assert_int_eq(problem_set(NULL, "nobody reads this"), -EINVAL);
}
END_TEST

UNIT_MAIN("problem", says_where_as_far_as_known)
