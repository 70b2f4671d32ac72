/* SPDX-License-Identifier: MIT */
/*
 * internal - what the files of account/ share.
 */
#pragma once

#include "account/account.h"
#include "account/known.h"
#include "account/password.h"
#include "account/secret.h"
#include "account/throttle.h"
#include "state/users.h"

_Static_assert(ACCOUNT_SECRET_SIZE == SECRET_TEXT_SIZE, "one size of secrets");

/* A key from the environment. */
struct account_key {
    uint8_t hash[SECRET_HASH_BYTES];
    unsigned rights;
    char name[32];
};

struct account {
    struct db *db;            /* borrowed from the caller of account_new() */
    struct account_key *keys; /* owned; immutable after account_new() */
    size_t n_keys;
    struct known_table known;
    struct password_gate gate;
    struct throttle throttle;
};

/* What a person of this role may do; 0 for a role that we do not know. */
unsigned account_role_rights(const char *role);

/* Joins the transaction that the thread is in, or makes one; then end it with the result. */
int account_begin(struct account *account, bool *out_own);
int account_end(struct account *account, bool own, int error);

/* A new session of the user. 0, -EIO. */
int account_start_session(struct account *account, const struct user *user,
                          const struct account_client *client, msec_t now,
                          struct account_session *out_session);

/* Ends the user's sessions but one, and forgets what is in memory about the user. */
int account_end_other_sessions(struct account *account, int64_t user_id, int64_t keep_id);

void account_user_of(const struct user *user, struct account_user *out_user);
bool account_match_user(const struct known *known, int64_t user_id);
