/* SPDX-License-Identifier: MIT */
/*
 * rune_set - a set of Unicode characters, as ranges: what [a-z], \d, \pL and (?i)x stand for.
 *
 * Fill it with rune_set_add*(), then rune_set_finish() once; only then may it be asked.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/vec.h"

#define RUNE_LAST    0x10FFFFu
#define RUNE_INVALID 0xFFFDu /* what a byte that is no UTF-8 counts as */

struct rune_range {
    uint32_t first, last;
};

struct rune_set {
    VEC(struct rune_range) ranges; /* after rune_set_finish(): ascending, with gaps between */
};

void rune_set_deinit(struct rune_set *set);

/* With `fold`, also everything that differs in case only. */
void rune_set_add(struct rune_set *set, uint32_t first, uint32_t last, bool fold);

/* All of `other` (finished), or all that is not in it. */
void rune_set_add_set(struct rune_set *set, const struct rune_set *other, bool negated);

/* A general category of one or two letters ("L", "Lu") or "Any".  False when there is none. */
bool rune_set_add_category(struct rune_set *set, struct slice name, bool fold);

void rune_set_finish(struct rune_set *set);
void rune_set_negate(struct rune_set *set); /* finished before and after */

bool rune_set_has(const struct rune_set *set, uint32_t rune);
bool rune_set_equals(const struct rune_set *a, const struct rune_set *b);

/* True when some other character differs from this one in case only. */
bool rune_has_case(uint32_t rune);

/* The character at *at, moved behind it.  Needs *at < end; a byte that begins no well-formed
 * character is RUNE_INVALID. */
uint32_t rune_next(const char **at, const char *end);
