/* SPDX-License-Identifier: MIT */
/*
 * log_record - what the log says, one record after the other; docs/formats/log.md has the bytes.
 *
 *     samples   one accepted batch: for each series its id and the samples taken
 *     series    new series: id, organisation, encoded labels; before the first samples of each
 *     removed   ids that were deleted
 *
 * A writer collects records in memory; nothing of it fails.  A reader accepts any bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/org.h"
#include "store/sample_list.h"

#define LOG_RECORD_HEAD_BYTES 16

enum log_record_kind {
    LOG_RECORD_SERIES = 1,
    LOG_RECORD_SAMPLES,
    LOG_RECORD_REMOVED,
};

struct log_writer {
    uint8_t *data; /* owned */
    size_t len, capacity;
    size_t start; /* of the record under way */
    uint32_t last_id;
    msec_t last_ms;
};

void log_writer_deinit(struct log_writer *writer);

void log_record_begin(struct log_writer *writer, enum log_record_kind kind);
void log_record_put_samples(struct log_writer *writer, uint32_t id,
                            const struct sample *samples, size_t n);
void log_record_put_series(struct log_writer *writer, uint32_t id, org_id org,
                           struct slice labels);
void log_record_put_removed(struct log_writer *writer, uint32_t id);

/* Seals the record; one to which nothing was put is taken back. */
void log_record_end(struct log_writer *writer);

/* Puts the records of `more` behind those of `writer`. */
void log_writer_join(struct log_writer *writer, const struct log_writer *more);

/* What a record is read to; false ends the reading. */
struct log_reader {
    bool (*samples)(void *arg, uint32_t id, const struct sample *samples, size_t n);
    bool (*series)(void *arg, uint32_t id, org_id org, struct slice labels);
    bool (*removed)(void *arg, uint32_t id);
    void *arg;
    struct sample_list scratch; /* owned by whoever made the reader */
};

/* The length of the whole record at the beginning of `data`; 0 when there is none that is valid. */
size_t log_record_check(const uint8_t *data, size_t len);

/* True when a record begins there that goes on behind `len`. */
bool log_record_is_cut(const uint8_t *data, size_t len);

/* Reads a record that was checked.  False when its body makes no sense, or a callback said false. */
bool log_record_read(const uint8_t *data, size_t len, struct log_reader *reader);
