/* SPDX-License-Identifier: MIT */
/*
 * disk_sql - what disk.c, disk_rows.c and disk_reader.c share and nobody else needs.
 */
#pragma once

#include "store/disk.h"

/* The -errno for the connection's last error. */
int disk_error(sqlite3 *db);

/* *out_db is set also on failure, to be closed. */
int disk_connect(const char *path, int flags, sqlite3 **out_db);

/* Prepares all statements of the writing connection. */
int disk_prepare(struct disk *disk);

/* Steps to the end, resets.  0, -errno. */
int disk_run(struct disk *disk, sqlite3_stmt *statement);

void disk_close_readers(struct disk *disk);
