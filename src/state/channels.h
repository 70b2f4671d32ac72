/* SPDX-License-Identifier: MIT */
/*
 * channels - the ways by which an organisation is told, as rows, with how they are doing.
 *
 * What a configuration means is notify/'s; here it is JSON text and sealed bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/org.h"
#include "state/db.h"

#define CHANNEL_NAME_MAX_BYTES 100

struct channel {
    int64_t id;
    org_id org;
    char kind[32];
    char name[CHANNEL_NAME_MAX_BYTES + 1];
    bool enabled;
    char *config;           /* owned; JSON object */
    unsigned char *secrets; /* owned; sealed JSON object */
    size_t secrets_len;
    msec_t created_ms, updated_ms;
    msec_t last_delivered_ms, last_failed_ms; /* 0 = never */
    char last_error[512];                     /* "" after a delivery */
    int64_t failures;                         /* attempts in a row that failed */
};

void channel_deinit(struct channel *channel);

/* `channel` is borrowed for the call. */
typedef int channel_fn(const struct channel *channel, void *arg);

/* 0, -EEXIST (name taken). */
int channels_add(struct db *db, const struct channel *channel, int64_t *out_id);

/* Stores name, enabled, config, secrets.  0, -EEXIST, -ENOENT. */
int channels_update(struct db *db, const struct channel *channel);

/* Its outbox goes too.  0, -ENOENT. */
int channels_remove(struct db *db, org_id org, int64_t id);

/* The caller has channel_deinit() to call.  0, -ENOENT. */
int channels_find(struct db *db, org_id org, int64_t id, struct channel *out_channel);

/* Whatever its organisation: for the one who delivers. */
int channels_load(struct db *db, int64_t id, struct channel *out_channel);

/* By name. */
int channels_each(struct db *db, org_id org, channel_fn *fn, void *arg);

/* Ids of those that are enabled, at most `max`: 0, -E2BIG. */
int channels_enabled(struct db *db, org_id org, int64_t *out_ids, size_t max,
                     size_t *out_count);

int channels_note_delivered(struct db *db, int64_t id, msec_t now);
int channels_note_failed(struct db *db, int64_t id, const char *error, msec_t now);
