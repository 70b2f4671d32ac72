/* SPDX-License-Identifier: MIT */
/*
 * notify - the thread that empties the outbox.
 *
 * One thread drives all transfers through a libcurl multi handle and sleeps in it; others wake
 * it.  On each turn it starts what is due, moves transfers on, and stores what ended.
 *
 * Invariants
 *  1. A row is in flight at most once: it is started only when no delivery in the list has its id.
 *  2. A delivery leaves the list when its outcome is stored.  While the database refuses to,
 *     it stays, so that what was sent is not sent again.
 *  3. A channel has at most NOTIFY_CHANNEL_MAX deliveries in the list, so that a dead one takes
 *     no places from others.
 */
#include "notify/notify.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "notify/internal.h"
#include "state/settings.h"

#define NOTIFY_TESTS_MAX 8

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

int notify_new(struct db *db, const struct secrets *secrets, struct notify **out_notify)
{
    pthread_once(&curl_once, init_curl);
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        return -ENOMEM;
    struct notify *notify = memory_calloc(1, sizeof(*notify));
    notify->db = db;
    notify->secrets = secrets;
    notify->multi = multi;
    pthread_mutex_init(&notify->lock, NULL);
    *out_notify = notify;
    return 0;
}

void notify_free(struct notify *notify)
{
    if (notify == NULL)
        return;
    assert(!notify->running && notify->in_flight == NULL && notify->tests == NULL);
    curl_multi_cleanup(notify->multi);
    pace_deinit(&notify->pace);
    pthread_mutex_destroy(&notify->lock);
    free(notify);
}

/* -- queueing -- */

void notify_read_public_url(struct db *db, org_id org, char *out, size_t size)
{
    if (settings_get(db, org, SETTING_PUBLIC_URL, out, size) != 0 || !fields_is_url(out))
        out[0] = '\0';
    size_t len = strlen(out);
    while (len > 0 && out[len - 1] == '/')
        out[--len] = '\0';
}

static int queue_on(struct notify *notify, const struct alert_event *event, int64_t channel_id,
                    char *text)
{
    msec_t now = clock_wall_ms();
    struct outbox_item item = {.org = event->alert.org,
                               .channel_id = channel_id,
                               .alert_id = event->alert.id,
                               .event_id = event->id,
                               .message = text,
                               .next_ms = now,
                               .created_ms = now};
    /* The instant keeps keys apart when a server is set up anew and counts from 1 again. */
    snprintf(item.idempotency_key, sizeof(item.idempotency_key),
             "alert-%lld-event-%lld-channel-%lld-%lld", (long long)event->alert.id,
             (long long)event->id, (long long)channel_id, (long long)event->at_ms);
    return outbox_add(notify->db, &item);
}

int notify_queue_event(struct notify *notify, const struct alert_event *event)
{
    assert(db_in_transaction(notify->db));
    if (event->transition == TRANSITION_ACKNOWLEDGED)
        return 0;
    int64_t ids[NOTIFY_ORG_CHANNELS_MAX];
    size_t count;
    int error = channels_enabled(notify->db, event->alert.org, ids, ARRAY_LEN(ids), &count);
    if ((error != 0 && error != -E2BIG) || count == 0)
        return error == -E2BIG ? 0 : error;

    struct message message = {.event = *event};
    notify_read_public_url(notify->db, event->alert.org, message.public_url,
                           sizeof(message.public_url));
    struct buf text;
    struct json json;
    buf_init(&text, MESSAGE_JSON_MAX_BYTES);
    json_init(&json, &text);
    message_write(&message, &json);
    buf_append_char(&text, '\0');
    error = text.error;
    for (size_t i = 0; i < count && error == 0; i++)
        error = queue_on(notify, event, ids[i], text.data);
    buf_deinit(&text);
    return error;
}

void notify_wake(struct notify *notify)
{
    pthread_mutex_lock(&notify->lock);
    notify->woken = true;
    pthread_mutex_unlock(&notify->lock);
    curl_multi_wakeup(notify->multi);
}

/* -- ending -- */

