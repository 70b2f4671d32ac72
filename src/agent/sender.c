/* SPDX-License-Identifier: MIT */
/*
 * pump() decides what to send, on_answer() what the answer means; every path ends in a timer
 * for the next pump() or in a request under way.
 *
 *   state        entered by                                 left by
 *   -----------  -----------------------------------------  --------------------------------
 *   not enrolled start without token; 401/403 on a write    200 on enrolment
 *   here         any 2xx                                    go_away()
 *   away         no answer, or none of 2xx, 400, 413, 422   come_back() on one of these
 */
#include "agent/sender.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/answer.h"
#include "agent/backoff.h"
#include "agent/enrolment.h"
#include "agent/outbox.h"
#include "agent/replay.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

#define BACKOFF_FIRST      MSEC_SECOND
#define BACKOFF_MAX        MSEC_MINUTE
#define RETRY_AFTER_MAX    MSEC_HOUR
#define REENROL_PERIOD     MSEC_MINUTE
#define NAME_TAKEN_PERIOD  (5 * MSEC_MINUTE)
#define REPLAY_PAUSE       ((mspan_t)200)
#define CONNECT_TIMEOUT    (10 * MSEC_SECOND)
#define REQUEST_TIMEOUT    (30 * MSEC_SECOND)
#define RESPONSE_MAX_BYTES ((size_t)64 * 1024)
#define LOG_TEXT_SIZE      400

enum task {
    TASK_NONE,
    TASK_ENROL,
    TASK_LIVE,
    TASK_REPORT,
    TASK_REPLAY
};

struct sender {
    struct sender_options options;
    struct http_client *client;
    struct loop_timer *timer;
    enum task task;         /* under way */
    struct parcel *sending; /* owned; TASK_LIVE */
    struct outbox outbox;
    struct buf report;  /* empty = none waits */
    bool report_is_new; /* replaced while it was being sent */
    struct replay replay;
    struct backoff backoff;
    mono_t next_attempt, next_enrolment, next_replay;
    mono_t away_since;
    bool is_enrolled, says_unauthorized;
    loop_fn *drained; /* not NULL = draining */
    void *drained_arg;
    struct sender_stats stats;
};

static void pump(void *arg);
static void on_answer(const struct http_response *response, void *arg);

static void wake_at(struct sender *sender, mono_t at)
{
    mono_t now = clock_mono_ms();
    loop_timer_stop(sender->timer);
    sender->timer =
        loop_timer_once(sender->options.loop, at > now ? at - now : 0, pump, sender);
}

int sender_new(const struct sender_options *options, struct sender **out_sender,
               struct problem *problem)
{
    struct http_client_options client = {.url = options->url,
                                         .verify = options->verify,
                                         .user_agent = "sentora-agent/" SENTORA_VERSION,
                                         .connect_timeout = CONNECT_TIMEOUT,
                                         .request_timeout = REQUEST_TIMEOUT,
                                         .response_max_bytes = RESPONSE_MAX_BYTES};
    struct sender *sender = memory_calloc(1, sizeof(*sender));
    sender->options = *options;
    int error = http_client_new(options->loop, &client, &sender->client, problem);
    if (error != 0) {
        free(sender);
        return error;
    }
    outbox_init(&sender->outbox, options->spool);
    buf_init(&sender->report, (size_t)1024 * 1024);
    backoff_init(&sender->backoff, BACKOFF_FIRST, BACKOFF_MAX);
    replay_init(&sender->replay, options->spool);
    sender->is_enrolled = identity_is_enrolled(options->identity, options->url, options->name);
    wake_at(sender, 0);
    *out_sender = sender;
    return 0;
}

/* ---- what is to be sent ---- */

void sender_push(struct sender *sender, const struct spool_record *record)
{
    outbox_push(&sender->outbox, record);
    if (sender->stats.is_away)
        outbox_spill(&sender->outbox);
    if (sender->task == TASK_NONE)
        pump(sender);
}

void sender_set_report(struct sender *sender, const void *json, size_t len)
{
    buf_reset(&sender->report);
    buf_append(&sender->report, json, len);
    sender->report_is_new = true;
    if (sender->task == TASK_NONE)
        pump(sender);
}

void sender_free(struct sender *sender)
{
    if (sender == NULL)
        return;
    loop_timer_stop(sender->timer);
    http_client_free(sender->client);
    if (sender->sending != NULL)
        outbox_return(&sender->outbox, sender->sending);
    outbox_deinit(&sender->outbox);
    buf_deinit(&sender->report);
    replay_deinit(&sender->replay);
    free(sender);
}

/* ---- here and away ---- */

