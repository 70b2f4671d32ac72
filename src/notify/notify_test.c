/* SPDX-License-Identifier: MIT */
/*
 * From a transition in a transaction to a receiver that has it, against servers on loopback.
 */
#include "notify/notify.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "fake_server.h"
#include "notify/webhook.h"
#include "state/settings.h"
#include "state/state_test.h"

static struct db *db;
static struct secrets *secrets;
static struct notify *notify;

static void open_parts(void)
{
    struct problem problem;
    char key[128];
    snprintf(key, sizeof(key), "%s/secret.key", state_test_dir);
    ck_assert_int_eq(secrets_open(key, &secrets, &problem), 0);
    ck_assert_int_eq(notify_new(db, secrets, &notify), 0);
}

static void setup(void)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy",
                                          "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_LEN(proxies); i++)
        unsetenv(proxies[i]);
    db = state_test_open();
    open_parts();
}

static void close_parts(void)
{
    notify_stop(notify);
    notify_free(notify);
    secrets_close(secrets);
}

static void teardown(void)
{
    close_parts();
    state_test_close(db);
}

static int64_t add_channel(const char *kind, const char *name, const char *config,
                           const char *secret)
{
    char text[2048];
    struct refusal refusal = {0};
    int64_t id = 0;
    snprintf(text, sizeof(text),
             "{\"kind\":\"%s\",\"name\":\"%s\",\"config\":%s,\"secrets\":%s}", kind, name,
             config, secret);
    json_t *request = json_loads(text, 0, NULL);
    ck_assert_msg(notify_channel_create(notify, 1, request, &id, &refusal) == 0, "%s: %s",
                  refusal.field, refusal.problem.text);
    json_decref(request);
    return id;
}

static int64_t add_webhook(const char *name, const struct fake_server *server)
{
    char config[128];
    snprintf(config, sizeof(config), "{\"url\":\"http://127.0.0.1:%d/in\"}",
             fake_server_port(server));
    return add_channel("webhook", name, config, "{}");
}

static int64_t add_email(const char *name, const struct fake_server *server, const char *rest)
{
    char config[512];
    snprintf(config, sizeof(config),
             "{\"server\":\"127.0.0.1\",\"port\":%d,\"security\":\"none\",\"from\":"
             "\"mon@example.com\",\"to\":[\"ann@example.com\",\"bob@example.com\"]%s}",
             fake_server_port(server), rest);
    return add_channel("email", name, config, "{}");
}

static int update_channel(int64_t id, const char *text)
{
    struct refusal refusal;
    json_t *request = json_loads(text, 0, NULL);
    int error = notify_channel_update(notify, 1, id, request, &refusal);
    json_decref(request);
    return error;
}

static void queue_event(int64_t id, int64_t alert_id, enum alert_transition transition)
{
    struct alert_event event = {.id = id, .transition = transition, .at_ms = 1795166248000};
    event.alert = (struct alert){.id = alert_id,
                                 .org = 1,
                                 .rule_key = "cpu",
                                 .host_id = 3,
                                 .host_name = "web-1",
                                 .labels = "{}",
                                 .state = transition == TRANSITION_RESOLVED ? ALERT_RESOLVED
                                                                            : ALERT_FIRING,
                                 .severity = SEVERITY_CRITICAL,
                                 .summary = "web-1: CPU is 95.4 %, over 80 %",
                                 .unit = "%",
                                 .value = 95.4,
                                 .limit = 80,
                                 .since_ms = 1795166188000};
    ck_assert_int_eq(db_begin(db), 0);
    ck_assert_int_eq(notify_queue_event(notify, &event), 0);
    ck_assert_int_eq(db_commit(db), 0);
    notify_wake(notify);
}

static int64_t count(const char *sql)
{
    return state_test_count(db, sql);
}

static int take_text(const struct db_row *row, void *arg)
{
    text_copy(arg, 512, db_row_text(row, 0));
    return 0;
}