static void log_outcome(const struct delivery *delivery)
{
    const char *channel = delivery->channel.name, *answer = delivery->verdict.answer;
    long long alert = (long long)delivery->item.alert_id;
    long long attempt = (long long)delivery->item.attempts + 1;
    long long took = (long long)delivery->took_ms;
    if (delivery->item.id == 0) {
        log_info("notify", "tested channel=%s delivered=%d took_ms=%lld: %s", channel,
                 delivery->verdict.kind == VERDICT_DELIVERED, took, answer);
        return;
    }
    switch (delivery->verdict.kind) {
    case VERDICT_DELIVERED:
        log_info("notify", "delivered channel=%s alert=%lld attempt=%lld took_ms=%lld", channel,
                 alert, attempt, took);
        break;
    case VERDICT_RETRY:
        log_warn(
            "notify", "delivery failed channel=%s alert=%lld attempt=%lld retry_in_s=%lld: %s",
            channel, alert, attempt, (long long)(delivery->retry_in / MSEC_SECOND), answer);
        break;
    case VERDICT_FAILED:
        log_error("notify", "delivery failed for good channel=%s alert=%lld attempt=%lld: %s",
                  channel, alert, attempt, answer);
        break;
    case VERDICT_KIND_COUNT: break;
    }
}

static void count_outcome(struct notify *notify, const struct delivery *delivery)
{
    pthread_mutex_lock(&notify->lock);
    if (delivery->item.id == 0) {
        notify->n_tests--;
    } else {
        struct notify_stats *stats = &notify->stats;
        stats->attempt_count++;
        stats->attempt_ms += (uint64_t)delivery->took_ms;
        stats->delivered += delivery->verdict.kind == VERDICT_DELIVERED;
        stats->retried += delivery->verdict.kind == VERDICT_RETRY;
        stats->failed += delivery->verdict.kind == VERDICT_FAILED;
    }
    pthread_mutex_unlock(&notify->lock);
}

static void answer_test(const struct delivery *test, const char *answer)
{
    struct notify_test_result result = {.delivered = test->verdict.kind == VERDICT_DELIVERED,
                                        .answer = answer,
                                        .took_ms = test->took_ms};
    test->fn(&result, test->arg);
}

/* True when the outcome is stored and the delivery may go. */
static bool settle(struct notify *notify, struct delivery *delivery)
{
    int error = delivery_store(delivery, notify->db, clock_wall_ms(), random_unit());
    if (error != 0 && delivery->item.id != 0) {
        if (delivery->store_error != error)
            log_error("notify", "cannot store the outcome of a delivery channel=%s: %s",
                      delivery->channel.name, strerror(-error));
        delivery->store_error = error;
        return false;
    }
    log_outcome(delivery);
    count_outcome(notify, delivery);
    if (delivery->item.id == 0)
        answer_test(delivery, delivery->verdict.answer);
    return true;
}

static void read_transfers(struct notify *notify)
{
    int running, left;
    curl_multi_perform(notify->multi, &running);
    for (CURLMsg *note; (note = curl_multi_info_read(notify->multi, &left)) != NULL;) {
        if (note->msg != CURLMSG_DONE)
            continue;
        struct delivery *delivery = NULL;
        CURL *easy = note->easy_handle;
        CURLcode code = note->data.result;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &delivery);
        delivery_end(delivery, code);
        curl_multi_remove_handle(notify->multi, easy);
    }
}

/* Lets go of what ended and could be stored; *out_unstored: something could not. */
static bool settle_all(struct notify *notify, bool *out_unstored)
{
    bool any = false;
    *out_unstored = false;
    for (struct delivery **link = &notify->in_flight; *link != NULL;) {
        struct delivery *delivery = *link;
        if (!delivery->ended || !settle(notify, delivery)) {
            *out_unstored = *out_unstored || delivery->ended;
            link = &delivery->next;
            continue;
        }
        any = true;
        *link = delivery->next;
        notify->n_in_flight--;
        delivery_free(delivery);
    }
    return any;
}

/* -- the thread -- */

