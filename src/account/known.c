/* SPDX-License-Identifier: MIT */
#include "account/known.h"

#include <stdlib.h>

#include "account/account.h"
#include "base/memory.h"

#define KNOWN_WRITE_EVERY MSEC_MINUTE

void known_init(struct known_table *table)
{
    pthread_mutex_init(&table->lock, NULL);
    map_init(&table->by_hash);
    table->generation = 0;
}

void known_deinit(struct known_table *table)
{
    known_forget(table, NULL, 0);
    map_deinit(&table->by_hash);
    pthread_mutex_destroy(&table->lock);
}

bool known_find(struct known_table *table, const uint8_t hash[SECRET_HASH_BYTES],
                bool is_session, msec_t now, struct principal *out_who)
{
    bool found = false;
    pthread_mutex_lock(&table->lock);
    struct known *known = map_find(&table->by_hash, hash, SECRET_HASH_BYTES);
    if (known != NULL && (known->session_id != 0) == is_session &&
        (known->expires_ms == 0 || now < known->expires_ms)) {
        if (now > known->used_ms)
            known->used_ms = now;
        if (known->expires_ms != 0)
            known->expires_ms = known->used_ms + ACCOUNT_SESSION_IDLE;
        *out_who = known->who;
        found = true;
    }
    pthread_mutex_unlock(&table->lock);
    return found;
}

uint64_t known_generation(struct known_table *table)
{
    pthread_mutex_lock(&table->lock);
    uint64_t generation = table->generation;
    pthread_mutex_unlock(&table->lock);
    return generation;
}

/* Keeps what does not match, in a new map: a map may not change while it is walked. */
static void forget_locked(struct known_table *table, known_match_fn *matches, int64_t id)
{
    struct map kept;
    map_init(&kept);
    for (struct map_slot *slot = NULL; (slot = map_next(&table->by_hash, slot)) != NULL;) {
        if (matches == NULL || matches(slot->value, id))
            free(slot->value);
        else
            map_put(&kept, slot->key, slot->key_len, slot->value);
    }
    map_deinit(&table->by_hash);
    table->by_hash = kept;
}

void known_add(struct known_table *table, uint64_t generation,
               const uint8_t hash[SECRET_HASH_BYTES], const struct known *known)
{
    pthread_mutex_lock(&table->lock);
    if (generation == table->generation) {
        if (table->by_hash.len >= KNOWN_MAX)
            forget_locked(table, NULL, 0);
        struct known *copy = memory_alloc(sizeof(*copy));
        *copy = *known;
        free(map_put(&table->by_hash, hash, SECRET_HASH_BYTES, copy));
    }
    pthread_mutex_unlock(&table->lock);
}

void known_forget(struct known_table *table, known_match_fn *matches, int64_t id)
{
    pthread_mutex_lock(&table->lock);
    table->generation++;
    forget_locked(table, matches, id);
    pthread_mutex_unlock(&table->lock);
}

struct known *known_take_unwritten(struct known_table *table, size_t *out_count)
{
    size_t count = 0;
    pthread_mutex_lock(&table->lock);
    struct known *taken = memory_calloc(table->by_hash.len + 1, sizeof(*taken));
    for (struct map_slot *slot = NULL; (slot = map_next(&table->by_hash, slot)) != NULL;) {
        struct known *known = slot->value;
        if (known->used_ms - known->written_ms < KNOWN_WRITE_EVERY)
            continue;
        known->written_ms = known->used_ms;
        taken[count++] = *known;
    }
    pthread_mutex_unlock(&table->lock);
    *out_count = count;
    return taken;
}
