/* SPDX-License-Identifier: MIT */
#include "account/account.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "unit.h"

#define NOW    ((msec_t)1800000000000)
#define SECRET "correct horse battery"

static char dir[64], path[96];
static struct db *db;
static struct account *account;
static const struct account_client here = {.peer = "192.0.2.1", .user_agent = "test"};

static void open_account(const char *api_keys, const char *dashboard_token)
{
    struct problem problem;
    ck_assert_int_eq(db_open(path, &db, &problem), 0);
    struct account_options options = {api_keys, dashboard_token};
    ck_assert_int_eq(account_new(db, &options, NOW, &account), 0);
}

static void close_account(void)
{
    account_free(account);
    db_close(db);
}

static void setup(void)
{
    unit_make_folder(dir, sizeof(dir));
    snprintf(path, sizeof(path), "%s/state.db", dir);
    open_account("key-one, key two ,,", "look");
}

static void teardown(void)
{
    close_account();
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char name[128];
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    ck_assert_int_eq(rmdir(dir), 0);
}

static int64_t add_host(const char *name)
{
    int64_t id;
    ck_assert_int_eq(db_run_for_id(db,
                                   "INSERT INTO hosts (org_id, name, created_ms)"
                                   " VALUES (1, $1, 0) RETURNING id",
                                   DB_ARGS(db_text(name)), &id),
                     0);
    return id;
}

static int try_bearer(const char *bearer, msec_t now, struct principal *who)
{
    struct account_credentials given = {.bearer = bearer};
    return account_authenticate(account, &given, now, who);
}

static int try_cookie(const char *cookie, msec_t now, struct principal *who)
{
    struct account_credentials given = {.cookie = cookie};
    return account_authenticate(account, &given, now, who);
}

static void make_token(enum account_token_kind kind, int64_t host_id, int64_t user_id,
                       struct account_token *out)
{
    struct account_token_request request = {
        .org = ORG_FIRST, .kind = kind, .name = "one", .host_id = host_id, .user_id = user_id};
    ck_assert_int_eq(account_token_create(account, &request, NOW, out), 0);
}

static int retry; /* what the last sign-in said */

static int sign_in(const char *email, const char *password, const struct account_client *from,
                   msec_t now, struct account_session *out_session)
{
    const struct account_sign_in given = {
        .email = email, .password = password, .client = *from};
    return account_sign_in(account, &given, now, &retry, out_session);
}

static int use_link(const char *link, const struct account_client *from, msec_t now,
                    struct account_session *out_session)
{
    const struct account_sign_in given = {.link = link, .client = *from};
    return account_use_link(account, &given, now, &retry, out_session);
}

static void sign_in_by_link(struct account_session *session)
{
    char link[ACCOUNT_SECRET_SIZE];
    ck_assert_int_eq(account_make_link(account, NOW, link), 0);
    ck_assert_int_eq(use_link(link, &here, NOW, session), 0);
}

static int set_password(const struct account_session *session, const char *email,
                        const char *current, const char *password, const char **field)
{
    struct problem problem;
    struct account_password_change change = {.user_id = session->user.id,
                                             .email = email,
                                             .current_password = current,
                                             .password = password,
                                             .cookie = session->secret,
                                             .peer = here.peer};
    return account_change_password(account, &change, NOW, field, &problem);
}

START_TEST(nobody_without_a_credential)
{
    setup();
    struct principal who = {.kind = PRINCIPAL_USER};
    struct account_credentials none = {.bearer = "", .api_key = NULL, .cookie = ""};
    ck_assert_int_eq(account_authenticate(account, &none, NOW, &who), 0);
    ck_assert_int_eq(who.kind, PRINCIPAL_NOBODY);
    ck_assert_uint_eq(who.rights, 0);

    who.name[0] = 'x';
    ck_assert_int_eq(try_bearer("snt_enonsense", NOW, &who), -EACCES);
    ck_assert_int_eq(try_cookie("nonsense", NOW, &who), -EACCES);
    ck_assert_int_eq(who.name[0], 'x');
    teardown();
}
END_TEST

