/* SPDX-License-Identifier: MIT */
/*
 * channel - the seam between the outbox and a way of telling people.
 *
 * A kind is one file that ends in its const struct channel_kind, and one line in the table of
 * channel.c.  It fills a transfer for a message and judges how the transfer ended; the thread,
 * retries, deadlines and the outbox are notify.c's.
 */
#pragma once

#include <jansson.h>

#include "base/clock.h"
#include "notify/fields.h"
#include "notify/message.h"
#include "notify/transfer.h"

enum verdict_kind {
    VERDICT_DELIVERED,
    VERDICT_RETRY,
    VERDICT_FAILED, /* for good: trying again would not help */
    VERDICT_KIND_COUNT
};

struct verdict {
    enum verdict_kind kind;
    mspan_t retry_after; /* what the receiver asked for; 0 = nothing */
    char answer[OUTBOX_ANSWER_SIZE];
};

struct channel_request {
    const json_t *config, *secrets; /* checked */
    const struct message *message;
    msec_t now;
};

struct channel_kind {
    const char *name;
    bool is_read; /* by people: what is too much for them becomes digests */
    const struct channel_field *fields;
    size_t n_fields;
    /* What the fields alone do not say; NULL = nothing.  0; -errno with the refusal. */
    int (*check)(const json_t *config, const json_t *secrets, struct refusal *out_refusal);
    /* Fills the transfer.  0, -ENOMEM, -ENOBUFS. */
    int (*prepare)(struct transfer *transfer, const struct channel_request *request);
    void (*judge)(const struct transfer *transfer, CURLcode code, struct verdict *out_verdict);
};

extern const struct channel_kind email_channel;
extern const struct channel_kind webhook_channel;
extern const struct channel_kind telegram_channel;
extern const struct channel_kind discord_channel;
extern const struct channel_kind slack_channel;
extern const struct channel_kind ntfy_channel;
extern const struct channel_kind gotify_channel;
extern const struct channel_kind pushover_channel;

/* NULL when there is no such kind. */
const struct channel_kind *channel_kind_find(const char *name);

/* "email, webhook" */
void channel_kind_names(char *out, size_t size);

/* 0; -errno with the refusal. */
int channel_check(const struct channel_kind *kind, const json_t *config, const json_t *secrets,
                  struct refusal *out_refusal);

/* Sets kind and answer; the text is made a clean line. */
void verdict_set(struct verdict *verdict, enum verdict_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* How long to wait after the attempt numbered `attempts` (from 1) failed; `jitter` is from
 * [0, 1) and moves it by up to a fifth either way. */
mspan_t retry_delay(int64_t attempts, double jitter);
