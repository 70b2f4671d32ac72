/* SPDX-License-Identifier: MIT */
#include "notify/channel.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "notify/render.h"

static const struct channel_kind *const kinds[] = {
    &email_channel,   &telegram_channel, &discord_channel, &slack_channel,
    &webhook_channel, &ntfy_channel,     &gotify_channel,  &pushover_channel,
};

const struct channel_kind *channel_kind_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (text_is(kinds[i]->name, name))
            return kinds[i];
    return NULL;
}

void channel_kind_names(char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(kinds) && len < size; i++)
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s", i == 0 ? "" : ", ", kinds[i]->name);
}

int channel_check(const struct channel_kind *kind, const json_t *config, const json_t *secrets,
                  struct refusal *out_refusal)
{
    int error = fields_check(kind->fields, kind->n_fields, config, secrets, out_refusal);
    if (error == 0 && kind->check != NULL)
        error = kind->check(config, secrets, out_refusal);
    return error;
}

void verdict_set(struct verdict *verdict, enum verdict_kind kind, const char *format, ...)
{
    struct buf raw, clean;
    buf_init(&raw, 4 * OUTBOX_ANSWER_SIZE);
    buf_init(&clean, 4 * OUTBOX_ANSWER_SIZE);
    va_list args;
    va_start(args, format);
    buf_vprintf(&raw, format, args);
    va_end(args);
    render_line(&clean, buf_text(&raw), OUTBOX_ANSWER_SIZE / 4 - 4);
    verdict->kind = kind;
    text_copy(verdict->answer, sizeof(verdict->answer), buf_text(&clean));
    buf_deinit(&raw);
    buf_deinit(&clean);
}

mspan_t retry_delay(int64_t attempts, double jitter)
{
    static const mspan_t delays[] = {5 * MSEC_SECOND, 15 * MSEC_SECOND, MSEC_MINUTE,
                                     5 * MSEC_MINUTE, 15 * MSEC_MINUTE, MSEC_HOUR};
    assert(attempts >= 1 && jitter >= 0 && jitter < 1);
    size_t at = (size_t)MIN_OF(attempts - 1, (int64_t)ARRAY_LEN(delays) - 1);
    return (mspan_t)((double)delays[at] * (0.8 + 0.4 * jitter));
}
