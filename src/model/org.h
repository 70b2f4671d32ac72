/* SPDX-License-Identifier: MIT */
/*
 * org - whose data it is.  Every row, series and event belongs to one organisation.
 */
#pragma once

#include <stdint.h>

typedef int64_t org_id;

#define ORG_FIRST ((org_id)1) /* the one that a fresh install makes */