static void come_back(struct sender *sender)
{
    char span[64];
    if (sender->stats.is_away)
        log_info("sender", "server is back server=%s after=%s", sender->options.url,
                 clock_format_span(clock_mono_ms() - sender->away_since, span, sizeof(span)));
    sender->stats.is_away = false;
    backoff_reset(&sender->backoff);
    sender->next_attempt = 0;
}

static void note_away(struct sender *sender, const struct http_response *response)
{
    char text[LOG_TEXT_SIZE];
    if (sender->stats.is_away) {
        log_debug("sender", "still away: %s", answer_text(response, text, sizeof(text)));
        return;
    }
    sender->stats.is_away = true;
    sender->away_since = clock_mono_ms();
    log_warn("sender", "server is away, keeping samples server=%s: %s", sender->options.url,
             answer_text(response, text, sizeof(text)));
}

/* Nothing was taken: everything waits, and longer every time. */
static void go_away(struct sender *sender, const struct http_response *response)
{
    const char *asked = response->error == HTTP_CLIENT_OK
                            ? http_response_header(response, "Retry-After")
                            : NULL;
    note_away(sender, response);
    mspan_t wait = backoff_fail(&sender->backoff, random_unit(),
                                backoff_retry_after(asked, RETRY_AFTER_MAX));
    sender->next_attempt = clock_mono_ms() + wait;
    sender->stats.requests_failed++;
    outbox_spill(&sender->outbox);
}

/* The host token is not good (any more): enrol again, at most once a minute. */
static void lose_token(struct sender *sender, const struct http_response *response)
{
    char text[LOG_TEXT_SIZE];
    sender->is_enrolled = false;
    sender->next_enrolment = MAX_OF(sender->next_enrolment, clock_mono_ms());
    if (!sender->says_unauthorized)
        log_error("sender", "server does not accept this host's token, %s server=%s: %s",
                  sender->options.token != NULL
                      ? "enrolling again"
                      : "make a new one on the page \"Add a host\" and give it as server.token",
                  sender->options.url, answer_text(response, text, sizeof(text)));
    sender->says_unauthorized = true;
    note_away(sender, response);
    sender->stats.requests_failed++;
    outbox_spill(&sender->outbox);
}

/* ---- sending ---- */

static const char *path_of(enum task task)
{
    return task == TASK_ENROL    ? "/api/v1/enroll"
           : task == TASK_REPORT ? "/api/v1/report"
                                 : "/api/v1/write";
}

static void post(struct sender *sender, enum task task, const void *body, size_t len)
{
    char bearer[IDENTITY_TOKEN_SIZE + 16];
    const char *token =
        task == TASK_ENROL ? sender->options.token : sender->options.identity->token;
    bool is_json = task == TASK_ENROL || task == TASK_REPORT;
    (void)snprintf(bearer, sizeof(bearer), "Bearer %s", token);
    const struct http_header headers[] = {
        {"Authorization", bearer},
        {"Content-Type", is_json ? "application/json" : "application/x-protobuf"},
        {"Content-Encoding", "snappy"},
        {"X-Prometheus-Remote-Write-Version", "0.1.0"},
    };
    assert(sender->task == TASK_NONE);
    sender->task = task;
    int error = http_client_send(sender->client,
                                 &(struct http_client_request){.method = HTTP_POST,
                                                               .path = path_of(task),
                                                               .headers = headers,
                                                               .n_headers = is_json ? 2 : 4,
                                                               .body = body,
                                                               .len = len},
                                 on_answer, sender);
    if (error != 0) {
        struct http_response failed = {.error = HTTP_CLIENT_BROKEN, .detail = strerror(-error)};
        on_answer(&failed, sender);
    }
}

static void send_enrolment(struct sender *sender)
{
    struct buf body;
    buf_init(&body, 4096);
    enrolment_write(sender->options.identity, sender->options.name, &body);
    sender->next_enrolment = clock_mono_ms() + REENROL_PERIOD;
    post(sender, TASK_ENROL, body.data, body.len);
    buf_deinit(&body);
}

static void send_live(struct sender *sender)
{
    sender->sending = outbox_pop(&sender->outbox);
    post(sender, TASK_LIVE, sender->sending->body, sender->sending->len);
}

static void send_report(struct sender *sender)
{
    sender->report_is_new = false;
    post(sender, TASK_REPORT, sender->report.data, sender->report.len);
}

static void send_replay(struct sender *sender)
{
    const struct buf *body = &sender->replay.body;
    if (replay_fill(&sender->replay, clock_wall_ms()))
        post(sender, TASK_REPLAY, body->data, body->len);
    else if (outbox_has_spooled(&sender->outbox))
        wake_at(sender, clock_mono_ms() + BACKOFF_MAX); /* the disk does not let us read */
}

