/* SPDX-License-Identifier: MIT */
/*
 * unit - the main() of a unit test: one TCase per file, reported as TAP to Meson.
 *
 *     START_TEST(appends_up_to_the_ceiling) { ... } END_TEST
 *     UNIT_MAIN("buf", appends_up_to_the_ceiling, ...)
 */
#pragma once

#include <check.h>
#include <stdlib.h>

static inline int unit_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN(name, ...)                                                                   \
    int main(void)                                                                             \
    {                                                                                          \
        const TTest *const unit_tests[] = {__VA_ARGS__};                                       \
        return unit_run(name, unit_tests, sizeof(unit_tests) / sizeof(unit_tests[0]));         \
    }
