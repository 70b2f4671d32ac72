/* SPDX-License-Identifier: MIT */
/*
 * people - signing in, the one-time link, setting a password.
 *
 * The first user: while nobody has a password, each start of the server makes a link.  Using it
 * makes an administrator without e-mail and password, who is asked for both and can do all else
 * meanwhile; once a password is set, links end.
 */
#include <errno.h>
#include <string.h>

#include "account/internal.h"
#include "base/text.h"
#include "state/sessions.h"

#define PASSWORD_BUSY_RETRY_S 5

static void lower(char *out, size_t size, const char *text)
{
    text_copy(out, size, text);
    for (char *at = out; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
}

int account_org_name(struct account *account, org_id org, char *out_name, size_t size)
{
    return users_org_name(account->db, org, out_name, size);
}

int account_find_user(struct account *account, int64_t user_id, struct account_user *out_user)
{
    struct user user;
    int error = users_find(account->db, user_id, &user);
    if (error == 0)
        account_user_of(&user, out_user);
    return error;
}

/* The user whose e-mail and password these are.  An unknown e-mail takes as long as a known. */
static int check_password(struct account *account, const char *email, const char *password,
                          struct user *out_user)
{
    char key[sizeof(out_user->email)];
    lower(key, sizeof(key), email);
    struct user user;
    int error = users_find_email(account->db, key, &user);
    if (error != 0 && error != -ENOENT)
        return error;
    if (strlen(password) > ACCOUNT_PASSWORD_MAX_BYTES)
        return -EACCES;
    bool known = error == 0 && strlen(email) < sizeof(key);
    error = password_verify(&account->gate, known ? user.password_hash : "", password);
    if (error == 0)
        *out_user = user;
    return error;
}

int account_sign_in(struct account *account, const struct account_sign_in *given, msec_t now,
                    int *out_retry_s, struct account_session *out_session)
{
    const struct account_client *client = &given->client;
    int error = throttle_take(&account->throttle, client->peer, now, out_retry_s);
    if (error != 0)
        return error;

    struct user user;
    error = check_password(account, given->email, given->password, &user);
    if (error != -EACCES)
        throttle_give_back(&account->throttle, client->peer, now);
    if (error == -EAGAIN)
        *out_retry_s = PASSWORD_BUSY_RETRY_S;
    if (error != 0)
        return error;
    return account_start_session(account, &user, client, now, out_session);
}

static int find_or_make_first(struct account *account, org_id org, msec_t now,
                              struct user *out_user)
{
    int error = users_find_without_password(account->db, org, out_user);
    if (error != -ENOENT)
        return error;
    struct user user = {.org = org, .role = USER_ROLE_ADMIN, .created_ms = now};
    error = users_add(account->db, &user, &user.id);
    if (error == 0)
        *out_user = user;
    return error;
}

static int use_link(struct account *account, const char *secret,
                    const struct account_client *client, msec_t now,
                    struct account_session *out_session)
{
    uint8_t hash[SECRET_HASH_BYTES];
    secret_hash(secret, hash);
    int error = db_begin(account->db);
    if (error != 0)
        return error;

    org_id org;
    struct user user;
    error = sessions_use_link(account->db, hash, now, &org);
    if (error == -ENOENT)
        error = -EACCES;
    if (error == 0)
        error = find_or_make_first(account, org, now, &user);
    if (error == 0)
        error = account_start_session(account, &user, client, now, out_session);
    return account_end(account, true, error);
}

int account_use_link(struct account *account, const struct account_sign_in *given, msec_t now,
                     int *out_retry_s, struct account_session *out_session)
{
    const struct account_client *client = &given->client;
    int error = throttle_take(&account->throttle, client->peer, now, out_retry_s);
    if (error != 0)
        return error;
    error = use_link(account, given->link, client, now, out_session);
    if (error != -EACCES)
        throttle_give_back(&account->throttle, client->peer, now);
    return error;
}

int account_make_link(struct account *account, msec_t now, char out_secret[ACCOUNT_SECRET_SIZE])
{
    bool own;
    int error = account_begin(account, &own);
    if (error != 0)
        return error;

    bool any;
    char secret[ACCOUNT_SECRET_SIZE];
    uint8_t hash[SECRET_HASH_BYTES];
    secret_make("", secret, hash);
    error = users_any_has_password(account->db, ORG_FIRST, &any);
    if (error == 0 && any)
        error = -EALREADY;
    if (error == 0)
        error = sessions_put_link(account->db, ORG_FIRST, hash, now, now + ACCOUNT_LINK_LIFE);
    error = account_end(account, own, error);
    if (error == 0)
        text_copy(out_secret, ACCOUNT_SECRET_SIZE, secret);
    return error;
}

/* -- setting a password -- */

static int check_new_password(const char *password, struct problem *problem)
{
    size_t len = strlen(password), characters = 0;
    for (size_t i = 0; i < len; i++)
        characters += ((unsigned char)password[i] & 0xc0) != 0x80;
    if (!text_is_utf8(password, len))
        return problem_set(problem, "The password is not valid UTF-8.");
    if (characters < ACCOUNT_PASSWORD_MIN_CHARS)
        return problem_set(problem, "The password needs at least %d characters.",
                           ACCOUNT_PASSWORD_MIN_CHARS);
    if (len > ACCOUNT_PASSWORD_MAX_BYTES)
        return problem_set(problem, "The password is longer than %d bytes.",
                           ACCOUNT_PASSWORD_MAX_BYTES);
    return 0;
}

static bool email_is_valid(const char *email)
{
    size_t len = strlen(email);
    const char *at = strchr(email, '@');
    if (at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)email[i] <= 0x20 || email[i] == 0x7f ||
            strchr("<>\"(),;\\", email[i]))
            return false;
    return len < sizeof(((struct user *)NULL)->email) && text_is_utf8(email, len);
}