/* Waits until the outbox says so; the deadline is for a broken program only. */
static void wait_for(const char *sql, int64_t wanted)
{
    mono_t until = clock_mono_ms() + FAKE_WAIT_MS;
    while (count(sql) != wanted && clock_mono_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    ck_assert_int_eq(count(sql), wanted);
}

#define DELIVERED "SELECT COUNT(*) FROM outbox WHERE state = 'delivered'"
#define FAILED    "SELECT COUNT(*) FROM outbox WHERE state = 'failed'"
#define TRIED     "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND attempts = 1"

static void check_answer(const char *wanted)
{
    char answer[512] = "";
    db_run(db, "SELECT last_answer FROM outbox ORDER BY id LIMIT 1", DB_NO_ARGS, take_text,
           answer);
    ck_assert_msg(strstr(answer, wanted) != NULL, "%s", answer);
}

static const char *const ok[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"};

START_TEST(a_webhook_gets_a_signed_message)
{
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){ok, 1});
    char config[256];
    snprintf(config, sizeof(config),
             "{\"url\":\"http://127.0.0.1:%d/in?a=1\",\"headers\":{\"X-Team\":\"ops\",\"X-No\":"
             "\"\"}}",
             fake_server_port(server));
    add_channel("webhook", "hook", config, "{\"signing_key\":\"k3y\"}");
    settings_put(db, 1, SETTING_PUBLIC_URL, "https://mon.example.com/");
    queue_event(9, 7, TRANSITION_FIRED);
    ck_assert_int_eq(notify_start(notify), 0); /* begins with what is queued */
    const char *request = fake_server_wait(server, 0);
    ck_assert_ptr_nonnull(request);
    ck_assert(text_has_prefix(request, "POST /in?a=1 HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nX-Team: ops\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nX-No:\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nUser-Agent: sentora-server/"));
    ck_assert_ptr_nonnull(
        strstr(request, "\r\nIdempotency-Key: alert-7-event-9-channel-1-1795166248000\r\n"));

    const char *body = strstr(request, "\r\n\r\n") + 4;
    const char *stamp = strstr(request, "X-Sentora-Timestamp: ") + 21;
    char hex[WEBHOOK_SIGNATURE_SIZE], expected[128];
    webhook_sign("k3y", atoll(stamp), body, strlen(body), hex);
    snprintf(expected, sizeof(expected), "\r\nX-Sentora-Signature: sha256=%s\r\n", hex);
    ck_assert_ptr_nonnull(strstr(request, expected));

    json_t *json = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(json, "event")), "fired");
    ck_assert_str_eq(json_string_value(json_object_get(json, "link")),
                     "https://mon.example.com/hosts/3");
    json_t *alert = json_object_get(json, "alert");
    ck_assert_int_eq(json_integer_value(json_object_get(alert, "id")), 7);
    ck_assert_str_eq(json_string_value(json_object_get(alert, "severity")), "critical");
    ck_assert(json_is_null(json_object_get(alert, "resolved_ms")));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "host"), "name")),
                     "web-1");
    json_decref(json);

    wait_for(DELIVERED, 1);
    check_answer("HTTP 200: hi");
    ck_assert_int_eq(count("SELECT COUNT(*) FROM channels WHERE last_delivered_ms > 0"), 1);
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(acknowledging_is_not_told)
{
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){ok, 1});
    add_webhook("hook", server);
    queue_event(9, 7, TRANSITION_ACKNOWLEDGED);
    ck_assert_int_eq(count("SELECT COUNT(*) FROM outbox"), 0);
    queue_event(10, 7, TRANSITION_FIRED);
    queue_event(10, 7, TRANSITION_FIRED); /* the same again is one message */
    ck_assert_int_eq(count("SELECT COUNT(*) FROM outbox"), 1);
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(some_answers_fail_for_good)
{
    static const char *const answers[] = {
        "HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"};
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){answers, 2});
    add_webhook("hook", server);
    ck_assert_int_eq(notify_start(notify), 0);
    queue_event(1, 1, TRANSITION_FIRED);
    wait_for(FAILED, 1);
    check_answer("HTTP 404");
    queue_event(2, 2, TRANSITION_FIRED);
    wait_for(FAILED, 2);
    ck_assert_uint_eq(fake_server_count(server), 2);
    ck_assert_int_eq(count("SELECT failures FROM channels"), 2);
    notify_stop(notify); /* counts come after the row */
    struct notify_stats stats;
    notify_read_stats(notify, &stats);
    ck_assert_uint_eq(stats.failed, 2);
    ck_assert_int_eq(stats.queued, 0);
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(others_are_tried_again_with_the_same_key)
{
    static const char *const answers[] = {"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"};
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){answers, 2});
    int64_t channel = add_webhook("hook", server);
    ck_assert_int_eq(notify_start(notify), 0);
    queue_event(1, 1, TRANSITION_FIRED);
    queue_event(2, 1, TRANSITION_RESOLVED);
    wait_for(TRIED, 1);
    check_answer("HTTP 503: busy");
    ck_assert_uint_eq(fake_server_count(server), 1); /* the recovery waits for its turn */
    ck_assert_int_eq(update_channel(channel, "{\"enabled\":true}"), 0); /* goes at once */
    wait_for(DELIVERED, 2);
    const char *first = strstr(fake_server_wait(server, 0), "Idempotency-Key: ");
    const char *second = strstr(fake_server_wait(server, 1), "Idempotency-Key: ");
    ck_assert_int_eq(strncmp(first, second, 50), 0);
    ck_assert_ptr_nonnull(strstr(fake_server_wait(server, 2), "\"event\":\"resolved\""));
    ck_assert_int_eq(count("SELECT attempts FROM outbox ORDER BY id LIMIT 1"), 2);
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(retry_after_holds_the_channel)
{
    static const char *const answers[] = {
        "HTTP/1.1 429 Slow\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n"};
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){answers, 1});
    add_webhook("hook", server);
    msec_t before = clock_wall_ms();
    queue_event(1, 1, TRANSITION_FIRED);
    ck_assert_int_eq(notify_start(notify), 0);
    wait_for(TRIED, 1);
    ck_assert_int_ge(count("SELECT MIN(next_ms) FROM outbox"), before + 7200 * MSEC_SECOND);
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(old_messages_fail)
{
    static const char *const answers[] = {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"};
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){answers, 1});
    add_webhook("hook", server);
    queue_event(1, 1, TRANSITION_FIRED);
    db_run(db, "UPDATE outbox SET created_ms = created_ms - 86400000", DB_NO_ARGS, NULL, NULL);
    ck_assert_int_eq(notify_start(notify), 0);
    wait_for(FAILED, 1);
    check_answer("HTTP 500");
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(an_endless_answer_is_cut)
{
    setup();
    size_t size = 300 * 1024;
    char *text = malloc(size + 64);
    int head = snprintf(text, 64, "HTTP/1.1 200 OK\r\n\r\n");
    memset(text + head, 'x', size);
    text[(size_t)head + size] = '\0';
    const char *answers[] = {text};
    struct fake_server *server = fake_http_start(&(struct fake_http){answers, 1});
    add_webhook("hook", server);
    ck_assert_int_eq(notify_start(notify), 0);
    queue_event(1, 1, TRANSITION_FIRED);
    wait_for(DELIVERED, 1);
    fake_server_stop(server);
    free(text);
    teardown();
}
END_TEST

