/* SPDX-License-Identifier: MIT */
/*
 * write - Prometheus remote write 1.0 in.
 *
 * What is answered is durable: door_accept() returns only then.
 *
 *     204  everything taken            400  some or all refused for good, the text says which
 *     413  too large                   429/503  nothing taken, come again
 *
 * While the store is behind a request waits for it, up to fifteen seconds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/resource.h"
#include "api/scratch.h"
#include "wire/remote_write.h"
#include "wire/snappy.h"

#define WRITE_LOOK_EVERY_MS 10
#define WRITE_WAIT_MS       (15 * MSEC_SECOND) /* then it is refused */
#define WRITE_FAILURES_MAX  5

static size_t refused(const struct door_outcome *outcome)
{
    const struct store_refusals *refusals = &outcome->refusals;
    return refusals->too_old + refusals->too_new + refusals->duplicate_other_value +
           refusals->bad_labels + refusals->series_limit + outcome->foreign;
}

static void answer_refused(struct http_exchange *exchange, const struct door_outcome *outcome)
{
    const struct store_refusals *refusals = &outcome->refusals;
    answer_problem(exchange, 400, NULL,
                   "Not everything was taken: %zu too old, %zu too far in the future, %zu with "
                   "another value at the same time, %zu with bad labels, %zu over the series "
                   "limit, %zu not this sender's. First: %s",
                   refusals->too_old, refusals->too_new, refusals->duplicate_other_value,
                   refusals->bad_labels, refusals->series_limit, outcome->foreign,
                   refusals->detail);
}

struct note {
    struct metadata_book *book;
    org_id org;
    bool may_replace;
};

static void note_metric(void *arg, const struct metadata *metadata)
{
    const struct note *note = arg;
    metadata_book_put(note->book, note->org, metadata, note->may_replace);
}

/* What the request says of metrics.  Who may write samples may also say what they are; a host's own
 * token changes nothing that somebody said before. */
static void note_metadata(struct api *api, struct http_exchange *exchange,
                          const struct buf *body)
{
    const struct principal *who = resource_who(exchange);
    struct note note = {api->metadata, who->org, principal_may(who, RIGHT_INGEST)};
    remote_write_metadata(body->data, body->len, note_metric, &note);
}

/* False: the store is behind, and the request was not answered since it may wait. */
static bool accept_batch(struct api *api, struct http_exchange *exchange, struct batch *batch,
                         bool may_wait)
{
    struct door_outcome outcome;
    int error = door_accept(api->parts.door, resource_who(exchange), batch, &outcome);
    if (error == -EAGAIN && may_wait)
        return false;
    if (error == -EACCES)
        answer_problem(exchange, 403, NULL, "You may not write these series. %s",
                       outcome.refusals.detail);
    else if (error != 0)
        answer_error(exchange, error);
    else if (refused(&outcome) > 0)
        answer_refused(exchange, &outcome);
    else
        answer_empty(exchange, 204);
    return true;
}

/* Version 2 says so in a parameter; 415 makes its senders fall back to version 1. */
static bool is_version_1(const char *type)
{
    const char *rest = text_after(type, "application/x-protobuf");
    if (rest == NULL)
        return false;
    const char *message = strstr(rest, "proto=");
    return message == NULL || text_has_prefix(message + 6, "prometheus.WriteRequest");
}

/* False: it was answered. */
static bool check_form(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    const char *encoding = http_request_header(request, "Content-Encoding");
    const char *type = http_request_header(request, "Content-Type");
    if (encoding == NULL || !text_is_nocase(encoding, "snappy")) {
        answer_problem(exchange, 415, NULL,
                       "The body must be packed: Content-Encoding: snappy.");
        return false;
    }
    if (type != NULL && !is_version_1(type)) {
        answer_problem(exchange, 415, NULL,
                       "The body must be application/x-protobuf, remote write version 1.");
        return false;
    }
    return true;
}

/* False: it was not answered, as in accept_batch(). */
static bool take(struct api *api, struct http_exchange *exchange, bool may_wait)
{
    bool answered = true;
    const struct http_request *request = http_exchange_request(exchange);
    struct scratch *scratch = scratch_take(api->scratch);
    struct buf *unpacked = &scratch->bytes;
    struct batch batch = {0};
    struct problem problem = {0};
    int error = snappy_unpack(request->body, request->body_len, unpacked);
    if (error == -EINVAL)
        problem_set(&problem, "the body is not a snappy block");
    if (error == 0)
        error = remote_write_decode(unpacked->data, unpacked->len, &scratch->arena, &batch,
                                    &problem);
    if (error == 0 && batch.has_metadata)
        note_metadata(api, exchange, unpacked);
    if (error == 0)
        answered = accept_batch(api, exchange, &batch, may_wait);
    else if (error == -EINVAL)
        answer_problem(exchange, 400, NULL, "The body is malformed: %s.", problem.text);
    else if (error == -ENOBUFS || error == -E2BIG)
        answer_problem(exchange, 413, NULL, "The body is too large; send smaller requests.");
    else
        answer_error(exchange, error);
    scratch_give(api->scratch, scratch);
    return answered;
}

/* A request on its way into the store; in its arena. */
struct waiting {
    struct api *api;
    struct http_exchange *exchange;
    struct loop_timer *timer; /* NULL = not waiting */
    mono_t until;
    int failures; /* the store had room, and then it had not */
};

static bool is_over(const struct waiting *waiting)
{
    return clock_mono_ms() >= waiting->until ||
           __atomic_load_n(&waiting->api->stopping, __ATOMIC_RELAXED) ||
           __atomic_load_n(http_exchange_abandoned(waiting->exchange), __ATOMIC_RELAXED);
}

/* A sender that is faster than the disk is slowed down rather than refused. */
static void try_to_take(void *arg)
{
    struct waiting *waiting = arg;
    loop_timer_stop(waiting->timer);
    waiting->timer = NULL;
    bool over = is_over(waiting);
    if (over || door_has_room(waiting->api->parts.door)) {
        over = over || waiting->failures++ == WRITE_FAILURES_MAX;
        if (take(waiting->api, waiting->exchange, !over))
            return; /* and the arena is gone */
    }
    waiting->timer = loop_timer_once(http_exchange_loop(waiting->exchange), WRITE_LOOK_EVERY_MS,
                                     try_to_take, waiting);
}

static void post_write(struct http_exchange *exchange, const struct route_params *params,
                       void *arg)
{
    struct api *api = arg;
    (void)params;
    const struct principal *who = resource_who(exchange);
    if (!principal_may(who, RIGHT_INGEST) && !principal_may(who, RIGHT_INGEST_HOST)) {
        answer_problem(exchange, 403, NULL, "This token may not write samples.");
        return;
    }
    if (!check_form(exchange))
        return;
    struct waiting *waiting = arena_alloc(http_exchange_arena(exchange), sizeof(*waiting));
    if (waiting == NULL) {
        answer_error(exchange, -EAGAIN);
        return;
    }
    *waiting = (struct waiting){
        .api = api, .exchange = exchange, .until = clock_mono_ms() + WRITE_WAIT_MS};
    try_to_take(waiting);
}

static const struct route routes[] = {
    {HTTP_POST, "/api/v1/write", post_write, API_SIGNED_IN},
};

const struct resource write_resource = {routes, ARRAY_LEN(routes)};
