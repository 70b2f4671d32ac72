/* SPDX-License-Identifier: MIT */
/*
 * account - who may come in: people with passwords and sessions, programs with tokens and keys.
 *
 * Secrets (session cookies, tokens, sign-in links) are 32 random bytes that we show once and of
 * which we store only the SHA-256.  What a secret resolves to is kept in memory until it is
 * revoked or changed, so that account_authenticate() rarely touches the database.
 *
 * Thread safe.  The functions that hash a password take tens of milliseconds and 19 MiB: call
 * them from a worker, never from a loop.
 *
 * Instants come in as `now`; nothing here reads a clock except to wait for a hashing slot.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "model/principal.h"
#include "model/problem.h"
#include "state/db.h"

struct account;

#define ACCOUNT_COOKIE_NAME        "sentora_session"
#define ACCOUNT_PASSWORD_MIN_CHARS 10
#define ACCOUNT_PASSWORD_MAX_BYTES 1024
#define ACCOUNT_SESSION_IDLE       (30 * MSEC_DAY)
#define ACCOUNT_LINK_LIFE          (24 * MSEC_HOUR)

/* base64url of 32 bytes, after at most "snt_" and a kind letter, with the NUL. */
#define ACCOUNT_SECRET_SIZE 64

struct account_options {
    const char *api_keys;        /* comma list with an operator's rights; NULL = none */
    const char *dashboard_token; /* may read; NULL = none */
};

/* Makes the first organisation when there is none.  0, -EIO, -ENOMEM. */
int account_new(struct db *db, const struct account_options *options, msec_t now,
                struct account **out_account);
void account_free(struct account *account);

/* Writes what was only noted in memory (last use of tokens and sessions), forgets expired
 * sessions and links.  Call about once a minute and before account_free().  0, -EIO, -ENOSPC. */
int account_tick(struct account *account, msec_t now);

/* -- every request -- */

/* What a request carries; NULL or "" where it does not. */
struct account_credentials {
    const char *bearer;  /* after "Authorization: Bearer " */
    const char *api_key; /* X-API-Key */
    const char *cookie;  /* value of the cookie ACCOUNT_COOKIE_NAME */
};

/* The first credential given decides, in the order above.  Without any: 0 and PRINCIPAL_NOBODY.
 * 0; -EACCES (unknown, revoked, expired), -EIO. */
int account_authenticate(struct account *account, const struct account_credentials *given,
                         msec_t now, struct principal *out_who);

/* -- people -- */

struct account_user {
    int64_t id;
    org_id org;
    char email[255]; /* "" until the first user has set it */
    char name[128];
    char role[16]; /* admin, operator, viewer */
    bool needs_password;
};

struct account_client {
    const char *peer;       /* address as text; IPv6 counts by /64 */
    const char *user_agent; /* NULL = none */
};

struct account_session {
    char secret[ACCOUNT_SECRET_SIZE]; /* for the cookie */
    struct account_user user;
};

/* How somebody wants to come in: by e-mail and password, or by link. */
struct account_sign_in {
    const char *email, *password;
    const char *link; /* a one-time link's secret */
    struct account_client client;
};

/* Signs in by password.  Hashes.  0; -EACCES (wrong e-mail or password, do not say which);
 * -EAGAIN with *out_retry_s: too many failures from this peer, or too many sign-ins at once. */
int account_sign_in(struct account *account, const struct account_sign_in *given, msec_t now,
                    int *out_retry_s, struct account_session *out_session);

/* Signs in the first administrator by one-time link, which is used up.
 * 0; -EACCES (unknown, used, expired), -EAGAIN as above. */
int account_use_link(struct account *account, const struct account_sign_in *given, msec_t now,
                     int *out_retry_s, struct account_session *out_session);

/* A one-time link's secret; earlier links end.  0; -EALREADY when somebody has a password. */
int account_make_link(struct account *account, msec_t now,
                      char out_secret[ACCOUNT_SECRET_SIZE]);

/* The user with this password, made or changed (SENTORA_ADMIN_EMAIL).  Hashes when the password
 * is not already this one.  0; -EINVAL with the problem. */