START_TEST(keys_of_the_environment)
{
    setup();
    struct principal who;
    ck_assert_int_eq(try_bearer("key-one", NOW, &who), 0);
    ck_assert(principal_may(&who, RIGHT_READ | RIGHT_OPERATE | RIGHT_CONFIGURE | RIGHT_INGEST |
                                      RIGHT_ENROL));
    struct account_credentials header = {.api_key = "key two"};
    ck_assert_int_eq(account_authenticate(account, &header, NOW, &who), 0);
    ck_assert_int_eq(who.kind, PRINCIPAL_TOKEN);
    ck_assert_int_eq(who.org, ORG_FIRST);
    ck_assert_int_eq(try_bearer("look", NOW, &who), 0);
    ck_assert_uint_eq(who.rights, RIGHT_READ);
    ck_assert_int_eq(try_bearer(" key two ", NOW, &who), -EACCES);
    ck_assert_int_eq(try_cookie("key-one", NOW, &who), -EACCES);

    /* The first credential decides, though a later one would do. */
    struct account_credentials two = {.bearer = "wrong", .api_key = "key-one"};
    ck_assert_int_eq(account_authenticate(account, &two, NOW, &who), -EACCES);
    teardown();
}
END_TEST

START_TEST(each_kind_of_token_has_its_rights)
{
    setup();
    struct account_session session;
    sign_in_by_link(&session);
    int64_t host = add_host("web-1");
    const struct {
        enum account_token_kind kind;
        unsigned rights;
        char letter;
    } cases[] = {
        {ACCOUNT_TOKEN_ENROL, RIGHT_ENROL, 'e'},
        {ACCOUNT_TOKEN_HOST, RIGHT_INGEST_HOST, 'h'},
        {ACCOUNT_TOKEN_READ, RIGHT_READ, 'r'},
        {ACCOUNT_TOKEN_USER, RIGHT_READ | RIGHT_OPERATE | RIGHT_CONFIGURE, 'u'},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct account_token token;
        make_token(cases[i].kind, host, session.user.id, &token);
        ck_assert_uint_eq(strlen(token.secret), 48);
        ck_assert(text_has_prefix(token.secret, "snt_"));
        ck_assert_int_eq(token.secret[4], cases[i].letter);

        struct principal who;
        for (int again = 0; again < 2; again++) { /* from the database, then from memory */
            ck_assert_int_eq(try_bearer(token.secret, NOW, &who), 0);
            ck_assert_uint_eq(who.rights, cases[i].rights);
        }
        if (cases[i].kind == ACCOUNT_TOKEN_HOST) {
            ck_assert_int_eq(who.kind, PRINCIPAL_HOST);
            ck_assert_int_eq(who.host_id, host);
            ck_assert_str_eq(who.name, "web-1");
        }
        ck_assert_int_eq(try_cookie(token.secret, NOW, &who), -EACCES);
    }
    teardown();
}
END_TEST

START_TEST(refuses_tokens_that_make_no_sense)
{
    setup();
    struct account_token token;
    char long_name[102];
    memset(long_name, 'a', 101);
    long_name[101] = '\0';
    const char *const bad_names[] = {"", "a\nb", "\xff", long_name};
    for (size_t i = 0; i < ARRAY_LEN(bad_names); i++) {
        struct account_token_request request = {
            .org = ORG_FIRST, .kind = ACCOUNT_TOKEN_READ, .name = bad_names[i]};
        ck_assert_int_eq(account_token_create(account, &request, NOW, &token), -EINVAL);
    }
    struct account_token_request user = {
        .org = ORG_FIRST, .kind = ACCOUNT_TOKEN_USER, .name = "x"};
    ck_assert_int_eq(account_token_create(account, &user, NOW, &token), -EINVAL);
    struct account_token_request host = {
        .org = ORG_FIRST, .kind = ACCOUNT_TOKEN_HOST, .name = "x", .host_id = 99};
    ck_assert_int_eq(account_token_create(account, &host, NOW, &token), -ENOENT);
    teardown();
}
END_TEST

START_TEST(revocation_works_at_once)
{
    setup();
    struct account_token token;
    struct principal who;
    make_token(ACCOUNT_TOKEN_READ, 0, 0, &token);
    ck_assert_int_eq(try_bearer(token.secret, NOW, &who), 0);
    ck_assert_int_eq(account_token_revoke(account, ORG_FIRST + 1, token.id, NOW), -ENOENT);
    ck_assert_int_eq(try_bearer(token.secret, NOW, &who), 0);
    ck_assert_int_eq(account_token_revoke(account, ORG_FIRST, token.id, NOW), 0);
    ck_assert_int_eq(try_bearer(token.secret, NOW, &who), -EACCES);
    ck_assert_int_eq(account_token_revoke(account, ORG_FIRST, token.id, NOW), -ENOENT);
    teardown();
}
END_TEST

