/* SPDX-License-Identifier: MIT */
/*
 * ssh_journal - what sshd wrote to the journal.
 */
#pragma once

#include "base/clock.h"
#include "collect/host_root.h"
#include "collect/ssh_line.h"

struct ssh_journal;

typedef void ssh_journal_fn(void *arg, const struct ssh_line *line);

/* 0, -errno, -ENOENT when there is no journal that we may read. */
int ssh_journal_open(const struct host_root *root, msec_t since_ms,
                     struct ssh_journal **out_journal);
void ssh_journal_close(struct ssh_journal *journal);

/* Hands over the entries since the last call, at most SSH_JOURNAL_RUN_ENTRIES.  0, -errno. */
#define SSH_JOURNAL_RUN_ENTRIES 20000
int ssh_journal_run(struct ssh_journal *journal, ssh_journal_fn *take, void *arg);
