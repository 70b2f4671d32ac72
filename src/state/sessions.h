/* SPDX-License-Identifier: MIT */
/*
 * sessions - who is signed in, and the one-time links that sign in the first user, as rows.
 *
 * Secrets are known by their SHA-256 only.
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "model/org.h"
#include "state/db.h"

#define STATE_HASH_BYTES 32

struct session {
    int64_t id;
    org_id org;
    int64_t user_id;
    msec_t created_ms, expires_ms, last_seen_ms;
    char peer[64];
    char user_agent[256];
};

typedef int session_fn(const struct session *session, void *arg);

int sessions_add(struct db *db, const struct session *session,
                 const uint8_t secret_hash[STATE_HASH_BYTES], int64_t *out_id);

/* Also when it has expired: the caller looks.  0, -ENOENT. */
int sessions_find(struct db *db, const uint8_t secret_hash[STATE_HASH_BYTES],
                  struct session *out_session);
int sessions_each(struct db *db, int64_t user_id, msec_t now, session_fn *fn, void *arg);

int sessions_touch(struct db *db, int64_t id, msec_t seen, msec_t expires);

/* 0, -ENOENT. */
int sessions_remove(struct db *db, int64_t user_id, int64_t id);

/* All of a user's but `keep_id` (0 = all). */
int sessions_remove_others(struct db *db, int64_t user_id, int64_t keep_id);

/* Sessions and links that have expired. */
int sessions_remove_expired(struct db *db, msec_t now);

/* Replaces every link of the organisation by this one. */
int sessions_put_link(struct db *db, org_id org, const uint8_t secret_hash[STATE_HASH_BYTES],
                      msec_t now, msec_t expires);

/* Marks the link used.  0 with its organisation; -ENOENT: unknown, used, expired. */
int sessions_use_link(struct db *db, const uint8_t secret_hash[STATE_HASH_BYTES], msec_t now,
                      org_id *out_org);
int sessions_remove_links(struct db *db, org_id org);
