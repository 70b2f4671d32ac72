/* SPDX-License-Identifier: MIT */
/*
 * block_sparse - integers of which few are not 0: where those are and what they are, both as
 * block_ints codes them.
 */
#pragma once

#include "store/block_ints.h"

/* Less than one in so many is not 0. */
#define SPARSE_SHARE 4

struct sparse {
    size_t n_events;
    int64_t *places; /* owned; ascending, all below n */
    int64_t *events; /* in the same memory; what is there */
};

/* n_events > 0 of the n integers are not 0.  Errors are the buf's. */
int sparse_encode(const int64_t *integers, size_t n, size_t n_events, struct buf *out);

/* Reads what is left until `end`; `reader` is scratch.  False when malformed. */
bool sparse_decode(struct ints_reader *reader, const uint8_t *at, const uint8_t *end, size_t n,
                   struct sparse *out_sparse);
void sparse_deinit(struct sparse *sparse);