START_TEST(mail_has_what_mail_needs)
{
    setup();
    struct fake_server *server = fake_smtp_start(&(struct fake_smtp){0});
    add_email("mail", server, "");
    queue_event(9, 7, TRANSITION_FIRED);
    queue_event(10, 7, TRANSITION_RESOLVED);
    ck_assert_int_eq(notify_start(notify), 0);
    const char *mail = fake_server_wait(server, 0);
    ck_assert_ptr_nonnull(mail);
    ck_assert_ptr_nonnull(strstr(mail, "MAIL FROM:<mon@example.com>"));
    ck_assert_ptr_nonnull(strstr(mail, "RCPT TO:<ann@example.com>"));
    ck_assert_ptr_nonnull(strstr(mail, "RCPT TO:<bob@example.com>"));
    static const char *const headers[] = {
        "\r\nDate: ",
        "\r\nFrom: Sentora <mon@example.com>\r\n",
        "\r\nTo: <ann@example.com>,\r\n <bob@example.com>\r\n",
        "\r\nSubject: [CRITICAL] web-1: CPU is 95.4 %, over 80 %\r\n",
        "\r\nMessage-ID: <alert-7-event-9-channel-1-1795166248000@example.com>\r\n",
        "\r\nReferences: <alert-7-1795166188000@example.com>\r\n",
        "\r\nMIME-Version: 1.0\r\n",
        "\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "\r\nContent-Type: text/html; charset=utf-8\r\n",
        "\r\nValue        95.4 %\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        ck_assert_msg(strstr(mail, headers[i]) != NULL, "%s\n%s", headers[i], mail);
    const char *recovery = fake_server_wait(server, 1);
    ck_assert_ptr_nonnull(strstr(recovery, "\r\nSubject: [RESOLVED] web-1"));
    ck_assert_ptr_nonnull(strstr(recovery, "\r\nIn-Reply-To: <alert-7-1795166188000@exam"));
    wait_for(DELIVERED, 2);
    check_answer("250 2.0.0 Ok: queued as 1");
    fake_server_stop(server);
    teardown();
}
END_TEST

static void check_mail(const struct fake_smtp *script, const char *rest, const char *wait_sql,
                       const char *answer)
{
    setup();
    struct fake_server *server = fake_smtp_start(script);
    add_email("mail", server, rest);
    queue_event(1, 1, TRANSITION_FIRED);
    ck_assert_int_eq(notify_start(notify), 0);
    wait_for(wait_sql, 1);
    check_answer(answer);
    fake_server_stop(server);
    teardown();
}

START_TEST(mail_servers_refuse_for_good_or_for_now)
{
    static const struct fake_smtp nobody = {.rcpt = "550 5.1.1 Unknown user\r\n"};
    static const struct fake_smtp later = {.rcpt = "451 4.7.1 Greylisted\r\n"};
    static const struct fake_smtp sender = {.mail = "553 5.7.1 Not you\r\n"};
    static const struct fake_smtp spam = {.end_of_data = "554 5.7.1 Spam\r\n"};
    static const struct fake_smtp full = {.end_of_data = "452 4.3.1 Full\r\n"};
    static const struct fake_smtp one = {.refuse = "bob@", .refusal = "550 5.1.1 No Bob\r\n"};
    check_mail(&nobody, "", FAILED, "550 5.1.1 Unknown user");
    check_mail(&later, "", TRIED, "451 4.7.1 Greylisted");
    check_mail(&sender, "", FAILED, "553 5.7.1 Not you");
    check_mail(&spam, "", FAILED, "554 5.7.1 Spam");
    check_mail(&full, "", TRIED, "452 4.3.1 Full");
    check_mail(&one, "", DELIVERED, "1 recipients refused: 550 5.1.1 No Bob");
}
END_TEST

START_TEST(mail_is_not_sent_in_clear_where_tls_was_asked_for)
{
    setup();
    struct fake_server *server = fake_smtp_start(&(struct fake_smtp){0});
    char config[256];
    snprintf(config, sizeof(config),
             "{\"server\":\"127.0.0.1\",\"port\":%d,\"username\":\"u\",\"from\":\"a@b.c\","
             "\"to\":[\"d@e.f\"]}",
             fake_server_port(server));
    add_channel("email", "mail", config, "{\"password\":\"p\"}");
    queue_event(1, 1, TRANSITION_FIRED);
    ck_assert_int_eq(notify_start(notify), 0);
    wait_for(TRIED, 1);
    check_answer("does not offer STARTTLS");
    ck_assert_uint_eq(fake_server_count(server), 0);
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(a_dead_channel_delays_no_other)
{
    setup();
    struct fake_server *silent = fake_silent_start();
    struct fake_server *clinging =
        fake_smtp_start(&(struct fake_smtp){.rcpt = "550 5.1.1 No\r\n", .ignores_quit = true});
    struct fake_server *server = fake_http_start(&(struct fake_http){ok, 1});
    add_webhook("a silent one", silent);
    add_email("b clinging one", clinging, "");
    add_webhook("c good one", server);
    ck_assert_int_eq(notify_start(notify), 0);
    mono_t begin = clock_mono_ms();
    for (int64_t i = 1; i <= 10; i++)
        queue_event(i, i, TRANSITION_FIRED);
    /* Notices of a channel that fails go to the others as well. */
    wait_for(DELIVERED " AND alert_id IS NOT NULL", 10);
    wait_for(FAILED " AND alert_id IS NOT NULL", 10);
    /* Far below what a wait for one of the dead would take, 10 s at least. */
    ck_assert_int_lt(clock_mono_ms() - begin, 9000);
    ck_assert_int_eq(count("SELECT COUNT(*) FROM outbox WHERE state = 'queued'"
                           " AND alert_id IS NOT NULL"),
                     10);
    teardown();
    fake_server_stop(silent);
    fake_server_stop(clinging);
    fake_server_stop(server);
}
END_TEST

START_TEST(what_was_under_way_goes_on_after_a_restart)
{
    setup();
    struct fake_server *silent = fake_silent_start();
    int64_t channel = add_webhook("hook", silent);
    queue_event(1, 1, TRANSITION_FIRED);
    ck_assert_int_eq(notify_start(notify), 0);
    close_parts();
    ck_assert_int_eq(count("SELECT COUNT(*) FROM outbox WHERE state = 'queued'"), 1);

    struct fake_server *server = fake_http_start(&(struct fake_http){ok, 1});
    char text[128];
    snprintf(text, sizeof(text), "{\"config\":{\"url\":\"http://127.0.0.1:%d\"}}",
             fake_server_port(server));
    open_parts();
    ck_assert_int_eq(update_channel(channel, text), 0);
    ck_assert_int_eq(notify_start(notify), 0);
    wait_for(DELIVERED, 1);
    fake_server_stop(silent);
    fake_server_stop(server);
    teardown();
}
END_TEST

START_TEST(what_cannot_be_stored_is_not_sent_again)
{
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){ok, 1});
    add_webhook("hook", server);
    db_run(db,
           "CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END",
           DB_NO_ARGS, NULL, NULL);
    ck_assert_int_eq(notify_start(notify), 0);
    queue_event(1, 1, TRANSITION_FIRED);
    ck_assert_ptr_nonnull(fake_server_wait(server, 0));
    queue_event(2, 2, TRANSITION_FIRED); /* the thread looks at the outbox again */
    ck_assert_ptr_nonnull(fake_server_wait(server, 1));
    ck_assert_int_eq(count("SELECT SUM(attempts) FROM outbox"), 0);
    db_run(db, "DROP TRIGGER full", DB_NO_ARGS, NULL, NULL);
    notify_wake(notify);
    wait_for(DELIVERED, 2);
    ck_assert_uint_eq(fake_server_count(server), 2);
    fake_server_stop(server);
    teardown();
}
END_TEST

