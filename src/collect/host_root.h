/* SPDX-License-Identifier: MIT */
/*
 * host_root - the files of the watched host, below a root directory.
 *
 * "/" is the machine we run on; any other directory is a mounted host or a captured tree of
 * /proc and /sys.  What is read once per collection is a struct host_file: on procfs and sysfs
 * it stays open and is read again from its beginning; elsewhere it is opened every time,
 * because a file of a captured tree may be replaced.
 *
 * Text read is borrowed from the root until the next read.  One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define HOST_FILE_MAX_BYTES ((size_t)2 << 20)
#define HOST_PATH_SIZE      4096

struct host_root {
    char path[HOST_PATH_SIZE]; /* without a slash at its end; "" is the live root */
    bool is_live;              /* "/": system calls speak of this host, too */
    struct buf text;           /* what was read last */
};

struct host_file {
    const char *path; /* below the root, without a leading slash; a literal or the owner's */
    int file;         /* open, or -1 */
    bool is_whole;    /* the kernel makes it in one piece: what one read gives is all of it */
};

#define HOST_FILE(name)       ((struct host_file){.path = (name), .file = -1})
#define HOST_FILE_WHOLE(name) ((struct host_file){.path = (name), .file = -1, .is_whole = true})

/* 0, -ENAMETOOLONG, -ENOTDIR, -errno when there is no such directory. */
int host_root_init(struct host_root *root, const char *path);
void host_root_deinit(struct host_root *root);

/* The path as the kernel takes it; false when it does not fit. */
bool host_path(const struct host_root *root, const char *path, char *out, size_t size);

/* Reads the whole file; *out_text is NUL-terminated.  0, -errno, -ENOBUFS over the limit,
 * -EINVAL when it is not a regular file. */
int host_file_read(struct host_root *root, struct host_file *file, const char **out_text);
void host_file_close(struct host_file *file);

/* The same for a file that is read once in a while. */
int host_read(struct host_root *root, const char *path, const char **out_text);

/* First line of a small file without the newline, as /sys has them.  False when it cannot be
 * read or is empty. */
bool host_read_line(struct host_root *root, const char *path, char *out, size_t size);

/* The start of the next line, or the end of the text. */
const char *next_line(const char *line);
