/* SPDX-License-Identifier: MIT */
/*
 * What people see of channels and of what became of messages.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "notify/internal.h"
#include "notify/render.h"

struct writer {
    struct notify *notify;
    struct json *json;
};

static void write_time(struct json *json, const char *key, msec_t at)
{
    json_key(json, key);
    if (at == 0)
        json_none(json);
    else
        json_int(json, at);
}

static void write_id(struct json *json, const char *key, int64_t id)
{
    json_key(json, key);
    if (id == 0)
        json_none(json);
    else
        json_int(json, id);
}

static void write_secret_names(struct writer *writer, const struct channel *channel)
{
    json_t *secrets = NULL;
    json_key(writer->json, "has_secrets");
    json_array_begin(writer->json);
    if (delivery_unseal(writer->notify->secrets, channel, &secrets) == 0) {
        const char *key;
        json_t *value;
        json_object_foreach(secrets, key, value) json_text(writer->json, key);
        json_decref(secrets);
    }
    json_array_end(writer->json);
}

static int write_channel(const struct channel *channel, void *arg)
{
    struct writer *writer = arg;
    struct json *json = writer->json;
    int64_t queued, failed;
    int error = outbox_count_channel(writer->notify->db, channel->id, &queued, &failed);
    if (error != 0)
        return error;

    json_object_begin(json);
    json_field_int(json, "id", channel->id);
    json_field_string(json, "kind", channel->kind);
    json_field_string(json, "name", channel->name);
    json_field_bool(json, "enabled", channel->enabled);
    json_key(json, "config");
    json_raw(json, channel->config, strlen(channel->config));
    write_secret_names(writer, channel);
    write_time(json, "last_delivered_ms", channel->last_delivered_ms);
    write_time(json, "last_failed_ms", channel->last_failed_ms);
    json_field_string(json, "last_error", channel->last_error);
    json_field_int(json, "queued", queued);
    json_field_int(json, "failed", failed);
    json_object_end(json);
    return 0;
}

int notify_channel_write(struct notify *notify, org_id org, int64_t id, struct json *json)
{
    struct writer writer = {notify, json};
    struct channel channel;
    int error = channels_find(notify->db, org, id, &channel);
    if (error != 0)
        return error;
    error = write_channel(&channel, &writer);
    channel_deinit(&channel);
    return error;
}

int notify_channels_write(struct notify *notify, org_id org, struct json *json)
{
    struct writer writer = {notify, json};
    json_array_begin(json);
    int error = channels_each(notify->db, org, write_channel, &writer);
    json_array_end(json);
    return error;
}

static int write_delivery(const struct outbox_delivery *delivery, void *arg)
{
    struct json *json = arg;
    bool queued = text_is(delivery->state, "queued");
    json_object_begin(json);
    json_field_string(json, "channel", delivery->channel);
    json_field_string(json, "state", delivery->state);
    json_field_int(json, "attempts", delivery->attempts);
    write_time(json, "next_ms", queued ? delivery->next_ms : 0);
    write_time(json, "finished_ms", delivery->finished_ms);
    json_field_string(json, "answer", delivery->answer);
    json_object_end(json);
    return 0;
}

int notify_deliveries_write(struct notify *notify, org_id org, int64_t alert_id,
                            struct json *json)
{
    json_array_begin(json);
    int error = outbox_each_of_alert(notify->db, org, alert_id, write_delivery, json);
    json_array_end(json);
    return error;
}

static int write_letter(const struct outbox_letter *letter, void *arg)
{
    struct json *json = arg;
    struct message message;
    struct buf title;
    bool queued = text_is(letter->state, "queued");
    buf_init(&title, 8192);
    if (message_read(letter->message, &message) == 0)
        render_subject(&title, &message);
    json_object_begin(json);
    json_field_int(json, "id", letter->id);
    json_field_string(json, "state", letter->state);
    json_field_string(json, "title", buf_text(&title));
    write_id(json, "alert_id", letter->alert_id);
    write_id(json, "digest_id", letter->digest_id);
    json_field_int(json, "attempts", letter->attempts);
    json_field_int(json, "created_ms", letter->created_ms);
    write_time(json, "next_ms", queued ? letter->next_ms : 0);
    write_time(json, "finished_ms", letter->finished_ms);
    json_field_string(json, "answer", letter->answer);
    json_object_end(json);
    buf_deinit(&title);
    return 0;
}

int notify_messages_write(struct notify *notify, const struct outbox_letters *which,
                          struct json *json)
{
    struct channel channel;
    int error = channels_find(notify->db, which->org, which->channel_id, &channel);
    if (error != 0)
        return error;
    channel_deinit(&channel);
    json_array_begin(json);
    error = outbox_each_letter(notify->db, which, write_letter, json);
    json_array_end(json);
    return error;
}