START_TEST(enrolling_again_ends_the_old_token)
{
    setup();
    int64_t host = add_host("web-1");
    struct account_token first, second;
    struct principal who;
    ck_assert_int_eq(account_host_token_replace(account, ORG_FIRST, host, NOW, &first), 0);
    ck_assert_int_eq(try_bearer(first.secret, NOW, &who), 0);

    ck_assert_int_eq(db_begin(db), 0); /* as enrolment does, which stores the host too */
    ck_assert_int_eq(account_host_token_replace(account, ORG_FIRST, host, NOW, &second), 0);
    ck_assert_int_eq(db_commit(db), 0);
    ck_assert_int_eq(try_bearer(first.secret, NOW, &who), -EACCES);
    ck_assert_int_eq(try_bearer(second.secret, NOW, &who), 0);

    ck_assert_int_eq(db_run(db, "DELETE FROM hosts", DB_NO_ARGS, NULL, NULL), 0);
    account_forget_host(account, host);
    ck_assert_int_eq(try_bearer(second.secret, NOW, &who), -EACCES);
    ck_assert_int_eq(account_host_token_replace(account, ORG_FIRST, host, NOW, &second),
                     -ENOENT);
    teardown();
}
END_TEST

static int note_token(const struct account_token_info *token, void *arg)
{
    struct account_token_info *out = arg;
    *out = *token;
    out->kind = out->name = NULL;
    return 0;
}

START_TEST(last_use_is_written_once_a_minute)
{
    setup();
    struct account_token token;
    struct principal who;
    struct account_token_info info = {0};
    make_token(ACCOUNT_TOKEN_READ, 0, 0, &token);
    ck_assert_int_eq(account_token_list(account, ORG_FIRST, note_token, &info), 0);
    ck_assert_int_eq(info.id, token.id);
    ck_assert_int_eq(info.last_used_ms, 0);

    ck_assert_int_eq(try_bearer(token.secret, NOW, &who), 0);
    ck_assert_int_eq(account_tick(account, NOW), 0);
    account_token_list(account, ORG_FIRST, note_token, &info);
    ck_assert_int_eq(info.last_used_ms, NOW);

    ck_assert_int_eq(try_bearer(token.secret, NOW + 59999, &who), 0);
    ck_assert_int_eq(account_tick(account, NOW + 59999), 0);
    account_token_list(account, ORG_FIRST, note_token, &info);
    ck_assert_int_eq(info.last_used_ms, NOW);

    ck_assert_int_eq(try_bearer(token.secret, NOW + 60000, &who), 0);
    ck_assert_int_eq(account_tick(account, NOW + 60000), 0);
    account_token_list(account, ORG_FIRST, note_token, &info);
    ck_assert_int_eq(info.last_used_ms, NOW + 60000);
    teardown();
}
END_TEST

START_TEST(a_link_works_once)
{
    setup();
    char first[ACCOUNT_SECRET_SIZE], link[ACCOUNT_SECRET_SIZE];
    struct account_session session, other;
    ck_assert_int_eq(account_make_link(account, NOW, first), 0);
    ck_assert_int_eq(account_make_link(account, NOW, link), 0);
    ck_assert_int_eq(use_link(first, &here, NOW, &session), -EACCES);
    ck_assert_int_eq(use_link(link, &here, NOW, &session), 0);
    ck_assert(session.user.needs_password);
    ck_assert_str_eq(session.user.email, "");
    ck_assert_str_eq(session.user.role, "admin");
    ck_assert_int_eq(use_link(link, &here, NOW, &other), -EACCES);

    struct principal who;
    ck_assert_int_eq(try_cookie(session.secret, NOW, &who), 0);
    ck_assert_int_eq(who.kind, PRINCIPAL_USER);
    ck_assert_int_eq(try_bearer(session.secret, NOW, &who), -EACCES);

    /* After a restart before set-up: the same user by a new link. */
    sign_in_by_link(&other);
    ck_assert_int_eq(other.user.id, session.user.id);
    teardown();
}
END_TEST