/* -- the test button -- */

struct tested {
    pthread_mutex_t lock;
    pthread_cond_t done;
    int calls;
    bool delivered;
    char answer[256];
};

static void note_test(const struct notify_test_result *result, void *arg)
{
    struct tested *tested = arg;
    pthread_mutex_lock(&tested->lock);
    tested->calls++;
    tested->delivered = result->delivered;
    text_copy(tested->answer, sizeof(tested->answer), result->answer);
    pthread_cond_signal(&tested->done);
    pthread_mutex_unlock(&tested->lock);
}

static void wait_test(struct tested *tested, int calls)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FAKE_WAIT_MS / 1000;
    pthread_mutex_lock(&tested->lock);
    while (tested->calls < calls &&
           pthread_cond_timedwait(&tested->done, &tested->lock, &until) == 0)
        ;
    ck_assert_int_eq(tested->calls, calls);
    pthread_mutex_unlock(&tested->lock);
}

START_TEST(a_test_says_what_the_receiver_said)
{
    setup();
    struct tested tested = {.lock = PTHREAD_MUTEX_INITIALIZER,
                            .done = PTHREAD_COND_INITIALIZER};
    struct fake_server *server = fake_smtp_start(&(struct fake_smtp){0});
    struct fake_server *silent = fake_silent_start();
    int64_t mail = add_email("mail", server, ""), dead = add_webhook("dead", silent);
    int64_t closed = add_channel("webhook", "closed", "{\"url\":\"http://127.0.0.1:1\"}", "{}");
    ck_assert_int_eq(notify_test_channel(notify, 1, mail, note_test, &tested), -EAGAIN);
    ck_assert_int_eq(notify_start(notify), 0);
    ck_assert_int_eq(notify_test_channel(notify, 2, mail, note_test, &tested), -ENOENT);
    ck_assert_int_eq(notify_test_channel(notify, 1, mail, note_test, &tested), 0);
    wait_test(&tested, 1);
    ck_assert(tested.delivered);
    ck_assert_str_eq(tested.answer, "250 2.0.0 Ok: queued as 1");
    ck_assert_ptr_nonnull(strstr(fake_server_wait(server, 0), "\r\nSubject: "));
    ck_assert_int_eq(count("SELECT COUNT(*) FROM outbox"), 0);

    ck_assert_int_eq(notify_test_channel(notify, 1, closed, note_test, &tested), 0);
    wait_test(&tested, 2);
    ck_assert(!tested.delivered);
    ck_assert_ptr_nonnull(strstr(tested.answer, "refused"));

    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(notify_test_channel(notify, 1, dead, note_test, &tested), 0);
    ck_assert_int_eq(notify_test_channel(notify, 1, dead, note_test, &tested), -EAGAIN);
    teardown();
    ck_assert_int_eq(tested.calls, 10);
    ck_assert_str_eq(tested.answer, "the server is stopping");
    fake_server_stop(server);
    fake_server_stop(silent);
}
END_TEST

