/* SPDX-License-Identifier: MIT */
#include "notify/delivery.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "notify/notice.h"

#define SECRETS_MAX_BYTES ((size_t)64 * 1024)

int delivery_unseal(const struct secrets *secrets, const struct channel *channel,
                    json_t **out_object)
{
    struct buf plain;
    buf_init(&plain, SECRETS_MAX_BYTES);
    int error = secrets_unseal(secrets, channel->secrets, channel->secrets_len, &plain);
    if (error == 0) {
        json_t *object = json_loadb(plain.data, plain.len, 0, NULL);
        if (json_is_object(object)) {
            *out_object = object;
        } else {
            json_decref(object);
            error = -EBADMSG;
        }
    }
    if (plain.data != NULL)
        sodium_memzero(plain.data, plain.capacity);
    buf_deinit(&plain);
    return error;
}

static void give_up(struct delivery *delivery, enum verdict_kind kind, const char *why)
{
    delivery->ended = true;
    verdict_set(&delivery->verdict, kind, "%s", why);
}

/* Takes what the channel's row says apart. */
static void read_channel(struct delivery *delivery, const struct secrets *secrets)
{
    delivery->kind = channel_kind_find(delivery->channel.kind);
    delivery->config = json_loads(delivery->channel.config, 0, NULL);
    if (delivery->kind == NULL || !json_is_object(delivery->config))
        give_up(delivery, VERDICT_FAILED, "the channel's configuration cannot be read");
    else if (delivery_unseal(secrets, &delivery->channel, &delivery->secrets) != 0)
        give_up(delivery, VERDICT_RETRY,
                "the channel's secrets cannot be read with the present key: enter them again");
}

static int new_delivery(struct delivery **out_delivery)
{
    struct delivery *delivery = memory_calloc(1, sizeof(*delivery));
    int error = transfer_init(&delivery->transfer);
    if (error != 0) {
        free(delivery);
        return error;
    }
    curl_easy_setopt(delivery->transfer.easy, CURLOPT_PRIVATE, delivery);
    *out_delivery = delivery;
    return 0;
}

int delivery_new_queued(struct db *db, const struct secrets *secrets, int64_t item_id,
                        struct delivery **out_delivery)
{
    struct delivery *delivery;
    int error = new_delivery(&delivery);
    if (error != 0)
        return error;
    error = outbox_find(db, item_id, &delivery->item);
    if (error == 0)
        error = channels_load(db, delivery->item.channel_id, &delivery->channel);
    if (error != 0) {
        delivery_free(delivery);
        return error;
    }

    read_channel(delivery, secrets);
    if (!delivery->ended && message_read(delivery->item.message, &delivery->message) != 0)
        give_up(delivery, VERDICT_FAILED, "the queued message cannot be read");
    text_copy(delivery->message.idempotency_key, sizeof(delivery->message.idempotency_key),
              delivery->item.idempotency_key);
    *out_delivery = delivery;
    return 0;
}

int delivery_new_test(struct db *db, const struct secrets *secrets, org_id org,
                      int64_t channel_id, struct delivery **out_delivery)
{
    struct delivery *delivery;
    int error = new_delivery(&delivery);
    if (error != 0)
        return error;
    error = channels_find(db, org, channel_id, &delivery->channel);
    if (error != 0) {
        delivery_free(delivery);
        return error;
    }

    struct message *message = &delivery->message;
    message->kind = MESSAGE_TEST;
    message->event.at_ms = clock_wall_ms();
    text_copy(message->channel, sizeof(message->channel), delivery->channel.name);
    snprintf(message->idempotency_key, sizeof(message->idempotency_key),
             "test-channel-%lld-%lld", (long long)channel_id, (long long)message->event.at_ms);
    read_channel(delivery, secrets);
    *out_delivery = delivery;
    return 0;
}

void delivery_free(struct delivery *delivery)
{
    if (delivery == NULL)
        return;
    transfer_deinit(&delivery->transfer);
    outbox_item_deinit(&delivery->item);
    channel_deinit(&delivery->channel);
    json_decref(delivery->config);
    json_decref(delivery->secrets);
    free(delivery);
}

void delivery_prepare(struct delivery *delivery, msec_t now)
{
    delivery->started = clock_mono_ms();
    if (delivery->ended)
        return;
    struct channel_request request = {.config = delivery->config,
                                      .secrets = delivery->secrets,
                                      .message = &delivery->message,
                                      .now = now};
    int error = delivery->kind->prepare(&delivery->transfer, &request);
    if (error != 0)
        give_up(delivery, VERDICT_RETRY, strerror(-error));
}

void delivery_end(struct delivery *delivery, CURLcode code)
{
    delivery->ended = true;
    delivery->took_ms = clock_mono_ms() - delivery->started;
    if (code != CURLE_OK)
        transfer_explain(&delivery->transfer, code);
    delivery->kind->judge(&delivery->transfer, code, &delivery->verdict);
}

static int store_item(struct delivery *delivery, struct db *db, msec_t now, double jitter)
{
    const struct outbox_item *item = &delivery->item;
    struct verdict *verdict = &delivery->verdict;
    msec_t deadline = item->created_ms + DELIVERY_AGE_MAX;
    if (verdict->kind == VERDICT_RETRY && now >= deadline)
        verdict->kind = VERDICT_FAILED;

    switch (verdict->kind) {
    case VERDICT_DELIVERED: return outbox_mark_delivered(db, item->id, verdict->answer, now);
    case VERDICT_FAILED: return outbox_mark_failed(db, item->id, verdict->answer, now);
    case VERDICT_RETRY:
    case VERDICT_KIND_COUNT: break;
    }
    mspan_t delay = retry_delay(item->attempts + 1, jitter);
    msec_t next = MIN_OF(now + MAX_OF(delay, verdict->retry_after), deadline);
    delivery->retry_in = next - now;
    int error = outbox_mark_retry(db, item->id, verdict->answer, next);
    if (error == 0 && verdict->retry_after > 0)
        error = outbox_hold_channel(db, item->channel_id, now + verdict->retry_after);
    return error;
}

/* Another attempt may have ended since the channel was read. */
static int read_failures(struct delivery *delivery, struct db *db)
{
    struct channel channel;
    int error = channels_load(db, delivery->channel.id, &channel);
    if (error != 0)
        return error == -ENOENT ? 0 : error; /* deleted meanwhile: nobody is told */
    delivery->channel.failures = channel.failures;
    channel_deinit(&channel);
    return 0;
}

int delivery_store(struct delivery *delivery, struct db *db, msec_t now, double jitter)
{
    int error = db_begin(db);
    if (error != 0)
        return error;
    if (delivery->item.id != 0)
        error = store_item(delivery, db, now, jitter);
    bool delivered = delivery->verdict.kind == VERDICT_DELIVERED;
    if (error == 0)
        error = read_failures(delivery, db);
    if (error == 0)
        error =
            notice_attempt(db, &delivery->channel, delivered, delivery->verdict.answer, now);
    if (error == 0 && delivered)
        error = channels_note_delivered(db, delivery->channel.id, now);
    else if (error == 0)
        error = channels_note_failed(db, delivery->channel.id, delivery->verdict.answer, now);
    if (error == 0)
        return db_commit(db);
    db_abandon(db);
    return error;
}
