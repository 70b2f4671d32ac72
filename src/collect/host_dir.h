/* SPDX-License-Identifier: MIT */
/*
 * host_dir - the names in a directory of the watched host, sorted, and the small files that
 * sysfs has in them.
 */
#pragma once

#include "collect/host_root.h"

#define HOST_DIR_MAX 1024 /* names; what is more is left out */

struct host_dir {
    char **names; /* owned, each */
    size_t len;
};

/* Nothing when there is no such directory.  Names that begin with a dot are left out. */
void host_dir_read(const struct host_root *root, const char *path, struct host_dir *out_dir);
void host_dir_deinit(struct host_dir *dir);

/* The first line of `directory`/`name`; see host_read_line(). */
bool host_dir_line(struct host_root *root, const char *directory, const char *name, char *out,
                   size_t size);
/* Likewise, for labels: what is no UTF-8 in it is replaced by U+FFFD. */
bool host_dir_text(struct host_root *root, const char *directory, const char *name, char *out,
                   size_t size);
/* Likewise, when it is a number, decimal or 0x hexadecimal.  False when it is not, or absent. */
bool host_dir_number(struct host_root *root, const char *directory, const char *name,
                     double *out_number);
