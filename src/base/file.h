/* SPDX-License-Identifier: MIT */
/*
 * file - whole files, in and out.  Thread safe.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

/* Appends the file's content to `out`, up to its ceiling.  Works for /proc, whose files have
 * no size.  0, -errno, -ENOBUFS when it is larger than the ceiling. */
int file_read(const char *path, struct buf *out);

/* Replaces `path` as a whole or not at all: temporary file beside it, fsync, rename.
 * 0, -errno. */
int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode);

/* After a rename: the new name survives a power cut only when its directory is synced too. */
void file_sync_parent(const char *path);

/* Makes the directory and its parents.  0 also when it exists already; -errno. */
int file_make_dirs(const char *path, mode_t mode);

bool file_exists(const char *path);

/* "dir/name" into out; false when it does not fit. */
bool file_join(char *out, size_t size, const char *dir, const char *name);

/* For CLEANUP(file_closep) on an int that is -1 or open. */
void file_closep(int *file);
