/* SPDX-License-Identifier: MIT */
/*
 * principal - who is asking, and what they may do.  Made by account/, passed by value.
 */
#pragma once

#include <stdbool.h>

#include "model/org.h"

enum principal_kind {
    PRINCIPAL_NOBODY,
    PRINCIPAL_USER,  /* a person, by session */
    PRINCIPAL_TOKEN, /* an API key, read token or enrolment token */
    PRINCIPAL_HOST,  /* one host's agent */
    PRINCIPAL_KIND_COUNT,
};

enum principal_right {
    RIGHT_READ = 1 << 0,        /* look at everything of the organisation */
    RIGHT_OPERATE = 1 << 1,     /* acknowledge, clear */
    RIGHT_CONFIGURE = 1 << 2,   /* hosts, thresholds, channels, tokens, users */
    RIGHT_INGEST = 1 << 3,      /* write samples of any host */
    RIGHT_ENROL = 1 << 4,       /* add hosts */
    RIGHT_INGEST_HOST = 1 << 5, /* write samples of `host_id` only */
};

struct principal {
    enum principal_kind kind;
    org_id org;
    unsigned rights;  /* of enum principal_right */
    int64_t user_id;  /* PRINCIPAL_USER */
    int64_t token_id; /* PRINCIPAL_TOKEN, 0 for keys from the environment */
    int64_t host_id;  /* PRINCIPAL_HOST */
    char name[128];   /* for logs and history: e-mail, token name or host name */
};

static inline bool principal_may(const struct principal *who, unsigned rights)
{
    return (who->rights & rights) == rights;
}
