/* SPDX-License-Identifier: MIT */
/*
 * unit - the main() of a unit test: one TCase per file, reported as TAP to Meson.
 *
 *     START_TEST(appends_up_to_the_ceiling) { ... } END_TEST
 *     UNIT_MAIN("buf", appends_up_to_the_ceiling, ...)
 *
 * Files go into folders of unit_make_folder(), which are removed at the end, also when a test
 * failed or died.
 */
#pragma once

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

/* Holds the folders of all tests of this program; made before the first test. */
static char unit_root[] = "/tmp/sentora-unit-XXXXXX";

static inline void unit_make_folder(char *out, size_t size)
{
    int len = snprintf(out, size, "%s/XXXXXX", unit_root);
    ck_assert(len > 0 && (size_t)len < size);
    ck_assert_ptr_nonnull(mkdtemp(out));
}

static inline int unit_remove(const char *path, const struct stat *info, int kind,
                              struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void unit_remove_tree(const char *path)
{
    nftw(path, unit_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* For those who build their suite themselves. */
static inline int unit_run_suite(Suite *suite)
{
    if (mkdtemp(unit_root) == NULL)
        return EXIT_FAILURE;
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    nftw(unit_root, unit_remove, 16, FTW_DEPTH | FTW_PHYS);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline int unit_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}

#define UNIT_MAIN(name, ...)                                                                   \
    int main(void)                                                                             \
    {                                                                                          \
        const TTest *const unit_tests[] = {__VA_ARGS__};                                       \
        return unit_run(name, unit_tests, sizeof(unit_tests) / sizeof(unit_tests[0]));         \
    }