/* -- channels as people make them -- */

static int create(const char *text, struct refusal *refusal)
{
    int64_t id;
    json_t *request = json_loads(text, JSON_DECODE_ANY, NULL);
    int error = notify_channel_create(notify, 1, request, &id, refusal);
    json_decref(request);
    return error;
}

static void check_shown(int64_t id, const char *wanted)
{
    struct buf out;
    struct json json;
    buf_init(&out, 65536);
    json_init(&json, &out);
    ck_assert_int_eq(notify_channel_write(notify, 1, id, &json), 0);
    ck_assert_str_eq(buf_text(&out), wanted);
    buf_deinit(&out);
}

START_TEST(secrets_go_in_and_never_come_out)
{
    setup();
    int64_t id = add_channel("webhook", "hook", "{\"url\":\"http://a\"}",
                             "{\"signing_key\":\"hunter2\"}");
    const char *shown =
        "{\"id\":1,\"kind\":\"webhook\",\"name\":\"hook\",\"enabled\":true,"
        "\"config\":{\"url\":\"http://a\"},\"has_secrets\":[\"signing_key\"],"
        "\"last_delivered_ms\":null,\"last_failed_ms\":null,\"last_error\":\"\","
        "\"queued\":0,\"failed\":0}";
    check_shown(id, shown);
    ck_assert_int_eq(count("SELECT COUNT(*) FROM channels WHERE"
                           " instr(CAST(secrets AS TEXT), 'hunter2') > 0"),
                     0);
    ck_assert_int_eq(update_channel(id, "{\"name\":\"hook\",\"secrets\":{}}"), 0);
    check_shown(id, shown);
    ck_assert_int_eq(
        update_channel(id, "{\"enabled\":false,\"secrets\":{\"signing_key\":null}}"), 0);
    check_shown(id, "{\"id\":1,\"kind\":\"webhook\",\"name\":\"hook\",\"enabled\":false,"
                    "\"config\":{\"url\":\"http://a\"},\"has_secrets\":[],"
                    "\"last_delivered_ms\":null,\"last_failed_ms\":null,\"last_error\":\"\","
                    "\"queued\":0,\"failed\":0}");
    struct json json;
    struct buf out;
    buf_init(&out, 65536);
    json_init(&json, &out);
    ck_assert_int_eq(notify_channel_write(notify, 2, id, &json), -ENOENT);
    ck_assert_int_eq(notify_channels_write(notify, 2, &json), 0);
    ck_assert_str_eq(buf_text(&out), "[]");
    buf_deinit(&out);
    ck_assert_int_eq(notify_channel_delete(notify, 2, id), -ENOENT);
    ck_assert_int_eq(notify_channel_delete(notify, 1, id), 0);
    teardown();
}
END_TEST

