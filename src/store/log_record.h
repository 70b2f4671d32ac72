/* SPDX-License-Identifier: MIT */
/*
 * log_record - one accepted batch as it is logged before it is acknowledged.
 * docs/formats/store.md has the bytes.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "store/chunk.h"

struct log_entry {
    uint32_t series;
    uint64_t number; /* of the first sample, among those the series accepted */
    const struct sample *samples;
    size_t n_samples;
};

struct log_record_writer {
    struct buf *out; /* borrowed */
    size_t start;    /* of the record in `out` */
    uint32_t last_series;
    msec_t last_ms;
};

/* Room that a record needs at most. */
size_t log_record_size_max(size_t n_entries, size_t n_samples);

/* Into a buffer that has log_record_size_max() bytes reserved. */
void log_record_begin(struct log_record_writer *writer, struct buf *out);
void log_record_add(struct log_record_writer *writer, const struct log_entry *entry);
void log_record_end(struct log_record_writer *writer);

typedef void log_entry_fn(const struct log_entry *entry, void *arg);

/* Calls back per entry.  0, -EBADMSG when the record is not valid; nothing was called then. */
int log_record_read(const uint8_t *data, size_t len, log_entry_fn *each, void *arg);
