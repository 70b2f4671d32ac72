/* SPDX-License-Identifier: MIT */
/*
 * form - a packed remote write request that is filled in again and again.
 *
 * From one collection to the next nearly all of a request stays: names, labels, and the many
 * values that hardly ever move.  So it is packed once, with gaps for the time and for the values
 * that move; after that a collection costs eight bytes for each of them.
 *
 * What lies in a gap is a literal of the snappy block, which nothing is copied from.  The time
 * is the same in every series: it is written once, and copied from there.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "model/sample.h"

#define FORM_MAX_BYTES ((size_t)16 * 1024 * 1024) /* unpacked */

struct form_series {
    const uint8_t *encoded; /* labels; borrowed for the call */
    uint32_t encoded_len;
    bool is_still; /* packed with its value: no gap */
    double value;
};

struct form_byte {
    uint32_t at;    /* in `packed` */
    uint32_t index; /* of the time's bytes */
};

struct form {
    struct buf packed;          /* the request, complete at any time */
    VEC(uint32_t) gaps;         /* by series: where its value is in `packed`; 0 = still */
    VEC(struct form_byte) time; /* the bytes of the time that are no copies */
    size_t time_len;
};

void form_init(struct form *form);
void form_deinit(struct form *form);

/* Packs anew.  0; -ENOBUFS over the limit, -ENOMEM; after an error the form is empty. */
int form_build(struct form *form, const struct form_series *series, size_t n_series,
               msec_t at_ms);

/* False when its varint has another length, which takes a new form. */
bool form_set_time(struct form *form, msec_t at_ms);

/* Of a series that is not still. */
static inline void form_set_value(struct form *form, size_t series, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    assert(series < form->gaps.len && form->gaps.items[series] != 0);
    uint8_t *at = (uint8_t *)form->packed.data + form->gaps.items[series];
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(bits >> (8 * i));
}
