/* SPDX-License-Identifier: MIT */
/*
 * Invariants
 *  1. Events have numbers without gaps; the ring holds [oldest, next).
 *  2. A subscriber is in the list of the loop that its exchange belongs to, and is touched on
 *     that loop's thread only; its cursor never passes `next`.
 *  3. `lock` guards the ring, the watch table and every `wanted` flag; it is held while events are
 *     copied to a connection's buffer, never while anything waits.
 */
#include "api/live.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

#define LIVE_EVENTS_MAX 4096 /* in the ring */
#define LIVE_BYTES_MAX  ((size_t)8 * 1024 * 1024)
#define LIVE_PING_EVERY (3 * MSEC_SECOND) /* a page that hears less calls the stream cut */
#define LIVE_LINGERS    MSEC_MINUTE

struct live_event {
    org_id org;
    int64_t detail_of;
    char *text; /* owned; the event as it goes over the wire */
    size_t len;
};

struct subscriber {
    struct live_loop *home;
    struct subscriber *next; /* in home->subscribers */
    struct http_exchange *exchange;
    org_id org;
    int64_t host_id;
    uint64_t cursor; /* number of the next event to look at */
};

/* One per loop; the list is touched on the loop's thread. */
struct live_loop {
    struct live *live;
    struct loop *loop;
    struct subscriber *subscribers;
    struct loop_timer *ping;
    bool wanted; /* a delivery has been posted and has not begun; under the lock */
};

struct watch {
    size_t watchers;
    mono_t until; /* when the last one left, plus LIVE_LINGERS */
};

struct live {
    pthread_mutex_t lock;
    uint32_t epoch; /* of this process: ids of another one mean nothing */
    uint64_t oldest, next;
    size_t bytes;
    struct live_event ring[LIVE_EVENTS_MAX];
    struct map watches; /* host id → struct watch, owned */
    size_t n_subscribers;
    mono_t last_left; /* when there was a subscriber last; meaningless while there is one */
    struct live_loop *loops; /* owned */
    size_t n_loops;
};

struct live *live_new(struct loop *const *loops, size_t n_loops)
{
    struct live *live = memory_calloc(1, sizeof(*live));
    pthread_mutex_init(&live->lock, NULL);
    map_init(&live->watches);
    live->epoch = (uint32_t)random_u64();
    live->last_left = clock_mono_ms() - LIVE_LINGERS;
    live->loops = memory_calloc(n_loops, sizeof(*live->loops));
    live->n_loops = n_loops;
    for (size_t i = 0; i < n_loops; i++)
        live->loops[i] = (struct live_loop){.live = live, .loop = loops[i]};
    return live;
}

static struct live_event *slot(struct live *live, uint64_t number)
{
    return &live->ring[number % LIVE_EVENTS_MAX];
}

static void drop_oldest(struct live *live)
{
    assert(live->oldest < live->next);
    struct live_event *event = slot(live, live->oldest++);
    live->bytes -= event->len;
    free(event->text);
    *event = (struct live_event){0};
}

void live_free(struct live *live)
{
    if (live == NULL)
        return;
    while (live->oldest < live->next)
        drop_oldest(live);
    for (struct map_slot *at = NULL; (at = map_next(&live->watches, at)) != NULL;)
        free(at->value);
    map_deinit(&live->watches);
    pthread_mutex_destroy(&live->lock);
    free(live->loops);
    free(live);
}

static bool is_for(const struct live_event *event, const struct subscriber *subscriber)
{
    return event->org == subscriber->org &&
           (event->detail_of == 0 || event->detail_of == subscriber->host_id);
}

static void send_text(struct subscriber *subscriber, const char *text)
{
    http_stream_write(subscriber->exchange, text, strlen(text));
}

/* Copies what the subscriber has not seen yet to its connection. */
static void catch_up(struct live *live, struct subscriber *subscriber)
{
    if (subscriber->cursor < live->oldest) {
        char text[64];
        snprintf(text, sizeof(text), "id: %" PRIu32 "-%" PRIu64 "\nevent: reset\ndata: {}\n\n",
                 live->epoch, live->next);
        send_text(subscriber, text);
        subscriber->cursor = live->next;
        return;
    }
    for (; subscriber->cursor < live->next; subscriber->cursor++) {
        const struct live_event *event = slot(live, subscriber->cursor);
        if (is_for(event, subscriber))
            http_stream_write(subscriber->exchange, event->text, event->len);
    }
}

