/* SPDX-License-Identifier: MIT */
/*
 * session - who is signed in in which browser.
 */
#include <errno.h>

#include "account/internal.h"
#include "base/text.h"
#include "state/sessions.h"

_Static_assert(SECRET_HASH_BYTES == STATE_HASH_BYTES, "one kind of hash");

void account_user_of(const struct user *user, struct account_user *out_user)
{
    *out_user = (struct account_user){
        .id = user->id, .org = user->org, .needs_password = user->password_hash[0] == '\0'};
    text_copy(out_user->email, sizeof(out_user->email), user->email);
    text_copy(out_user->name, sizeof(out_user->name), user->name);
    text_copy(out_user->role, sizeof(out_user->role), user->role);
}

int account_start_session(struct account *account, const struct user *user,
                          const struct account_client *client, msec_t now,
                          struct account_session *out_session)
{
    struct session row = {.org = user->org,
                          .user_id = user->id,
                          .created_ms = now,
                          .last_seen_ms = now,
                          .expires_ms = now + ACCOUNT_SESSION_IDLE};
    text_copy(row.peer, sizeof(row.peer), client->peer);
    text_copy(row.user_agent, sizeof(row.user_agent),
              client->user_agent == NULL ? "" : client->user_agent);

    struct account_session session;
    uint8_t hash[SECRET_HASH_BYTES];
    secret_make("", session.secret, hash);
    int64_t id;
    int error = sessions_add(account->db, &row, hash, &id);
    if (error != 0)
        return error;
    account_user_of(user, &session.user);
    *out_session = session;
    return 0;
}

static bool match_session(const struct known *known, int64_t session_id)
{
    return known->session_id == session_id;
}

bool account_match_user(const struct known *known, int64_t user_id)
{
    return known->user_id == user_id;
}

int account_end_other_sessions(struct account *account, int64_t user_id, int64_t keep_id)
{
    int error = sessions_remove_others(account->db, user_id, keep_id);
    known_forget(&account->known, account_match_user, user_id);
    return error;
}

int account_end_session_id(struct account *account, int64_t user_id, int64_t session_id)
{
    int error = sessions_remove(account->db, user_id, session_id);
    known_forget(&account->known, match_session, session_id);
    return error;
}

int account_end_session(struct account *account, const char *cookie)
{
    uint8_t hash[SECRET_HASH_BYTES];
    secret_hash(cookie, hash);
    struct session session;
    int error = sessions_find(account->db, hash, &session);
    if (error == 0)
        error = account_end_session_id(account, session.user_id, session.id);
    return error == -ENOENT ? 0 : error;
}

struct session_list {
    account_session_fn *fn;
    void *arg;
};

static int list_session(const struct session *session, void *arg)
{
    const struct session_list *list = arg;
    struct account_session_info info = {.id = session->id,
                                        .created_ms = session->created_ms,
                                        .last_seen_ms = session->last_seen_ms,
                                        .expires_ms = session->expires_ms,
                                        .peer = session->peer,
                                        .user_agent = session->user_agent};
    return list->fn(&info, list->arg);
}

int account_list_sessions(struct account *account, int64_t user_id, msec_t now,
                          account_session_fn *fn, void *arg)
{
    struct session_list list = {fn, arg};
    return sessions_each(account->db, user_id, now, list_session, &list);
}
