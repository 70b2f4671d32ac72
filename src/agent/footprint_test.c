/* SPDX-License-Identifier: MIT */
#include "agent/footprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* Constants, relocated constants (RELRO), data and zeroed data: each has a kind of page. */
static const char constant[8192] = "constant";
static const char *const relocated[] = {constant, constant + 1, constant + 2};
static char written[8192] = "written at build time";
static char zeroed[8192];

static long resident_file_kib(void)
{
    long kib = -1;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "RssFile: %ld", &kib);
    fclose(file);
    return kib;
}

START_TEST(keeps_every_byte)
{
    char *heap = strdup("on the heap");
    memcpy(written, "written at run time", 20);
    memcpy(zeroed + 5000, "far", 4);
    for (int i = 0; i < 3; i++) {
        footprint_shrink();
        ck_assert_str_eq(constant, "constant");
        ck_assert_str_eq(relocated[2], "nstant");
        ck_assert_str_eq(written, "written at run time");
        ck_assert_str_eq(zeroed + 5000, "far");
        ck_assert_str_eq(heap, "on the heap");
        ck_assert_int_eq(environ != NULL, 1);
    }
    free(heap);
}
END_TEST

START_TEST(drops_code_that_is_not_in_use)
{
    /* Sorting and formatting stand for what a start does. */
    char text[64];
    int numbers[] = {3, 1, 2};
    snprintf(text, sizeof(text), "%.3f %d", 1.5, numbers[0]);
    long before = resident_file_kib();
    if (before < 0)
        return; /* a kernel that does not tell */
    footprint_shrink();
    ck_assert_int_lt(resident_file_kib(), before);
}
END_TEST

UNIT_MAIN("footprint", keeps_every_byte, drops_code_that_is_not_in_use)
