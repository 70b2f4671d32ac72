/* SPDX-License-Identifier: MIT */
/*
 * log_io - what the log asks of the file system, so that a test can cut the power in between.
 *
 * Each returns what the system call of that name does, or -errno.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct log_io {
    int (*create)(const char *path); /* new, for appending: its number */
    ssize_t (*write)(int file, const void *data, size_t len); /* may be short */
    int (*truncate)(int file, uint64_t len);
    int (*sync)(int file); /* the data is on the medium */
    int (*close)(int file);
    int (*remove)(const char *path);
    int (*sync_folder)(const char *path); /* names are on the medium */
};

extern const struct log_io log_io_posix;
