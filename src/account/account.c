/* SPDX-License-Identifier: MIT */
/*
 * account - the door: whose credential is it, and what may they do.
 *
 * A secret is hashed first and only hashes are compared and looked up.  Keys from the
 * environment come first, then what is known in memory, then the database.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "account/internal.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/sessions.h"
#include "state/tokens.h"

#define RIGHTS_OF_API_KEY                                                                      \
    (RIGHT_READ | RIGHT_OPERATE | RIGHT_CONFIGURE | RIGHT_INGEST | RIGHT_ENROL)

static void add_key(struct account *account, struct slice text, unsigned rights,
                    const char *label)
{
    CLEANUP(memory_freep) char *key = memory_strndup(text.data, text.len);
    account->keys =
        memory_realloc(account->keys, (account->n_keys + 1) * sizeof(*account->keys));
    struct account_key *slot = &account->keys[account->n_keys++];
    *slot = (struct account_key){.rights = rights};
    secret_hash(key, slot->hash);
    text_copy(slot->name, sizeof(slot->name), label);
}

static void add_keys(struct account *account, const struct account_options *options)
{
    struct slice rest = slice_of(options->api_keys == NULL ? "" : options->api_keys);
    struct slice piece;
    while (text_next_piece(&rest, ',', &piece)) {
        struct slice key = text_trim(piece);
        if (key.len > 0)
            add_key(account, key, RIGHTS_OF_API_KEY, "API key");
    }
    const char *read = options->dashboard_token == NULL ? "" : options->dashboard_token;
    struct slice token = text_trim(slice_of(read));
    if (token.len > 0)
        add_key(account, token, RIGHT_READ, "dashboard token");
}

int account_new(struct db *db, const struct account_options *options, msec_t now,
                struct account **out_account)
{
    if (sodium_init() < 0)
        return -EIO;
    int error = users_ensure_org(db, now);
    if (error != 0)
        return error;

    struct account *account = memory_calloc(1, sizeof(*account));
    account->db = db;
    known_init(&account->known);
    password_gate_init(&account->gate);
    throttle_init(&account->throttle);
    add_keys(account, options);
    *out_account = account;
    return 0;
}

void account_free(struct account *account)
{
    if (account == NULL)
        return;
    throttle_deinit(&account->throttle);
    password_gate_deinit(&account->gate);
    known_deinit(&account->known);
    free(account->keys);
    free(account);
}

static int write_uses(struct account *account, const struct known *uses, size_t count)
{
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        const struct known *use = &uses[i];
        if (use->session_id != 0)
            error = sessions_touch(account->db, use->session_id, use->used_ms, use->expires_ms);
        else
            error = tokens_touch(account->db, use->token_id, use->used_ms);
    }
    return error;
}

int account_tick(struct account *account, msec_t now)
{
    size_t count;
    CLEANUP(memory_freep) struct known *uses = known_take_unwritten(&account->known, &count);

    int error = db_begin(account->db);
    if (error != 0)
        return error;
    error = write_uses(account, uses, count);
    if (error == 0)
        error = sessions_remove_expired(account->db, now);
    return account_end(account, true, error);
}

int account_begin(struct account *account, bool *out_own)
{
    *out_own = !db_in_transaction(account->db);
    return *out_own ? db_begin(account->db) : 0;
}

int account_end(struct account *account, bool own, int error)
{
    if (!own)
        return error;
    if (error == 0)
        return db_commit(account->db);
    db_abandon(account->db);
    return error;
}

unsigned account_role_rights(const char *role)
{
    if (text_is(role, USER_ROLE_ADMIN))
        return RIGHT_READ | RIGHT_OPERATE | RIGHT_CONFIGURE;
    if (text_is(role, USER_ROLE_OPERATOR))
        return RIGHT_READ | RIGHT_OPERATE;
    if (text_is(role, USER_ROLE_VIEWER))
        return RIGHT_READ;
    return 0;
}

/* Every key is compared, whichever matches, so that the time taken says nothing. */
static bool find_key(const struct account *account, const uint8_t hash[SECRET_HASH_BYTES],
                     struct principal *out_who)
{
    const struct account_key *found = NULL;
    for (size_t i = 0; i < account->n_keys; i++)
        if (sodium_memcmp(account->keys[i].hash, hash, SECRET_HASH_BYTES) == 0)
            found = &account->keys[i];
    if (found == NULL)
        return false;