int account_ensure_admin(struct account *account, const char *email, const char *password,
                         msec_t now, struct problem *problem);

/* The organisation's name.  0, -ENOENT. */
int account_org_name(struct account *account, org_id org, char *out_name, size_t size);

/* 0, -ENOENT. */
int account_find_user(struct account *account, int64_t user_id, struct account_user *out_user);

struct account_password_change {
    int64_t user_id;
    const char *email;            /* NULL = as it is */
    const char *name;             /* NULL = as it is */
    const char *current_password; /* NULL = not given; needed when one is set */
    const char *password;
    const char *cookie; /* this session goes on, the user's others end; NULL = all end */
    const char *peer;   /* failures count like those of signing in */
};

/* Hashes.  0; -EINVAL, -EEXIST (e-mail taken), -EACCES (current password), each with the
 * problem, and *out_field the request's field to blame; -EAGAIN with *out_field NULL. */
int account_change_password(struct account *account,
                            const struct account_password_change *change, msec_t now,
                            const char **out_field, struct problem *problem);

/* -- sessions -- */

/* Signing out.  0 also when there is no such session. */
int account_end_session(struct account *account, const char *cookie);

/* One of a user's sessions, from the list.  0, -ENOENT. */
int account_end_session_id(struct account *account, int64_t user_id, int64_t session_id);

struct account_session_info {
    int64_t id;
    msec_t created_ms, last_seen_ms, expires_ms;
    const char *peer, *user_agent; /* borrowed for the callback */
};

typedef int account_session_fn(const struct account_session_info *session, void *arg);
int account_list_sessions(struct account *account, int64_t user_id, msec_t now,
                          account_session_fn *fn, void *arg);

/* -- tokens -- */

enum account_token_kind {
    ACCOUNT_TOKEN_ENROL, /* may add hosts */
    ACCOUNT_TOKEN_HOST,  /* may write one host */
    ACCOUNT_TOKEN_READ,  /* may look */
    ACCOUNT_TOKEN_USER,  /* may what its user may */
    ACCOUNT_TOKEN_KIND_COUNT
};

extern const char *const account_token_kind_names[ACCOUNT_TOKEN_KIND_COUNT];

/* False when there is no such kind. */
bool account_token_kind_find(const char *name, enum account_token_kind *out_kind);

struct account_token_request {
    org_id org;
    enum account_token_kind kind;
    const char *name; /* 1..100 characters */
    int64_t host_id;  /* ACCOUNT_TOKEN_HOST */
    int64_t user_id;  /* ACCOUNT_TOKEN_USER */
};

struct account_token {
    int64_t id;
    char secret[ACCOUNT_SECRET_SIZE]; /* shown once */
};

/* Joins the caller's transaction when there is one.  0; -EINVAL (name, or the id that the kind
 * needs is missing), -ENOENT (no such host or user). */
int account_token_create(struct account *account, const struct account_token_request *request,
                         msec_t now, struct account_token *out_token);

/* The host's only token from now on: what enrolment and re-enrolment call.  Joins the caller's
 * transaction when there is one.  0, -ENOENT. */
int account_host_token_replace(struct account *account, org_id org, int64_t host_id, msec_t now,
                               struct account_token *out_token);

/* 0, -ENOENT. */
int account_token_revoke(struct account *account, org_id org, int64_t token_id, msec_t now);

/* To be called after a host was deleted or renamed: its tokens are in memory. */
void account_forget_host(struct account *account, int64_t host_id);

struct account_token_info {
    int64_t id, host_id;
    const char *kind, *name; /* borrowed for the callback */
    msec_t created_ms, last_used_ms;
};

/* Tokens that are not revoked, by id. */
typedef int account_token_fn(const struct account_token_info *token, void *arg);
int account_token_list(struct account *account, org_id org, account_token_fn *fn, void *arg);

/* A token by which an agent on this machine enrols: kept in `path` (mode 0600), made again when
 * the file is missing or its token was revoked.  0, -errno of writing the file. */
int account_local_enrolment_token(struct account *account, const char *path, msec_t now);
