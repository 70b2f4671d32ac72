/* SPDX-License-Identifier: MIT */
/*
 * log_internal - what log.c and log_read.c share.
 */
#pragma once

#include <limits.h>

#include "store/log.h"

#define LOG_MAGIC "SENTLOG1" /* 8 bytes at the beginning of a segment; then its number */

char *log_path(const struct log *log, uint64_t number, char out[PATH_MAX]);
