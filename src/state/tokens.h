/* SPDX-License-Identifier: MIT */
/*
 * tokens - keys of programs, as rows.  Secrets are known by their SHA-256 only.
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "model/host.h"
#include "model/org.h"
#include "state/db.h"
#include "state/sessions.h"

struct token {
    int64_t id;
    org_id org;
    char kind[16]; /* enrol, host, read, user */
    char name[HOST_NAME_MAX_BYTES + 1];
    int64_t host_id, user_id;                /* 0 = none */
    msec_t created_ms, last_used_ms;         /* 0 = never */
    char host_name[HOST_NAME_MAX_BYTES + 1]; /* read only: of host_id */
    char user_role[16];                      /* read only: of user_id */
};

typedef int token_fn(const struct token *token, void *arg);

/* 0, -ENOENT (no such host or user). */
int tokens_add(struct db *db, const struct token *token,
               const uint8_t secret_hash[STATE_HASH_BYTES], int64_t *out_id);

/* Revoked ones are not found.  0, -ENOENT. */
int tokens_find(struct db *db, const uint8_t secret_hash[STATE_HASH_BYTES],
                struct token *out_token);
int tokens_each(struct db *db, org_id org, token_fn *fn, void *arg);

int tokens_touch(struct db *db, int64_t id, msec_t used);

/* 0, -ENOENT. */
int tokens_revoke(struct db *db, org_id org, int64_t id, msec_t now);
int tokens_revoke_host(struct db *db, org_id org, int64_t host_id, msec_t now);
int tokens_revoke_named(struct db *db, org_id org, const char *name, msec_t now); /* of enrol */

/* Removes up to `limit` that were revoked before `before`, oldest first. */
int tokens_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed);