static bool person_name_is_valid(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return len < sizeof(((struct user *)NULL)->name) && text_is_utf8(name, len);
}

/* What of the change can be judged without hashing; fills the user's new e-mail and name. */
static int apply_profile(const struct account_password_change *change, struct user *user,
                         const char **out_field, struct problem *problem)
{
    *out_field = "email";
    if (change->email == NULL && user->email[0] == '\0')
        return problem_set(problem, "An e-mail address is needed.");
    if (change->email != NULL) {
        if (!email_is_valid(change->email))
            return problem_set(problem, "This is not an e-mail address.");
        lower(user->email, sizeof(user->email), change->email);
    }
    *out_field = "name";
    if (change->name != NULL) {
        if (!person_name_is_valid(change->name))
            return problem_set(problem, "The name is too long or has control characters.");
        text_copy(user->name, sizeof(user->name), change->name);
    }
    *out_field = "password";
    return check_new_password(change->password, problem);
}

static int check_current(struct account *account, const struct account_password_change *change,
                         const struct user *user, msec_t now, struct problem *problem)
{
    if (user->password_hash[0] == '\0')
        return 0;
    if (change->current_password == NULL) {
        problem_set(problem, "The current password is needed.");
        return -EACCES;
    }
    int retry_s;
    int error = throttle_take(&account->throttle, change->peer, now, &retry_s);
    if (error != 0)
        return error;
    error = password_verify(&account->gate, user->password_hash, change->current_password);
    if (error != -EACCES)
        throttle_give_back(&account->throttle, change->peer, now);
    else
        problem_set(problem, "The current password is wrong.");
    return error;
}

static int64_t session_id_of(struct account *account, const char *cookie, int64_t user_id)
{
    uint8_t hash[SECRET_HASH_BYTES];
    struct session session;
    if (cookie == NULL)
        return 0;
    secret_hash(cookie, hash);
    if (sessions_find(account->db, hash, &session) != 0 || session.user_id != user_id)
        return 0;
    return session.id;
}

/* Stores the user, and ends links and sessions that the old password allowed. */
static int store_user(struct account *account, struct user *user, int64_t keep_session)
{
    int error = db_begin(account->db);
    if (error != 0)
        return error;
    if (user->id == 0)
        error = users_add(account->db, user, &user->id);
    else
        error = users_update(account->db, user);
    if (error == 0)
        error = sessions_remove_links(account->db, user->org);
    if (error == 0)
        error = account_end_other_sessions(account, user->id, keep_session);
    return account_end(account, true, error);
}

int account_change_password(struct account *account,
                            const struct account_password_change *change, msec_t now,
                            const char **out_field, struct problem *problem)
{
    struct user user;
    *out_field = NULL;
    int error = users_find(account->db, change->user_id, &user);
    if (error != 0)
        return error;
    error = apply_profile(change, &user, out_field, problem);
    if (error != 0)
        return error;

    error = check_current(account, change, &user, now, problem);
    *out_field = error == -EACCES ? "current_password" : NULL;
    if (error == 0)
        error = password_hash(&account->gate, change->password, user.password_hash);
    if (error != 0)
        return error;

    int64_t keep = session_id_of(account, change->cookie, user.id);
    error = store_user(account, &user, keep);
    if (error == -EEXIST) {
        *out_field = "email";
        problem_set(problem, "Another user has this e-mail address.");
    }
    return error;
}

int account_ensure_admin(struct account *account, const char *email, const char *password,
                         msec_t now, struct problem *problem)
{
    struct user user = {.org = ORG_FIRST, .created_ms = now};
    char key[sizeof(user.email)];
    if (!email_is_valid(email))
        return problem_set(problem, "\"%.100s\" is not an e-mail address", email);
    int error = check_new_password(password, problem);
    if (error != 0)
        return error;

    lower(key, sizeof(key), email);
    error = users_find_email(account->db, key, &user);
    if (error == -ENOENT)
        error = users_find_without_password(account->db, ORG_FIRST, &user);
    if (error != 0 && error != -ENOENT)
        return error;
    if (error == 0 && user.password_hash[0] != '\0' && text_is(user.role, USER_ROLE_ADMIN) &&
        password_verify(&account->gate, user.password_hash, password) == 0)
        return 0;

    text_copy(user.email, sizeof(user.email), key);
    text_copy(user.role, sizeof(user.role), USER_ROLE_ADMIN);
    error = password_hash(&account->gate, password, user.password_hash);
    return error == 0 ? store_user(account, &user, 0) : error;
}
