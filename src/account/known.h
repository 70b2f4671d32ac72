/* SPDX-License-Identifier: MIT */
/*
 * known - what secrets resolve to, in memory, so that a request need not ask the database.
 *
 * A lookup that began before a revocation must not put its answer into the table after it.
 * Therefore the table has a generation, which every forgetting raises: read it before asking the
 * database, and known_add() drops the answer when it has moved on.
 *
 * The lock is never held during a database call.  Thread safe.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "account/secret.h"
#include "base/clock.h"
#include "base/map.h"
#include "model/principal.h"

#define KNOWN_MAX ((size_t)65536)

struct known {
    struct principal who;
    int64_t session_id; /* 0 = a token */
    int64_t token_id;   /* 0 = a session */
    int64_t user_id;    /* whose session or token; 0 = nobody's */
    int64_t host_id;    /* 0 = no host's */
    msec_t expires_ms;  /* 0 = never */
    msec_t used_ms;     /* last */
    msec_t written_ms;  /* what the database has as last use */
};

struct known_table {
    pthread_mutex_t lock;
    struct map by_hash; /* of struct known, owned */
    uint64_t generation;
};

void known_init(struct known_table *table);
void known_deinit(struct known_table *table);

/* Notes the use, which moves a session's end to now + idle.  False when it is not there, has
 * expired, or is a token where a session is meant or the other way round. */
bool known_find(struct known_table *table, const uint8_t hash[SECRET_HASH_BYTES],
                bool is_session, msec_t now, struct principal *out_who);

uint64_t known_generation(struct known_table *table);
void known_add(struct known_table *table, uint64_t generation,
               const uint8_t hash[SECRET_HASH_BYTES], const struct known *known);

/* Forgets those for which `matches` says so; NULL = all. */
typedef bool known_match_fn(const struct known *known, int64_t id);
void known_forget(struct known_table *table, known_match_fn *matches, int64_t id);

/* Copies those used a minute or more after what the database has, and takes them for written.
 * The caller frees the array. */
struct known *known_take_unwritten(struct known_table *table, size_t *out_count);