static void deliver(void *arg)
{
    struct live_loop *home = arg;
    struct live *live = home->live;
    pthread_mutex_lock(&live->lock);
    home->wanted = false;
    for (struct subscriber *at = home->subscribers; at != NULL; at = at->next)
        catch_up(live, at);
    pthread_mutex_unlock(&live->lock);
}

void live_publish(struct live *live, org_id org, int64_t detail_of, const char *event,
                  struct slice data)
{
    assert(memchr(data.data, '\n', data.len) == NULL);
    pthread_mutex_lock(&live->lock);
    struct buf text;
    buf_init(&text, data.len + 256);
    buf_printf(&text, "id: %" PRIu32 "-%" PRIu64 "\nevent: %s\ndata: ", live->epoch,
               live->next + 1, event);
    buf_append(&text, data.data, data.len);
    buf_append(&text, "\n\n", 2);
    if (text.error == 0 && text.len <= LIVE_BYTES_MAX) {
        while (live->next - live->oldest == LIVE_EVENTS_MAX ||
               live->bytes + text.len > LIVE_BYTES_MAX)
            drop_oldest(live);
        struct live_event *place = slot(live, live->next++);
        place->org = org;
        place->detail_of = detail_of;
        place->text = buf_take(&text, &place->len);
        live->bytes += place->len;
    }
    buf_deinit(&text);

    for (size_t i = 0; i < live->n_loops && live->n_subscribers > 0; i++) {
        if (!live->loops[i].wanted) {
            live->loops[i].wanted = true;
            loop_post(live->loops[i].loop, deliver, &live->loops[i]);
        }
    }
    pthread_mutex_unlock(&live->lock);
}

bool live_has_audience(struct live *live)
{
    pthread_mutex_lock(&live->lock);
    bool has = live->n_subscribers > 0 || live->last_left + LIVE_LINGERS > clock_mono_ms();
    if (!has) {
        /* What is not written leaves a gap: ids from before it must not be gone on from. */
        while (live->oldest < live->next)
            drop_oldest(live);
        live->oldest = ++live->next;
    }
    pthread_mutex_unlock(&live->lock);
    return has;
}

bool live_is_watched(struct live *live, int64_t host_id)
{
    pthread_mutex_lock(&live->lock);
    struct watch *watch = map_find(&live->watches, &host_id, sizeof(host_id));
    bool watched = watch != NULL && (watch->watchers > 0 || watch->until > clock_mono_ms());
    if (watch != NULL && !watched) {
        map_remove(&live->watches, &host_id, sizeof(host_id));
        free(watch);
    }
    pthread_mutex_unlock(&live->lock);
    return watched;
}

/* The watch of a host, made when there is none.  *out_fresh: nobody was watching, so details of
 * the past were not written. */
static struct watch *watch_of(struct live *live, int64_t host_id, bool *out_fresh)
{
    struct watch *watch = map_find(&live->watches, &host_id, sizeof(host_id));
    *out_fresh = watch == NULL || (watch->watchers == 0 && watch->until <= clock_mono_ms());
    if (watch == NULL) {
        watch = memory_calloc(1, sizeof(*watch));
        map_put(&live->watches, &host_id, sizeof(host_id), watch);
    }
    return watch;
}

static void on_close(void *arg)
{
    struct subscriber *gone = arg;
    struct live *live = gone->home->live;
    pthread_mutex_lock(&live->lock);
    struct subscriber **link = &gone->home->subscribers;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    live->n_subscribers--;
    live->last_left = clock_mono_ms();
    if (gone->host_id != 0) {
        bool fresh;
        struct watch *watch = watch_of(live, gone->host_id, &fresh);
        watch->watchers--;
        watch->until = clock_mono_ms() + LIVE_LINGERS;
    }
    pthread_mutex_unlock(&live->lock);
    free(gone);
}

/* Where a subscriber that comes back goes on: behind the event it names, when the ring has all
 * that came since; UINT64_MAX = it must reload. */
