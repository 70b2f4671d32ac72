/* SPDX-License-Identifier: MIT */
#include "server/mail_channel.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "state/channels.h"

static json_t *recipients(const char *list)
{
    json_t *array = json_array();
    struct slice rest = slice_of(list), item;
    while (text_next_piece(&rest, ',', &item)) {
        item = text_trim(item);
        if (item.len > 0)
            json_array_append_new(array, json_stringn(item.data, item.len));
    }
    return array;
}

/* The body that POST /channels would take. */
static json_t *request_of(const struct server_options *options)
{
    bool has_login = options->mail_username != NULL && *options->mail_username != '\0' &&
                     options->mail_password != NULL && *options->mail_password != '\0';
    const char *security = options->mail_port == 465 ? "tls" : has_login ? "starttls" : "none";
    json_t *config = json_pack("{s:s, s:I, s:s, s:s, s:o}", "server", options->mail_server,
                               "port", (json_int_t)options->mail_port, "security", security,
                               "from", options->mail_from, "to", recipients(options->mail_to));
    json_t *secrets = json_object();
    if (has_login) {
        json_object_set_new(config, "username", json_string(options->mail_username));
        json_object_set_new(secrets, "password", json_string(options->mail_password));
    }
    return json_pack("{s:s, s:s, s:b, s:o, s:o}", "kind", "email", "name", MAIL_CHANNEL_NAME,
                     "enabled", 1, "config", config, "secrets", secrets);
}

static int find_by_name(const struct channel *channel, void *arg)
{
    if (text_is(channel->name, MAIL_CHANNEL_NAME))
        *(int64_t *)arg = channel->id;
    return 0;
}

int mail_channel_ensure(struct notify *notify, struct db *db,
                        const struct server_options *options, struct problem *problem)
{
    int64_t id = 0;
    struct refusal refusal = {0};
    int error = channels_each(db, ORG_FIRST, find_by_name, &id);
    if (error != 0) {
        problem_set(problem, "cannot read the channels: %s", strerror(-error));
        return error;
    }
    json_t *request = request_of(options);
    if (id == 0)
        error = notify_channel_create(notify, ORG_FIRST, request, &id, &refusal);
    else
        error = notify_channel_update(notify, ORG_FIRST, id, request, &refusal);
    json_decref(request);
    if (error != 0)
        *problem = refusal.problem;
    return error;
}