    *out_who =
        (struct principal){.kind = PRINCIPAL_TOKEN, .org = ORG_FIRST, .rights = found->rights};
    text_copy(out_who->name, sizeof(out_who->name), found->name);
    return true;
}

static void principal_of_token(const struct token *token, struct principal *out_who)
{
    *out_who =
        (struct principal){.kind = PRINCIPAL_TOKEN, .org = token->org, .token_id = token->id};
    const char *name = token->name;

    enum account_token_kind kind;
    if (!account_token_kind_find(token->kind, &kind))
        kind = ACCOUNT_TOKEN_KIND_COUNT;
    switch (kind) {
    case ACCOUNT_TOKEN_ENROL: out_who->rights = RIGHT_ENROL; break;
    case ACCOUNT_TOKEN_READ: out_who->rights = RIGHT_READ; break;
    case ACCOUNT_TOKEN_USER: out_who->rights = account_role_rights(token->user_role); break;
    case ACCOUNT_TOKEN_HOST:
        out_who->kind = PRINCIPAL_HOST;
        out_who->rights = RIGHT_INGEST_HOST;
        out_who->host_id = token->host_id;
        name = token->host_name;
        break;
    case ACCOUNT_TOKEN_KIND_COUNT: break;
    }
    text_copy(out_who->name, sizeof(out_who->name), name);
}

static int load_token(struct account *account, const uint8_t hash[SECRET_HASH_BYTES],
                      msec_t now, struct known *out_known)
{
    struct token token;
    int error = tokens_find(account->db, hash, &token);
    if (error != 0)
        return error;
    *out_known = (struct known){.token_id = token.id,
                                .user_id = token.user_id,
                                .host_id = token.host_id,
                                .used_ms = now,
                                .written_ms = token.last_used_ms};
    principal_of_token(&token, &out_known->who);
    return 0;
}

static int load_session(struct account *account, const uint8_t hash[SECRET_HASH_BYTES],
                        msec_t now, struct known *out_known)
{
    struct session session;
    int error = sessions_find(account->db, hash, &session);
    if (error != 0)
        return error;
    if (session.expires_ms <= now)
        return -ENOENT;
    struct user user;
    error = users_find(account->db, session.user_id, &user);
    if (error != 0)
        return error;

    *out_known = (struct known){.session_id = session.id,
                                .user_id = user.id,
                                .expires_ms = now + ACCOUNT_SESSION_IDLE,
                                .used_ms = now,
                                .written_ms = session.last_seen_ms};
    out_known->who = (struct principal){.kind = PRINCIPAL_USER,
                                        .org = user.org,
                                        .rights = account_role_rights(user.role),
                                        .user_id = user.id};
    text_copy(out_known->who.name, sizeof(out_known->who.name), user.email);
    return 0;
}

static int resolve(struct account *account, const char *secret, bool is_session, msec_t now,
                   struct principal *out_who)
{
    uint8_t hash[SECRET_HASH_BYTES];
    secret_hash(secret, hash);
    if (!is_session && find_key(account, hash, out_who))
        return 0;
    if (known_find(&account->known, hash, is_session, now, out_who))
        return 0;

    uint64_t generation = known_generation(&account->known);
    struct known known;
    int error = is_session ? load_session(account, hash, now, &known)
                           : load_token(account, hash, now, &known);
    if (error != 0)
        return error == -ENOENT ? -EACCES : error;
    known_add(&account->known, generation, hash, &known);
    *out_who = known.who;
    return 0;
}

int account_authenticate(struct account *account, const struct account_credentials *given,
                         msec_t now, struct principal *out_who)
{
    if (given->bearer != NULL && given->bearer[0] != '\0')
        return resolve(account, given->bearer, false, now, out_who);
    if (given->api_key != NULL && given->api_key[0] != '\0')
        return resolve(account, given->api_key, false, now, out_who);
    if (given->cookie != NULL && given->cookie[0] != '\0')
        return resolve(account, given->cookie, true, now, out_who);
    *out_who = (struct principal){.kind = PRINCIPAL_NOBODY};
    return 0;
}