START_TEST(switching_off_fails_what_waits)
{
    setup();
    struct fake_server *silent = fake_silent_start();
    int64_t id = add_webhook("hook", silent);
    queue_event(1, 1, TRANSITION_FIRED);
    ck_assert_int_eq(update_channel(id, "{\"enabled\":false}"), 0);
    check_answer("switched off");
    ck_assert_int_eq(count(FAILED), 1);
    queue_event(2, 1, TRANSITION_RESOLVED);
    ck_assert_int_eq(count("SELECT COUNT(*) FROM outbox"), 1);

    struct buf out;
    struct json json;
    buf_init(&out, 65536);
    json_init(&json, &out);
    ck_assert_int_eq(notify_deliveries_write(notify, 1, 1, &json), 0);
    ck_assert(text_has_prefix(buf_text(&out), "[{\"channel\":\"hook\",\"state\":\"failed\","
                                              "\"attempts\":0,\"next_ms\":null,"));
    buf_deinit(&out);
    fake_server_stop(silent);
    teardown();
}
END_TEST

START_TEST(refuses_bad_requests_by_field)
{
    setup();
    char letters[102] = "", name[256];
    struct refusal refusal = {0};
    memset(letters, 'n', sizeof(letters) - 1);
    snprintf(name, sizeof(name), "{\"kind\":\"webhook\",\"name\":\"%s\"}", letters);
    const struct {
        const char *request, *field;
    } bad[] = {
        {"5", ""},
        {"{}", "kind"},
        {"{\"kind\":\"pigeon\"}", "kind"},
        {"{\"kind\":[]}", "kind"},
        {"{\"kind\":\"email\"}", "name"},
        {"{\"kind\":\"email\",\"name\":\"\"}", "name"},
        {"{\"kind\":\"email\",\"name\":\"a\\nb\"}", "name"},
        {name, "name"},
        {"{\"kind\":\"email\",\"name\":\"a\",\"enabled\":1}", "enabled"},
        {"{\"kind\":\"email\",\"name\":\"a\",\"config\":[]}", "config"},
        {"{\"kind\":\"email\",\"name\":\"a\",\"secrets\":5}", "secrets"},
        {"{\"kind\":\"webhook\",\"name\":\"a\",\"config\":{\"url\":\"http://a\"},"
         "\"secrets\":{\"signing_key\":5}}",
         "secrets.signing_key"},
        {"{\"kind\":\"email\",\"name\":\"a\"}", "config.server"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_msg(create(bad[i].request, &refusal) == -EINVAL, "%s", bad[i].request);
        ck_assert_msg(text_is(refusal.field, bad[i].field), "%s: %s", bad[i].request,
                      refusal.field);
        ck_assert_str_ne(refusal.problem.text, "");
    }
    ck_assert_int_eq(create("{\"kind\":\"email\",\"name\":\"a\",\"id\":5}", &refusal),
                     -EBADMSG);
    ck_assert_str_eq(refusal.field, "id");
    int64_t id = add_channel("webhook", "hook", "{\"url\":\"http://a\"}", "{}");
    ck_assert_int_eq(create("{\"kind\":\"webhook\",\"name\":\"hook\",\"config\":{\"url\":"
                            "\"http://a\"}}",
                            &refusal),
                     -EEXIST);
    ck_assert_str_eq(refusal.field, "name");
    ck_assert_int_eq(update_channel(id, "{\"kind\":\"email\"}"), -EINVAL);
    ck_assert_int_eq(update_channel(id, "{\"config\":{}}"), -EINVAL);
    ck_assert_int_eq(update_channel(id + 1, "{}"), -ENOENT);
    ck_assert_int_eq(count("SELECT COUNT(*) FROM channels WHERE config LIKE '%http://a%'"), 1);
    teardown();
}
END_TEST

START_TEST(a_lost_key_is_said)
{
    setup();
    struct fake_server *server = fake_http_start(&(struct fake_http){ok, 1});
    add_webhook("hook", server);
    db_run(db, "UPDATE channels SET secrets = x'00'", DB_NO_ARGS, NULL, NULL);
    queue_event(1, 1, TRANSITION_FIRED);
    ck_assert_int_eq(notify_start(notify), 0);
    wait_for(TRIED, 1);
    check_answer("enter them again");
    db_run(db, "UPDATE outbox SET message = 'x'", DB_NO_ARGS, NULL, NULL);
    ck_assert_int_eq(update_channel(1, "{}"), 0);
    wait_for(FAILED, 1);
    check_answer("cannot be read");
    fake_server_stop(server);
    teardown();
}
END_TEST

UNIT_MAIN("notify", a_webhook_gets_a_signed_message, acknowledging_is_not_told,
          some_answers_fail_for_good, others_are_tried_again_with_the_same_key,
          retry_after_holds_the_channel, old_messages_fail, an_endless_answer_is_cut,
          mail_has_what_mail_needs, mail_servers_refuse_for_good_or_for_now,
          mail_is_not_sent_in_clear_where_tls_was_asked_for, a_dead_channel_delays_no_other,
          what_was_under_way_goes_on_after_a_restart, what_cannot_be_stored_is_not_sent_again,
          a_test_says_what_the_receiver_said, secrets_go_in_and_never_come_out,
          switching_off_fails_what_waits, refuses_bad_requests_by_field, a_lost_key_is_said)
