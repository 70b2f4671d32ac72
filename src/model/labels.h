/* SPDX-License-Identifier: MIT */
/*
 * labels - the name of a series: sorted pairs of name and value, immutable and shared.
 *
 * One allocation holds a set.  labels_new*() return it with one reference; labels_ref() and
 * labels_unref() are thread safe, everything else only reads.
 *
 * Label sets travel between processes and into the store in their *encoded* form, which is
 * what Prometheus' remote write puts into a TimeSeries: for each label the bytes
 *     0x0a varint(len of the rest) 0x0a varint(len) name 0x12 varint(len) value
 * in order of name.  Equal sets from one sender come in equal bytes, so the store looks those
 * up first and decodes only what it has not seen.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

#define LABEL_METRIC_NAME      "__name__"
#define LABEL_INSTANCE         "instance"
#define LABEL_JOB              "job"
#define LABELS_COUNT_MAX       64
#define LABELS_NAME_MAX_BYTES  256
#define LABELS_VALUE_MAX_BYTES 2048

struct label {
    const char *name;  /* NUL-terminated, inside the set's allocation */
    const char *value; /* likewise */
};

struct labels {
    unsigned refs;
    uint32_t count;
    uint64_t hash; /* of names and values; equal sets have equal hashes in this process */
    struct label pairs[]; /* sorted by name, names unique, values not empty */
};

/* Takes pairs in any order; a pair with an empty value is left out, as if absent.
 * NULL when a name repeats, a limit above is exceeded, a name is empty or text is not UTF-8. */
struct labels *labels_new(const struct label *pairs, size_t count);

/* From the encoded form.  0, -EINVAL (malformed, see labels_new), -E2BIG (over a limit).
 * Unsorted input is sorted. */
int labels_new_decoded(const void *encoded, size_t len, struct labels **out_labels);

/* The pairs of an encoded form, where they lie: sorted by name, names unique, values not empty. */
struct label_slices {
    struct label_slice {
        struct slice name, value;
    } items[LABELS_COUNT_MAX];
    size_t len;
};

/* 0, -EINVAL, -E2BIG: as labels_new_decoded(). */
int labels_read_encoded(const void *encoded, size_t len, struct label_slices *out);

/* Brings pairs into that form, in place.  False when they are no valid set (see labels_new). */
bool labels_normalise(struct label_slices *pairs);

/* From pairs in that form; copies the text. */
struct labels *labels_new_sorted(const struct label_slices *pairs);

/* The value of `name` in the encoded form, without decoding the rest.  False when the label is
 * absent or the bytes are malformed. */
bool labels_encoded_value(const void *encoded, size_t len, const char *name,
                          struct slice *out_value);

struct labels *labels_ref(const struct labels *labels);
void labels_unref(struct labels *labels); /* NULL is fine */

/* The value, or NULL when absent. */
const char *labels_value(const struct labels *labels, const char *name);
const char *labels_metric_name(const struct labels *labels); /* "" when absent */

bool labels_equal(const struct labels *a, const struct labels *b);

/* Total order: by names and values in turn, as Prometheus sorts. */
int labels_compare(const struct labels *a, const struct labels *b);

/* The encoded form of one pair, and of a whole set; errors are the buf's. */
void labels_encode_pair(struct buf *out, const char *name, const char *value);
void labels_encode(struct buf *out, const struct labels *labels);
void labels_encode_slices(struct buf *out, const struct label_slices *pairs);

/* metric{a="1",b="2"} as people and PromQL write it. */
void labels_format(struct buf *out, const struct labels *labels);