bool sender_is_drained(const struct sender *sender)
{
    return outbox_is_clear(&sender->outbox) && sender->sending == NULL &&
           sender->report.len == 0;
}

static void end_drain(struct sender *sender)
{
    loop_fn *drained = sender->drained;
    sender->drained = NULL;
    drained(sender->drained_arg);
}

void sender_drain(struct sender *sender, loop_fn *done, void *arg)
{
    assert(sender->drained == NULL);
    sender->drained = done;
    sender->drained_arg = arg;
    wake_at(sender, 0);
}

static void pump(void *arg)
{
    struct sender *sender = arg;
    mono_t now = clock_mono_ms();
    if (sender->task != TASK_NONE)
        return;
    if (sender->drained != NULL && (sender->stats.is_away || sender_is_drained(sender))) {
        end_drain(sender);
    } else if (sender->next_attempt > now) {
        wake_at(sender, sender->next_attempt);
    } else if (!sender->is_enrolled) {
        if (sender->options.token == NULL)
            return; /* lose_token() said what to do */
        if (sender->next_enrolment > now)
            wake_at(sender, sender->next_enrolment);
        else
            send_enrolment(sender);
    } else if (!outbox_is_clear(&sender->outbox)) {
        send_live(sender);
    } else if (sender->report.len > 0 &&
               !(sender->stats.is_away && outbox_has_spooled(&sender->outbox))) {
        send_report(sender);
    } else if (sender->drained == NULL && outbox_has_spooled(&sender->outbox)) {
        if (sender->next_replay > now)
            wake_at(sender, sender->next_replay);
        else
            send_replay(sender);
    }
}

/* ---- answers ---- */

static void on_enrolled(struct sender *sender, const struct http_response *response)
{
    struct identity *identity = sender->options.identity;
    char token[IDENTITY_TOKEN_SIZE];
    if (enrolment_read(response->body, response->body_len, token) != 0) {
        struct http_response strange = {.error = HTTP_CLIENT_MALFORMED,
                                        .detail = "the answer to the enrolment has no token"};
        go_away(sender, &strange);
        return;
    }
    text_copy(identity->token, sizeof(identity->token), token);
    text_copy(identity->server, sizeof(identity->server), sender->options.url);
    text_copy(identity->name, sizeof(identity->name), sender->options.name);
    int error = identity_save(sender->options.state, identity);
    if (error != 0)
        log_warn("sender",
                 "cannot keep the token, will enrol again after a restart state=%s: %s",
                 sender->options.state, strerror(-error));
    sender->is_enrolled = true;
    sender->says_unauthorized = false;
    log_info("sender", "enrolled name=%s server=%s", sender->options.name, sender->options.url);
    come_back(sender);
}

static void on_enrolment_refused(struct sender *sender, const struct http_response *response,
                                 enum answer answer)
{
    char text[LOG_TEXT_SIZE];
    bool is_taken = response->error == HTTP_CLIENT_OK && response->status == 409;
    if (!is_taken && answer != ANSWER_UNAUTHORIZED && answer != ANSWER_REFUSED) {
        go_away(sender, response);
        return;
    }
    answer_text(response, text, sizeof(text));
    if (is_taken)
        log_error("sender",
                  "the name belongs to another agent: give this one another (agent.name) or "
                  "delete that host on the server name=%s: %s",
                  sender->options.name, text);
    else
        log_error(
            "sender",
            "server refuses to enrol this agent: check server.token, or make a new one on "
            "the page \"Add a host\" server=%s: %s",
            sender->options.url, text);
    note_away(sender, response);
    sender->next_enrolment = clock_mono_ms() + (is_taken ? NAME_TAKEN_PERIOD : REENROL_PERIOD);
    sender->stats.requests_refused++;
    outbox_spill(&sender->outbox);
}

static void log_refusal(struct sender *sender, const struct http_response *response,
                        uint32_t samples)
{
    char text[LOG_TEXT_SIZE];
    sender->stats.requests_refused++;
    log_warn("sender", "server refused for good samples=%u: %s", samples,
             answer_text(response, text, sizeof(text)));
}

/* Halves what was too large and queues both parts, unless it cannot be smaller. */
static void split_sending(struct sender *sender, const struct http_response *response)
{
    struct parcel *halves[2];
    sender->stats.requests_refused++;
    if (parcel_split(sender->sending, halves) != 0) {
        log_refusal(sender, response, sender->sending->n_samples);
        sender->stats.samples_refused += sender->sending->n_samples;
        return;
    }
    outbox_return(&sender->outbox, halves[1]);
    outbox_return(&sender->outbox, halves[0]);
}

