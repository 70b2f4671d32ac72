/* SPDX-License-Identifier: MIT */
/*
 * ssh_log - follows a log file across rotation.
 *
 * Rotation by rename: the old file is read to its end, then the new one from its start.
 * Rotation by copy and truncate: the file is shorter than what was read, so it is read from its
 * start.  A line is handed over once its newline is there.  One call reads at most
 * SSH_LOG_RUN_BYTES, the rest waits for the next; the first call adds what it looks back on.
 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "base/text.h"

#define SSH_LOG_RUN_BYTES  ((size_t)1 << 20)
#define SSH_LOG_LINE_BYTES ((size_t)16 << 10) /* longer lines are passed over */

typedef void ssh_log_fn(void *arg, struct slice line);

struct ssh_log {
    char path[4096];
    int file; /* open, or -1 */
    dev_t device;
    ino_t inode;
    off_t offset;     /* of the first byte not handed over */
    bool is_skipping; /* inside a line that is too long */
    bool was_open;    /* before; a file that appears later is read from its start */
};

void ssh_log_init(struct ssh_log *log, const char *path);
void ssh_log_deinit(struct ssh_log *log);

/* Hands over the lines that came since the last call; the first time up to `look_back` bytes
 * from the file's end.  0, -errno when the file cannot be read. */
int ssh_log_run(struct ssh_log *log, size_t look_back, ssh_log_fn *take, void *arg);
