/* SPDX-License-Identifier: MIT */
/*
 * secrets - what must be stored but not be readable from the database alone: the passwords and
 * keys of channels.  Sealed by libsodium's secretbox with a key in a file beside the database.
 *
 * Immutable after secrets_open(): may be used from several threads.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "model/problem.h"

struct secrets;

/* Reads the key file; makes it (32 random bytes, mode 0600) when there is none.
 * 0; -errno with the problem: unreadable, of the wrong length, others may read it. */
int secrets_open(const char *path, struct secrets **out_secrets, struct problem *problem);
void secrets_close(struct secrets *secrets);

/* Appends nonce and box to `out`.  0, or the buf's error. */
int secrets_seal(const struct secrets *secrets, const void *plain, size_t len, struct buf *out);

/* Appends the plain bytes to `out`.  0; -EBADMSG when it was not sealed with this key. */
int secrets_unseal(const struct secrets *secrets, const void *box, size_t len, struct buf *out);