static void on_live(struct sender *sender, const struct http_response *response,
                    enum answer answer)
{
    struct parcel *parcel = sender->sending;
    bool is_kept = answer == ANSWER_LATER || answer == ANSWER_UNAUTHORIZED;
    if (is_kept)
        outbox_return(&sender->outbox, parcel);
    if (answer == ANSWER_TAKEN)
        sender->stats.samples_sent += parcel->n_samples;
    else if (answer == ANSWER_TOO_LARGE)
        split_sending(sender, response);
    else if (answer == ANSWER_REFUSED)
        log_refusal(sender, response, parcel->n_samples);
    if (answer == ANSWER_REFUSED)
        sender->stats.samples_refused += parcel->n_samples;
    sender->sending = NULL;
    if (!is_kept)
        free(parcel);
}

/* A report that the server does not take is given up: there is a new one within a minute, and
 * samples do not wait for it. */
static void on_report(struct sender *sender, const struct http_response *response,
                      enum answer answer)
{
    char text[LOG_TEXT_SIZE];
    if (response->error != HTTP_CLIENT_OK || answer == ANSWER_UNAUTHORIZED)
        return;
    if (answer != ANSWER_TAKEN) {
        sender->stats.requests_refused++;
        log_warn("sender", "server did not take the report: %s",
                 answer_text(response, text, sizeof(text)));
    }
    if (!sender->report_is_new)
        buf_reset(&sender->report);
}

/* A single record that is too large goes the way of live parcels, which can be split. */
static void shrink_replay(struct sender *sender)
{
    struct parcel *halves[2];
    uint32_t n_samples = sender->replay.n_samples;
    sender->stats.requests_refused++;
    switch (replay_shrink(&sender->replay, halves)) {
    case REPLAY_SMALLER: break;
    case REPLAY_HALVED:
        outbox_return(&sender->outbox, halves[1]);
        outbox_return(&sender->outbox, halves[0]);
        break;
    case REPLAY_HOPELESS: sender->stats.samples_refused += n_samples; break;
    }
}

static void on_replay(struct sender *sender, const struct http_response *response,
                      enum answer answer)
{
    uint32_t n_samples = sender->replay.n_samples;
    sender->next_replay = clock_mono_ms() + REPLAY_PAUSE;
    switch (answer) {
    case ANSWER_TAKEN:
        sender->stats.samples_sent += n_samples;
        replay_confirm(&sender->replay);
        if (!outbox_has_spooled(&sender->outbox))
            log_info("spool", "everything kept was delivered");
        break;
    case ANSWER_REFUSED:
        log_refusal(sender, response, n_samples);
        sender->stats.samples_refused += n_samples;
        replay_confirm(&sender->replay);
        break;
    case ANSWER_TOO_LARGE: shrink_replay(sender); break;
    case ANSWER_LATER:
    case ANSWER_UNAUTHORIZED: replay_abandon(&sender->replay); break;
    case ANSWER_COUNT: break;
    }
}

static void on_answer(const struct http_response *response, void *arg)
{
    struct sender *sender = arg;
    enum task task = sender->task;
    enum answer answer = answer_of(response);
    sender->task = TASK_NONE;

    switch (task) {
    case TASK_ENROL:
        if (answer == ANSWER_TAKEN)
            on_enrolled(sender, response);
        else
            on_enrolment_refused(sender, response, answer);
        break;
    case TASK_LIVE: on_live(sender, response, answer); break;
    case TASK_REPORT: on_report(sender, response, answer); break;
    case TASK_REPLAY: on_replay(sender, response, answer); break;
    case TASK_NONE: assert(task != TASK_NONE); break;
    }
    bool is_report_only = task == TASK_REPORT && response->error == HTTP_CLIENT_OK;
    if (task != TASK_ENROL && answer == ANSWER_UNAUTHORIZED)
        lose_token(sender, response);
    else if (task != TASK_ENROL && answer == ANSWER_LATER && !is_report_only)
        go_away(sender, response);
    else if (task != TASK_ENROL && answer != ANSWER_LATER)
        come_back(sender);
    sender->stats.requests_ok += answer == ANSWER_TAKEN;
    if (sender->drained != NULL || !sender->is_enrolled || !sender_is_drained(sender) ||
        outbox_has_spooled(&sender->outbox))
        wake_at(sender, 0); /* not at once: the client is still in its callback */
}

struct sender_stats sender_stats(const struct sender *sender)
{
    struct sender_stats stats = sender->stats;
    stats.queue_bytes =
        sender->outbox.queue.bytes + (sender->sending != NULL ? sender->sending->len : 0);
    stats.samples_dropped = sender->outbox.dropped + sender->replay.unusable;
    return stats;
}
