/* SPDX-License-Identifier: MIT */
/*
 * message - what people are to be told, as it was when it happened.
 *
 * It is queued as JSON with everything that rendering needs, because the alert, the host and
 * the settings go on changing while a message waits.
 */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "model/alert.h"
#include "state/outbox.h"

#define MESSAGE_JSON_MAX_BYTES ((size_t)64 * 1024)

enum message_kind {
    MESSAGE_ALERT,
    MESSAGE_TEST,   /* the event is empty */
    MESSAGE_DIGEST, /* many in one; the event says how bad the worst of them is */
    MESSAGE_NOTICE, /* another channel fails (the event fired), or works again (resolved) */
    MESSAGE_KIND_COUNT
};

#define MESSAGE_DIGEST_LINES 12

struct digest_line {
    enum alert_transition transition;
    enum alert_severity severity;
    char summary[240];
};

/* What a digest stands for. */
struct message_digest {
    int64_t fired, resolved, hosts;                 /* how many */
    struct digest_line lines[MESSAGE_DIGEST_LINES]; /* the worst, worst first */
    size_t n_lines;
};

struct message {
    enum message_kind kind;
    struct alert_event event;
    struct message_digest digest;
    char public_url[256];                  /* of the dashboard, "" = not known */
    char idempotency_key[OUTBOX_KEY_SIZE]; /* the same in each attempt */
    char channel[128];                     /* name, of a test's or a notice's */
    char reason[256];                      /* of a notice: what the receiver said last */
};

/* "fired", "resolved", "test", "digest", "channel_failing", "channel_recovered". */
const char *message_event_name(const struct message *message);

/* The JSON to queue.  The key is not part of it, the outbox row has it. */
void message_write(const struct message *message, struct json *json);

/* From such JSON.  Texts that are too long are cut.  0, -EBADMSG. */
int message_read(const char *text, struct message *out_message);

/* The alert as the API shows it. */
void message_write_alert(const struct alert *alert, struct json *json);
