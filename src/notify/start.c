/* SPDX-License-Identifier: MIT */
/*
 * What is due begins: which message of which channel goes next, and how many at once.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "notify/digest.h"
#include "notify/internal.h"

#define NOTIFY_IN_FLIGHT_MAX   128
#define NOTIFY_CHANNEL_MAX     2
#define NOTIFY_CHANNELS_A_TURN 512

static void add_in_flight(struct notify *notify, struct delivery *delivery)
{
    msec_t now = clock_wall_ms();
    delivery->next = notify->in_flight;
    notify->in_flight = delivery;
    notify->n_in_flight++;
    delivery_prepare(delivery, now);
    if (!delivery->ended &&
        curl_multi_add_handle(notify->multi, delivery->transfer.easy) != 0) {
        delivery->ended = true;
        verdict_set(&delivery->verdict, VERDICT_RETRY, "cannot begin the transfer");
    }
    if (delivery->item.id != 0 && delivery->item.attempts == 0) {
        pthread_mutex_lock(&notify->lock);
        notify->stats.first_attempt_count++;
        notify->stats.first_attempt_ms += (uint64_t)MAX_OF(now - delivery->item.created_ms, 0);
        pthread_mutex_unlock(&notify->lock);
    }
}

static bool is_in_flight(const struct notify *notify, int64_t item_id)
{
    for (const struct delivery *at = notify->in_flight; at != NULL; at = at->next)
        if (at->item.id == item_id)
            return true;
    return false;
}

static int count_on_channel(const struct notify *notify, int64_t channel_id)
{
    int count = 0;
    for (const struct delivery *at = notify->in_flight; at != NULL; at = at->next)
        count += at->item.id != 0 && at->channel.id == channel_id;
    return count;
}

struct id_list {
    int64_t ids[NOTIFY_CHANNELS_A_TURN];
    size_t len;
};

static int note_id(int64_t id, void *arg)
{
    struct id_list *list = arg;
    if (list->len < ARRAY_LEN(list->ids))
        list->ids[list->len++] = id;
    return 0;
}

/* The oldest that may go on the channel and is not on its way; 0 = none. */
static int find_next(struct notify *notify, int64_t channel_id, msec_t now, int64_t *out_id)
{
    struct id_list due = {.len = 0};
    const struct outbox_question question = {channel_id, now, NOTIFY_CHANNEL_MAX + 1};
    int error = outbox_due(notify->db, &question, note_id, &due);
    *out_id = 0;
    for (size_t i = 0; i < due.len && *out_id == 0; i++)
        if (!is_in_flight(notify, due.ids[i]))
            *out_id = due.ids[i];
    return error;
}

static int start_item(struct notify *notify, int64_t id)
{
    struct delivery *delivery;
    int error = delivery_new_queued(notify->db, notify->secrets, id, &delivery);
    if (error == 0)
        add_in_flight(notify, delivery);
    return error == -ENOENT ? 0 : error; /* deleted in between */
}

/* People are told one by one while they can take it; what would be too much is made a digest, with
 * the last token, once nothing of it is on its way.  True when the next may go now. */
static bool ask_pace(struct notify *notify, const struct channel *channel, msec_t now,
                     int *out_error)
{
    const struct channel_kind *kind = channel_kind_find(channel->kind);
    if (kind == NULL || !kind->is_read)
        return true;
    mono_t mono = clock_mono_ms();
    int tokens = pace_tokens(&notify->pace, channel->id, mono);
    if (tokens == 0) {
        msec_t next = now + pace_wait(&notify->pace, channel->id, mono);
        notify->next_paced = MIN_OF(notify->next_paced, next);
        return false;
    }
    if (tokens == 1) {
        const struct outbox_question question = {channel->id, now, 2};
        int64_t fresh = 0;
        *out_error = outbox_count_fresh(notify->db, &question, &fresh);
        if (*out_error == 0 && fresh > 1 && count_on_channel(notify, channel->id) > 0)
            return false; /* what is on its way will end, and then we look again */
        if (*out_error == 0 && fresh > 1)
            *out_error = digest_make(notify->db, channel, now);
        if (*out_error != 0)
            return false;
    }
    pace_take(&notify->pace, channel->id, mono);
    return true;
}

static int start_channel(struct notify *notify, int64_t channel_id, msec_t now)
{
    struct channel channel;
    int error = channels_load(notify->db, channel_id, &channel);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    while (error == 0 && count_on_channel(notify, channel_id) < NOTIFY_CHANNEL_MAX &&
           notify->n_in_flight < NOTIFY_IN_FLIGHT_MAX) {
        int64_t id;
        error = find_next(notify, channel_id, now, &id);
        if (error != 0 || id == 0 || !ask_pace(notify, &channel, now, &error))
            break;
        error = find_next(notify, channel_id, now, &id); /* a digest may have come before it */
        if (error == 0 && id != 0)
            error = start_item(notify, id);
    }
    channel_deinit(&channel);
    return error;
}

static int start_due(struct notify *notify, msec_t now)
{
    struct id_list channels = {.len = 0};
    int error = outbox_due_channels(notify->db, now, note_id, &channels);
    for (size_t i = 0; i < channels.len && error == 0; i++)
        error = start_channel(notify, channels.ids[i], now);
    return error;
}

void start_due_messages(struct notify *notify)
{
    msec_t now = clock_wall_ms(), next = 0;
    notify->next_paced = now + NOTIFY_LOOK_EVERY;
    int error = start_due(notify, now);
    if (error == 0)
        error = outbox_next_due(notify->db, now, &next);
    notify->next_due = notify->next_paced;
    if (error != 0) {
        notify->next_due = now + NOTIFY_STORE_AGAIN;
        log_error("notify", "cannot read the outbox: %s", strerror(-error));
    } else if (next != 0 && next < notify->next_due) {
        notify->next_due = next;
    }
}

void start_waiting_tests(struct notify *notify)
{
    pthread_mutex_lock(&notify->lock);
    struct delivery *tests = notify->tests;
    notify->tests = NULL;
    pthread_mutex_unlock(&notify->lock);
    while (tests != NULL) {
        struct delivery *test = tests;
        tests = test->next;
        add_in_flight(notify, test);
    }
}
