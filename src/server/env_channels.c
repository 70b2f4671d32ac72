/* SPDX-License-Identifier: MIT */
#include "server/env_channels.h"

#include <stddef.h>
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

static json_t *mail_request(const struct server_options *options)
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
    return json_pack("{s:o, s:o}", "config", config, "secrets", secrets);
}

static json_t *telegram_request(const struct server_options *options)
{
    return json_pack("{s:{s:s}, s:{s:s}}", "config", "chat_id", options->telegram_chat_id,
                     "secrets", "token", options->telegram_token);
}

static json_t *discord_request(const struct server_options *options)
{
    return json_pack("{s:{}, s:{s:s}}", "config", "secrets", "url", options->discord_url);
}

static const struct env_channel {
    const char *kind, *name;
    size_t enabled; /* offset of its bool in the options */
    /* Settings and secrets, as the body of POST /channels has them. */
    json_t *(*request)(const struct server_options *options);
} env_channels[] = {
    {"email", "E-mail (environment)", offsetof(struct server_options, mail_enabled),
     mail_request},
    {"telegram", "Telegram (environment)", offsetof(struct server_options, telegram_enabled),
     telegram_request},
    {"discord", "Discord (environment)", offsetof(struct server_options, discord_enabled),
     discord_request},
};

struct search {
    const char *name;
    int64_t id;
};

static int find_by_name(const struct channel *channel, void *arg)
{
    struct search *search = arg;
    if (text_is(channel->name, search->name))
        search->id = channel->id;
    return 0;
}

static int ensure(struct notify *notify, int64_t id, json_t *take_request,
                  const struct env_channel *wanted, struct refusal *refusal)
{
    json_object_set_new(take_request, "kind", json_string(wanted->kind));
    json_object_set_new(take_request, "name", json_string(wanted->name));
    json_object_set_new(take_request, "enabled", json_true());
    int error = id == 0 ? notify_channel_create(notify, ORG_FIRST, take_request, &id, refusal)
                        : notify_channel_update(notify, ORG_FIRST, id, take_request, refusal);
    json_decref(take_request);
    return error;
}

int env_channels_ensure(struct notify *notify, struct db *db,
                        const struct server_options *options, struct problem *problem)
{
    for (size_t i = 0; i < ARRAY_LEN(env_channels); i++) {
        const struct env_channel *wanted = &env_channels[i];
        if (!*(const bool *)((const char *)options + wanted->enabled))
            continue;
        struct search search = {wanted->name, 0};
        int error = channels_each(db, ORG_FIRST, find_by_name, &search);
        if (error != 0) {
            problem_set(problem, "cannot read the channels: %s", strerror(-error));
            return error;
        }
        struct refusal refusal = {0};
        error = ensure(notify, search.id, wanted->request(options), wanted, &refusal);
        if (error != 0) {
            problem_set(problem, "%s: %.200s", wanted->name, refusal.problem.text);
            return error;
        }
    }
    return 0;
}
