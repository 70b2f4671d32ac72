/* SPDX-License-Identifier: MIT */
/*
 * admin - channels as people make and see them.
 *
 * A request is laid over what the channel is now, and the result is checked as a whole.
 * Secrets go in and never come out: only which of them are set.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "notify/internal.h"

#define CONFIG_MAX_BYTES ((size_t)256 * 1024)
#define ORG_CHANNELS_MAX 64

/* A channel as it will be. */
struct draft {
    struct channel row;       /* config and secrets are filled by seal_draft() */
    json_t *config, *secrets; /* owned */
};

static void draft_deinit(struct draft *draft)
{
    channel_deinit(&draft->row);
    json_decref(draft->config);
    json_decref(draft->secrets);
}

static int blame(struct refusal *out_refusal, const char *field, const char *text)
{
    text_copy(out_refusal->field, sizeof(out_refusal->field), field);
    return problem_set(&out_refusal->problem, "%s", text);
}

static int apply_name(struct draft *draft, const json_t *value, struct refusal *out_refusal)
{
    const char *name = json_string_value(value);
    if (name == NULL || name[0] == '\0')
        return blame(out_refusal, "name", "A name is needed.");
    if (strlen(name) > CHANNEL_NAME_MAX_BYTES)
        return blame(out_refusal, "name", "The name is longer than 100 bytes.");
    for (const char *at = name; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return blame(out_refusal, "name", "The name has control characters.");
    text_copy(draft->row.name, sizeof(draft->row.name), name);
    return 0;
}

static int apply_kind(struct draft *draft, const json_t *value, struct refusal *out_refusal)
{
    const char *kind = json_string_value(value);
    if (kind == NULL || channel_kind_find(kind) == NULL) {
        char names[256];
        channel_kind_names(names, sizeof(names));
        text_copy(out_refusal->field, sizeof(out_refusal->field), "kind");
        return problem_set(&out_refusal->problem, "The kind must be one of: %s.", names);
    }
    if (draft->row.kind[0] != '\0' && !text_is(draft->row.kind, kind))
        return blame(out_refusal, "kind", "The kind of a channel cannot be changed.");
    text_copy(draft->row.kind, sizeof(draft->row.kind), kind);
    return 0;
}

/* A text sets a secret, null or "" removes it, one that is left out stays. */
static int apply_secrets(struct draft *draft, const json_t *value, struct refusal *out_refusal)
{
    if (!json_is_object(value))
        return blame(out_refusal, "secrets", "secrets must be an object.");
    const char *key;
    json_t *secret;
    json_object_foreach((json_t *)(uintptr_t)value, key, secret)
    {
        if (json_is_null(secret) || (json_is_string(secret) && json_string_length(secret) == 0))
            json_object_del(draft->secrets, key);
        else
            json_object_set(draft->secrets, key, secret);
    }
    return 0;
}

static int apply_field(struct draft *draft, const char *key, json_t *value,
                       struct refusal *out_refusal)
{
    if (text_is(key, "kind"))
        return apply_kind(draft, value, out_refusal);
    if (text_is(key, "name"))
        return apply_name(draft, value, out_refusal);
    if (text_is(key, "secrets"))
        return apply_secrets(draft, value, out_refusal);
    if (text_is(key, "enabled")) {
        if (!json_is_boolean(value))
            return blame(out_refusal, "enabled", "enabled must be true or false.");
        draft->row.enabled = json_is_true(value);
        return 0;
    }
    if (text_is(key, "config")) {
        if (!json_is_object(value))
            return blame(out_refusal, "config", "config must be an object.");
        json_decref(draft->config);
        draft->config = json_incref(value);
        return 0;
    }
    snprintf(out_refusal->field, sizeof(out_refusal->field), "%.60s", key);
    problem_set(&out_refusal->problem, "There is no field \"%.100s\".", key);
    return -EBADMSG;
}

static int apply_request(struct draft *draft, const json_t *request,
                         struct refusal *out_refusal)
{
    out_refusal->field[0] = '\0';
    if (!json_is_object(request))
        return problem_set(&out_refusal->problem, "The request must be an object.");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)request, key, value)
    {
        int error = apply_field(draft, key, value, out_refusal);
        if (error != 0)
            return error;
    }
    if (draft->row.kind[0] == '\0')
        return apply_kind(draft, NULL, out_refusal);
    if (draft->row.name[0] == '\0')
        return apply_name(draft, NULL, out_refusal);
    const struct channel_kind *kind = channel_kind_find(draft->row.kind);
    return channel_check(kind, draft->config, draft->secrets, out_refusal);
}

