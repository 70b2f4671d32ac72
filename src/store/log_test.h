/* SPDX-License-Identifier: MIT */
/*
 * log_test - what the tests of the log share: records with a number each, and which of them a
 * reader finds.
 */
#pragma once

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/log.h"
#include "unit.h"

#define RECORDS_MAX 4096

static char test_folder[96];
static bool found[RECORDS_MAX];
static size_t n_found, n_wrong;
static uint32_t last_found;

/* A record that says its number three times, and is larger the higher it is. */
static inline int test_put(struct log *log, uint32_t number)
{
    struct log_writer record = {0};
    struct sample samples[20];
    size_t n = 1 + number % 20;
    for (size_t i = 0; i < n; i++)
        samples[i] = (struct sample){number + (msec_t)i, number};
    log_record_begin(&record, LOG_RECORD_SAMPLES);
    log_record_put_samples(&record, number, samples, n);
    log_record_end(&record);
    int error = log_append(log, &record);
    log_writer_deinit(&record);
    return error;
}

static inline bool test_see(void *arg, uint32_t id, const struct sample *samples, size_t n)
{
    (void)arg;
    bool right = id < RECORDS_MAX && n == 1 + id % 20 && !found[id] && id > last_found;
    for (size_t i = 0; right && i < n; i++)
        right = samples[i].at_ms == id + (msec_t)i && samples[i].value == id;
    n_wrong += !right;
    if (!right)
        return true;
    found[id] = true;
    last_found = id;
    n_found++;
    return true;
}

static inline struct log_reader test_reader(void)
{
    memset(found, 0, sizeof(found));
    n_found = n_wrong = last_found = 0;
    return (struct log_reader){.samples = test_see};
}

/* Opens the folder anew and reads it all. */
static inline struct log_losses test_read(void)
{
    struct log log;
    struct log_losses losses;
    struct log_reader reader = test_reader();
    ck_assert_int_eq(log_open(&log, test_folder, &log_io_posix), 0);
    ck_assert_int_eq(log_read(&log, &reader, &losses), 0);
    log_close(&log);
    sample_list_deinit(&reader.scratch);
    ck_assert_uint_eq(n_wrong, 0);
    return losses;
}

static inline void test_new_folder(void)
{
    char parent[64];
    unit_make_folder(parent, sizeof(parent));
    snprintf(test_folder, sizeof(test_folder), "%s/log", parent);
}
