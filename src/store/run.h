/* SPDX-License-Identifier: MIT */
/*
 * run - the newest samples of a series, compressed as they come.
 *
 * Samples are appended in ascending order of time, each as a token of whole bytes: a value that
 * repeats costs nothing, a counter of integers or decimals one to three bytes, anything else its
 * XOR with the value before, and a time that keeps its distance is free (run.c says how).
 * The last bytes stand in the struct itself and go to the heap sixteen at a time, so that an
 * append mostly touches nothing but the struct, and a constant series never has a heap part.
 *
 * A run of zeros is an empty run.  It owns its bytes.  It is never stored; nothing outside this
 * file knows the tokens.  One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/sample_list.h"

#define RUN_TAIL_BYTES  16
#define RUN_SAMPLES_MAX 16384
#define RUN_BYTES_MAX   32768

struct run {
    msec_t to_ms;       /* of the last sample, when count > 0 */
    uint64_t last_bits; /* its value */
    uint8_t *bytes;     /* owned; capacity follows from len */
    uint32_t distance;  /* ms between the last two samples; 0 when there are less */
    uint32_t span;      /* ms from the first to the last sample */
    uint16_t len;       /* bytes on the heap */
    uint16_t count;     /* samples */
    uint16_t repeats;   /* the last so many samples have no token: same value and distance */
    uint8_t scale;      /* see scale.h; RUN_SCALE_NONE when values do not fit any */
    uint8_t tail_len;   /* bytes in use of: */
    uint8_t tail[RUN_TAIL_BYTES];
};

static inline msec_t run_from_ms(const struct run *run)
{
    return (msec_t)((uint64_t)run->to_ms - run->span);
}

static inline double run_last_value(const struct run *run)
{
    return sample_from_bits(run->last_bits);
}

/* Empty again; the memory is given back. */
void run_reset(struct run *run);

/* False, and nothing happens, when the run is full (RUN_SAMPLES_MAX, RUN_BYTES_MAX, a span of
 * 2^32 ms): its samples must be taken out first.  sample.at_ms > run->to_ms when count > 0. */
bool run_append(struct run *run, struct sample sample);

/* Appends the samples within [from, to] to the list. */
void run_read(const struct run *run, msec_t from_ms, msec_t to_ms, struct sample_list *out);

/* The value at exactly that time; false when there is none. */
bool run_find(const struct run *run, msec_t at_ms, double *out_value);

/* Heap bytes. */
size_t run_memory(const struct run *run);