/* Writes config and sealed secrets into the row. */
static int seal_draft(struct notify *notify, struct draft *draft, struct problem *problem)
{
    char *config = json_dumps(draft->config, JSON_COMPACT);
    char *plain = json_dumps(draft->secrets, JSON_COMPACT);
    struct buf sealed;
    buf_init(&sealed, CONFIG_MAX_BYTES);
    int error = config == NULL || plain == NULL ? -ENOMEM : 0;
    if (error == 0 && strlen(config) > CONFIG_MAX_BYTES)
        error = problem_set(problem, "The configuration is too large.");
    if (error == 0)
        error = secrets_seal(notify->secrets, plain, strlen(plain), &sealed);
    if (error == 0) {
        channel_deinit(&draft->row);
        draft->row.config = config;
        draft->row.secrets = (unsigned char *)buf_take(&sealed, &draft->row.secrets_len);
        config = NULL;
    }
    if (plain != NULL)
        sodium_memzero(plain, strlen(plain));
    free(plain);
    free(config);
    buf_deinit(&sealed);
    return error;
}

static int taken(struct refusal *out_refusal)
{
    blame(out_refusal, "name", "Another channel has this name.");
    return -EEXIST;
}

static int count_channel(const struct channel *channel, void *arg)
{
    (void)channel;
    ++*(int *)arg;
    return 0;
}

static int create(struct notify *notify, struct draft *draft, const json_t *request,
                  struct refusal *out_refusal)
{
    int count = 0;
    int error = apply_request(draft, request, out_refusal);
    if (error == 0)
        error = channels_each(notify->db, draft->row.org, count_channel, &count);
    if (error != 0)
        return error;
    if (count >= ORG_CHANNELS_MAX)
        return problem_set(&out_refusal->problem, "There are %d channels already.", count);
    error = seal_draft(notify, draft, &out_refusal->problem);
    if (error == 0)
        error = channels_add(notify->db, &draft->row, &draft->row.id);
    return error == -EEXIST ? taken(out_refusal) : error;
}

int notify_channel_create(struct notify *notify, org_id org, const json_t *request,
                          int64_t *out_id, struct refusal *out_refusal)
{
    msec_t now = clock_wall_ms();
    struct draft draft = {
        .row = {.org = org, .enabled = true, .created_ms = now, .updated_ms = now},
        .config = json_object(),
        .secrets = json_object()};
    int error = create(notify, &draft, request, out_refusal);
    if (error == 0)
        *out_id = draft.row.id;
    draft_deinit(&draft);
    return error;
}

static int update(struct notify *notify, struct draft *draft, const json_t *request,
                  struct refusal *out_refusal)
{
    draft->config = json_loads(draft->row.config, 0, NULL);
    if (delivery_unseal(notify->secrets, &draft->row, &draft->secrets) != 0)
        draft->secrets = json_object(); /* the key is lost: they are to be entered again */
    msec_t now = clock_wall_ms();
    draft->row.updated_ms = now;
    int error = apply_request(draft, request, out_refusal);
    if (error == 0)
        error = seal_draft(notify, draft, &out_refusal->problem);
    if (error == 0)
        error = channels_update(notify->db, &draft->row);
    if (error == -EEXIST)
        return taken(out_refusal);
    if (error != 0)
        return error;
    /* What waits goes at once, by the new configuration, or not at all. */
    if (draft->row.enabled)
        return outbox_release_channel(notify->db, draft->row.id, now);
    return outbox_fail_channel(notify->db, draft->row.id, "the channel was switched off", now);
}

int notify_channel_update(struct notify *notify, org_id org, int64_t id, const json_t *request,
                          struct refusal *out_refusal)
{
    struct draft draft = {0};
    out_refusal->field[0] = '\0';
    int error = db_begin(notify->db);
    if (error != 0)
        return error;
    error = channels_find(notify->db, org, id, &draft.row);
    if (error == 0)
        error = update(notify, &draft, request, out_refusal);
    if (error == 0)
        error = db_commit(notify->db);
    else
        db_abandon(notify->db);
    draft_deinit(&draft);
    if (error == 0)
        notify_wake(notify);
    return error;
}

int notify_channel_delete(struct notify *notify, org_id org, int64_t id)
{
    return channels_remove(notify->db, org, id);
}

int notify_channel_resend(struct notify *notify, org_id org, int64_t channel_id, int64_t id,
                          int64_t *out_count)
{
    struct channel channel;
    int error = channels_find(notify->db, org, channel_id, &channel);
    if (error != 0)
        return error;
    channel_deinit(&channel);
    error = outbox_requeue(notify->db, channel_id, id, clock_wall_ms(), out_count);
    if (error == 0)
        notify_wake(notify);
    return error;
}