START_TEST(a_link_ends_after_a_day_or_with_the_first_password)
{
    setup();
    char link[ACCOUNT_SECRET_SIZE], late[ACCOUNT_SECRET_SIZE];
    struct account_session session;
    ck_assert_int_eq(account_make_link(account, NOW, link), 0);
    msec_t later = NOW + ACCOUNT_LINK_LIFE;
    ck_assert_int_eq(use_link(link, &here, later, &session), -EACCES);

    sign_in_by_link(&session);
    ck_assert_int_eq(account_make_link(account, NOW, late), 0);
    const char *field;
    ck_assert_int_eq(set_password(&session, "Ann@Example.com", NULL, SECRET, &field), 0);
    ck_assert_int_eq(use_link(late, &here, NOW, &session), -EACCES);
    ck_assert_int_eq(account_make_link(account, NOW, link), -EALREADY);
    teardown();
}
END_TEST

START_TEST(signs_in_by_password)
{
    setup();
    struct account_session link, session;
    struct principal who;
    const char *field;
    sign_in_by_link(&link);
    ck_assert_int_eq(set_password(&link, "Ann@Example.com", NULL, SECRET, &field), 0);
    ck_assert_int_eq(try_cookie(link.secret, NOW, &who), 0);
    ck_assert_str_eq(who.name, "ann@example.com");

    ck_assert_int_eq(sign_in("ANN@example.com", SECRET, &here, NOW, &session), 0);
    ck_assert(!session.user.needs_password);
    ck_assert_str_eq(session.user.email, "ann@example.com");
    ck_assert_int_eq(try_cookie(session.secret, NOW, &who), 0);
    ck_assert_int_eq(sign_in("ann@example.com", "wrong", &here, NOW, &session), -EACCES);
    ck_assert_int_eq(sign_in("bob@example.com", SECRET, &here, NOW, &session), -EACCES);
    ck_assert_int_eq(sign_in("", "", &here, NOW, &session), -EACCES);

    ck_assert_int_eq(account_end_session(account, session.secret), 0);
    ck_assert_int_eq(account_end_session(account, session.secret), 0);
    ck_assert_int_eq(try_cookie(session.secret, NOW, &who), -EACCES);
    ck_assert_int_eq(try_cookie(link.secret, NOW, &who), 0);
    teardown();
}
END_TEST

