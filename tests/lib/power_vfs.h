/* SPDX-License-Identifier: MIT */
/*
 * power_vfs - SQLite's files in memory, with a switch for the power.
 *
 * A write changes what is read at once, but is on the medium only after a sync of its file.  Each
 * write, truncation, sync and removal counts as one operation; when the counter reaches the cut,
 * the power is off and every operation fails.  power_restore() then makes the files what a disk
 * may have made of them: of all that was not synced, each operation happened, or did not, or
 * happened for some of its sectors.
 *
 * One thread; one set of files for the process.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define POWER_VFS "power"

void power_register(void);

/* Forgets all files; the power is on, and is cut before operation `cut` (0 = never). */
void power_begin(uint64_t cut);

/* Operations since power_begin(). */
uint64_t power_operations(void);

/* Switches the power on again. */
void power_restore(uint64_t seed);

/* From operation `from` on, `count` operations fail for want of room. */
void power_fill_disk(uint64_t from, uint64_t count);

/* The bytes of a file, to be looked at or changed; NULL when there is none. */
uint8_t *power_bytes(const char *path, size_t *out_len);

/* Makes the file, or replaces it as a whole. */
void power_put(const char *path, const void *bytes, size_t len);
void power_remove(const char *path);