static bool take_woken(struct notify *notify, bool *out_stopping)
{
    pthread_mutex_lock(&notify->lock);
    bool woken = notify->woken;
    notify->woken = false;
    *out_stopping = notify->stopping;
    pthread_mutex_unlock(&notify->lock);
    return woken;
}

static void *run(void *arg)
{
    struct notify *notify = arg;
    bool stopping = false, changed = true;
    while (!stopping) {
        bool woken = take_woken(notify, &stopping), unstored;
        if (stopping)
            break;
        start_waiting_tests(notify);
        if (woken || changed || clock_wall_ms() >= notify->next_due)
            start_due_messages(notify);
        read_transfers(notify);
        changed = settle_all(notify, &unstored);
        if (changed)
            continue;
        mspan_t wait = notify->next_due - clock_wall_ms();
        wait = unstored ? NOTIFY_STORE_AGAIN : MIN_OF(MAX_OF(wait, 0), NOTIFY_LOOK_EVERY);
        curl_multi_poll(notify->multi, NULL, 0, (int)wait, NULL);
    }
    return NULL;
}

int notify_start(struct notify *notify)
{
    assert(!notify->running);
    notify->stopping = false;
    notify->next_due = 0;
    /* Signals are the main thread's; a connection that breaks must not end us by SIGPIPE. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&notify->thread, NULL, run, notify);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return -error;
    pthread_setname_np(notify->thread, "notify");
    pthread_mutex_lock(&notify->lock);
    notify->running = true;
    pthread_mutex_unlock(&notify->lock);
    return 0;
}

static void abandon(struct notify *notify, struct delivery *delivery)
{
    if (delivery->fn != NULL) {
        pthread_mutex_lock(&notify->lock);
        notify->n_tests--;
        pthread_mutex_unlock(&notify->lock);
        delivery->verdict.kind = VERDICT_RETRY;
        answer_test(delivery, "the server is stopping");
    }
    delivery_free(delivery);
}

void notify_stop(struct notify *notify)
{
    pthread_mutex_lock(&notify->lock);
    bool was_running = notify->running;
    notify->running = false;
    notify->stopping = true;
    struct delivery *tests = notify->tests;
    notify->tests = NULL;
    pthread_mutex_unlock(&notify->lock);
    if (!was_running)
        return;
    curl_multi_wakeup(notify->multi);
    pthread_join(notify->thread, NULL);

    bool unstored;
    settle_all(notify, &unstored);
    while (notify->in_flight != NULL) {
        struct delivery *delivery = notify->in_flight;
        notify->in_flight = delivery->next;
        notify->n_in_flight--;
        if (!delivery->ended)
            curl_multi_remove_handle(notify->multi, delivery->transfer.easy);
        abandon(notify, delivery);
    }
    while (tests != NULL) {
        struct delivery *test = tests;
        tests = test->next;
        abandon(notify, test);
    }
}

int notify_test_channel(struct notify *notify, org_id org, int64_t channel_id,
                        notify_test_fn *fn, void *arg)
{
    struct delivery *test;
    int error = delivery_new_test(notify->db, notify->secrets, org, channel_id, &test);
    if (error != 0)
        return error;
    notify_read_public_url(notify->db, org, test->message.public_url,
                           sizeof(test->message.public_url));
    test->fn = fn;
    test->arg = arg;

    pthread_mutex_lock(&notify->lock);
    bool taken = notify->running && notify->n_tests < NOTIFY_TESTS_MAX;
    if (taken) {
        test->next = notify->tests;
        notify->tests = test;
        notify->n_tests++;
    }
    pthread_mutex_unlock(&notify->lock);
    if (!taken) {
        delivery_free(test);
        return -EAGAIN;
    }
    curl_multi_wakeup(notify->multi);
    return 0;
}

void notify_read_stats(struct notify *notify, struct notify_stats *out_stats)
{
    int64_t queued = 0;
    outbox_count_queued(notify->db, &queued);
    pthread_mutex_lock(&notify->lock);
    *out_stats = notify->stats;
    pthread_mutex_unlock(&notify->lock);
    out_stats->queued = queued;
}