START_TEST(guessing_is_slowed_down)
{
    setup();
    struct problem problem;
    struct account_session session;
    ck_assert_int_eq(account_ensure_admin(account, "a@b.c", SECRET, NOW, &problem), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(sign_in("a@b.c", "guess", &here, NOW + i, &session), -EACCES);
    ck_assert_int_eq(sign_in("a@b.c", SECRET, &here, NOW + 5, &session), -EAGAIN);
    ck_assert_int_eq(retry, 60);
    ck_assert_int_eq(use_link("x", &here, NOW + 5, &session), -EAGAIN);

    struct account_client elsewhere = {.peer = "2001:db8::1"};
    ck_assert_int_eq(sign_in("a@b.c", SECRET, &elsewhere, NOW + 5, &session), 0);
    ck_assert_int_eq(sign_in("a@b.c", SECRET, &here, NOW + 61000, &session), 0);
    teardown();
}
END_TEST

START_TEST(a_session_ends_after_a_month_of_silence)
{
    setup();
    struct account_session session;
    struct principal who;
    sign_in_by_link(&session);
    msec_t end = NOW + ACCOUNT_SESSION_IDLE;
    ck_assert_int_eq(try_cookie(session.secret, end, &who), -EACCES);
    ck_assert_int_eq(try_cookie(session.secret, end - 1, &who), 0); /* and goes on */
    ck_assert_int_eq(account_tick(account, end - 1), 0);
    close_account();
    open_account(NULL, NULL);
    msec_t second = end - 1 + ACCOUNT_SESSION_IDLE;
    ck_assert_int_eq(try_cookie(session.secret, second, &who), -EACCES);
    ck_assert_int_eq(try_cookie(session.secret, second - 1, &who), 0);
    ck_assert_int_eq(try_cookie(session.secret, second - 1 + ACCOUNT_SESSION_IDLE, &who),
                     -EACCES);
    teardown();
}
END_TEST

static int count_session(const struct account_session_info *session, void *arg)
{
    int64_t *ids = arg;
    ids[0]++;
    ids[ids[0]] = session->id;
    ck_assert_str_eq(session->peer, "192.0.2.1");
    return 0;
}

START_TEST(a_new_password_ends_the_other_sessions)
{
    setup();
    struct account_session first, second, third;
    struct principal who;
    const char *field;
    int64_t ids[8] = {0};
    sign_in_by_link(&first);
    ck_assert_int_eq(set_password(&first, "a@b.c", NULL, SECRET, &field), 0);
    sign_in("a@b.c", SECRET, &here, NOW, &second);
    ck_assert_int_eq(try_cookie(second.secret, NOW, &who), 0);
    ck_assert_int_eq(account_list_sessions(account, first.user.id, NOW, count_session, ids), 0);
    ck_assert_int_eq(ids[0], 2);

    ck_assert_int_eq(set_password(&first, NULL, SECRET, "another password", &field), 0);
    ck_assert_int_eq(try_cookie(second.secret, NOW, &who), -EACCES);
    ck_assert_int_eq(try_cookie(first.secret, NOW, &who), 0);
    ck_assert_int_eq(sign_in("a@b.c", SECRET, &here, NOW, &third), -EACCES);
    ck_assert_int_eq(sign_in("a@b.c", "another password", &here, NOW, &third), 0);

    ids[0] = 0;
    account_list_sessions(account, first.user.id, NOW, count_session, ids);
    ck_assert_int_eq(account_end_session_id(account, first.user.id + 1, ids[1]), -ENOENT);
    ck_assert_int_eq(account_end_session_id(account, first.user.id, ids[1]), 0);
    ck_assert_int_eq(account_end_session_id(account, first.user.id, ids[1]), -ENOENT);
    teardown();
}
END_TEST

START_TEST(says_what_is_wrong_with_a_password_change)
{
    setup();
    struct account_session session;
    const char *field;
    char long_password[1100];
    memset(long_password, 'p', sizeof(long_password) - 1);
    long_password[sizeof(long_password) - 1] = '\0';
    sign_in_by_link(&session);
    const struct {
        const char *email, *password, *field;
    } bad[] = {
        {NULL, SECRET, "email"},
        {"", SECRET, "email"},
        {"nobody", SECRET, "email"},
        {"a@b@c", SECRET, "email"},
        {"a@b\r\nBcc: x", SECRET, "email"},
        {"a@b.c", "ninechars", "password"},
        {"a@b.c", "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", "password"},
        {"a@b.c", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "password"},
        {"a@b.c", long_password, "password"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_int_eq(set_password(&session, bad[i].email, NULL, bad[i].password, &field),
                         -EINVAL);
        ck_assert_str_eq(field, bad[i].field);
    }
    ck_assert_int_eq(set_password(&session, "a@b.c", NULL, SECRET, &field), 0);
    ck_assert_int_eq(set_password(&session, NULL, NULL, SECRET, &field), -EACCES);
    ck_assert_str_eq(field, "current_password");
    ck_assert_int_eq(set_password(&session, NULL, "wrong", SECRET, &field), -EACCES);
    ck_assert_str_eq(field, "current_password");
    teardown();
}
END_TEST

START_TEST(the_admin_of_the_environment)
{
    setup();
    struct problem problem = {0};
    struct account_session session, kept;
    char link[ACCOUNT_SECRET_SIZE];
    ck_assert_int_eq(account_ensure_admin(account, "nobody", SECRET, NOW, &problem), -EINVAL);
    ck_assert_int_eq(account_ensure_admin(account, "a@b.c", "short", NOW, &problem), -EINVAL);
    ck_assert_ptr_nonnull(strstr(problem.text, "10"));
    ck_assert_int_eq(account_ensure_admin(account, "A@b.c", SECRET, NOW, &problem), 0);
    ck_assert_int_eq(account_make_link(account, NOW, link), -EALREADY);
    ck_assert_int_eq(sign_in("a@b.c", SECRET, &here, NOW, &kept), 0);

    /* The next start changes nothing; another password ends sessions. */
    struct principal who;
    ck_assert_int_eq(account_ensure_admin(account, "a@b.c", SECRET, NOW, &problem), 0);
    ck_assert_int_eq(try_cookie(kept.secret, NOW, &who), 0);
    ck_assert_int_eq(account_ensure_admin(account, "a@b.c", "other password", NOW, &problem),
                     0);
    ck_assert_int_eq(try_cookie(kept.secret, NOW, &who), -EACCES);
    ck_assert_int_eq(sign_in("a@b.c", "other password", &here, NOW, &session), 0);
    ck_assert_int_eq(session.user.id, kept.user.id);
    teardown();
}
END_TEST

static void read_secret(const char *file, char out[128])
{
    struct buf content;
    buf_init(&content, 127);
    ck_assert_int_eq(file_read(file, &content), 0);
    text_copy_slice(out, 128, text_trim((struct slice){content.data, content.len}));
    buf_deinit(&content);
}

START_TEST(a_token_for_the_agent_of_this_machine)
{
    setup();
    char file[96], first[128], second[128];
    struct principal who;
    struct stat about;
    snprintf(file, sizeof(file), "%s/enrol.token", dir);
    ck_assert_int_eq(account_local_enrolment_token(account, file, NOW), 0);
    ck_assert_int_eq(stat(file, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0600);
    read_secret(file, first);
    ck_assert_int_eq(try_bearer(first, NOW, &who), 0);
    ck_assert_uint_eq(who.rights, RIGHT_ENROL);

    ck_assert_int_eq(account_local_enrolment_token(account, file, NOW), 0);
    read_secret(file, second);
    ck_assert_str_eq(first, second);

    unlink(file);
    ck_assert_int_eq(account_local_enrolment_token(account, file, NOW), 0);
    read_secret(file, second);
    ck_assert_str_ne(first, second);
    ck_assert_int_eq(try_bearer(first, NOW, &who), -EACCES);
    ck_assert_int_eq(try_bearer(second, NOW, &who), 0);
    unlink(file);
    ck_assert_int_ne(account_local_enrolment_token(account, "/proc/no/file", NOW), 0);
    ck_assert_int_eq(try_bearer(second, NOW, &who), 0); /* nothing changed */
    teardown();
}
END_TEST

static char shared_token[ACCOUNT_SECRET_SIZE];

static void *authenticate_often(void *arg)
{
    int *accepted = arg;
    for (int i = 0; i < 2000; i++) {
        struct principal who;
        if (try_bearer(shared_token, NOW + i, &who) == 0)
            (*accepted)++;
    }
    return NULL;
}

START_TEST(threads_authenticate_while_a_token_is_revoked)
{
    setup();
    struct account_token token;
    struct principal who;
    make_token(ACCOUNT_TOKEN_READ, 0, 0, &token);
    text_copy(shared_token, sizeof(shared_token), token.secret);
    pthread_t threads[4];
    int accepted[4] = {0};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, authenticate_often, &accepted[i]),
                         0);
    ck_assert_int_eq(account_token_revoke(account, ORG_FIRST, token.id, NOW), 0);
    ck_assert_int_eq(try_bearer(token.secret, NOW, &who), -EACCES);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(try_bearer(token.secret, NOW, &who), -EACCES);
    teardown();
}
END_TEST

static void *sign_in_once(void *arg)
{
    struct account_session session;
    struct account_client client = {.peer = arg};
    int error = sign_in("a@b.c", SECRET, &client, NOW, &session);
    return error == 0 ? arg : NULL;
}

START_TEST(many_sign_in_at_once)
{
    setup();
    struct problem problem;
    pthread_t threads[6];
    char peers[6][16];
    ck_assert_int_eq(account_ensure_admin(account, "a@b.c", SECRET, NOW, &problem), 0);
    for (int i = 0; i < 6; i++) {
        snprintf(peers[i], sizeof(peers[i]), "192.0.2.%d", i + 10);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_in_once, peers[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        void *done;
        ck_assert_int_eq(pthread_join(threads[i], &done), 0);
        ck_assert_ptr_eq(done, peers[i]);
    }
    teardown();
}
END_TEST

UNIT_MAIN("account", nobody_without_a_credential, keys_of_the_environment,
          each_kind_of_token_has_its_rights, refuses_tokens_that_make_no_sense,
          revocation_works_at_once, enrolling_again_ends_the_old_token,
          last_use_is_written_once_a_minute, a_link_works_once,
          a_link_ends_after_a_day_or_with_the_first_password, signs_in_by_password,
          guessing_is_slowed_down, a_session_ends_after_a_month_of_silence,
          a_new_password_ends_the_other_sessions, says_what_is_wrong_with_a_password_change,
          the_admin_of_the_environment, a_token_for_the_agent_of_this_machine,
          threads_authenticate_while_a_token_is_revoked, many_sign_in_at_once)