static uint64_t resume_at(const struct live *live, const char *last_id, bool fresh_watch)
{
    uint64_t epoch, number;
    if (!text_scan_u64(&last_id, &epoch) || *last_id++ != '-' ||
        !text_scan_u64(&last_id, &number) || epoch != live->epoch || number > live->next ||
        number < live->oldest || fresh_watch)
        return UINT64_MAX;
    return number;
}

static struct live_loop *home_of(struct live *live, const struct loop *loop)
{
    for (size_t i = 0; i < live->n_loops; i++) {
        if (live->loops[i].loop == loop)
            return &live->loops[i];
    }
    return NULL;
}

static void greet(struct live *live, struct subscriber *subscriber, const char *last_id,
                  bool fresh_watch)
{
    char text[256];
    snprintf(text, sizeof(text),
             "retry: 1000\nid: %" PRIu32 "-%" PRIu64
             "\nevent: hello\ndata: {\"now_ms\":%lld,\"version\":\"%s\"}\n\n",
             live->epoch, live->next, (long long)clock_wall_ms(), SENTORA_VERSION);
    subscriber->cursor = live->next;
    if (last_id == NULL) {
        send_text(subscriber, text);
        return;
    }
    uint64_t resumed = resume_at(live, last_id, fresh_watch);
    if (resumed == UINT64_MAX) {
        send_text(subscriber, text);
        send_text(subscriber, "event: reset\ndata: {}\n\n");
        return;
    }
    subscriber->cursor = resumed;
    catch_up(live, subscriber);
}

void live_subscribe(struct live *live, struct http_exchange *exchange, org_id org,
                    int64_t host_id, const char *last_id)
{
    static const struct http_header headers[] = {{"Content-Type", "text/event-stream"},
                                                 {"Cache-Control", "no-store"},
                                                 {"X-Accel-Buffering", "no"}};
    struct live_loop *home = home_of(live, http_exchange_loop(exchange));
    assert(home != NULL);

    struct subscriber *subscriber = memory_calloc(1, sizeof(*subscriber));
    *subscriber =
        (struct subscriber){.home = home, .exchange = exchange, .org = org, .host_id = host_id};

    pthread_mutex_lock(&live->lock);
    bool fresh = false;
    if (host_id != 0)
        watch_of(live, host_id, &fresh)->watchers++;
    subscriber->next = home->subscribers;
    home->subscribers = subscriber;
    live->n_subscribers++;
    pthread_mutex_unlock(&live->lock);

    http_stream_begin(exchange,
                      &(struct http_answer){
                          .status = 200, .headers = headers, .n_headers = ARRAY_LEN(headers)},
                      on_close, subscriber);

    pthread_mutex_lock(&live->lock);
    greet(live, subscriber, last_id, fresh);
    pthread_mutex_unlock(&live->lock);
}

size_t live_subscribers(struct live *live)
{
    pthread_mutex_lock(&live->lock);
    size_t count = live->n_subscribers;
    pthread_mutex_unlock(&live->lock);
    return count;
}

/* An event, since browsers do not show comments to the page; without an id, since it is nothing to
 * go on from. */
static void ping(void *arg)
{
    struct live_loop *home = arg;
    char text[64];
    snprintf(text, sizeof(text), "event: ping\ndata: {\"now_ms\":%lld}\n\n",
             (long long)clock_wall_ms());
    for (struct subscriber *at = home->subscribers; at != NULL; at = at->next)
        send_text(at, text);
}

void live_start(struct live *live)
{
    for (size_t i = 0; i < live->n_loops; i++)
        live->loops[i].ping =
            loop_timer_start(live->loops[i].loop, LIVE_PING_EVERY, ping, &live->loops[i]);
}

static void stop_loop(void *arg)
{
    struct live_loop *home = arg;
    loop_timer_stop(home->ping);
    home->ping = NULL;
    struct subscriber *at = home->subscribers;
    while (at != NULL) {
        struct subscriber *next = at->next;
        http_stream_end(at->exchange); /* calls on_close, now or soon */
        at = next;
    }
}

void live_stop(struct live *live)
{
    for (size_t i = 0; i < live->n_loops; i++)
        loop_post(live->loops[i].loop, stop_loop, &live->loops[i]);
}
