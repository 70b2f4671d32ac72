/* SPDX-License-Identifier: MIT */
#include "alert/inbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

struct entry_key {
    org_id org;
    int64_t host_id;
};

void inbox_init(struct inbox *inbox)
{
    *inbox = (struct inbox){0};
    inbox->last = &inbox->first;
    map_init(&inbox->entries);
    pthread_mutex_init(&inbox->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&inbox->filled, &attributes);
    pthread_condattr_destroy(&attributes);
}

void inbox_deinit(struct inbox *inbox)
{
    inbox_entries_free(inbox->first);
    map_deinit(&inbox->entries);
    pthread_cond_destroy(&inbox->filled);
    pthread_mutex_destroy(&inbox->lock);
}

void inbox_entries_free(struct inbox_entry *first)
{
    while (first != NULL) {
        struct inbox_entry *next = first->next;
        free(first);
        first = next;
    }
}

/* The host's waiting entry, or a new one; NULL when there may be no more. */
static struct inbox_entry *entry_of(struct inbox *inbox, org_id org, int64_t host_id)
{
    struct entry_key key = {org, host_id};
    struct inbox_entry *entry = map_find(&inbox->entries, &key, sizeof(key));
    if (entry != NULL)
        return entry;
    if (inbox->is_closed || inbox->entries.len >= INBOX_HOSTS_MAX) {
        inbox->refused++;
        return NULL;
    }
    entry = memory_calloc(1, sizeof(*entry));
    entry->org = org;
    entry->host_id = host_id;
    map_put(&inbox->entries, &key, sizeof(key), entry);
    *inbox->last = entry;
    inbox->last = &entry->next;
    if (inbox->is_awaited)
        pthread_cond_signal(&inbox->filled);
    return entry;
}

void inbox_post_change(struct inbox *inbox, org_id org, int64_t host_id)
{
    pthread_mutex_lock(&inbox->lock);
    struct inbox_entry *entry = entry_of(inbox, org, host_id);
    if (entry != NULL) {
        entry->has_changed = inbox->is_urgent = true;
        pthread_cond_signal(&inbox->filled);
    }
    pthread_mutex_unlock(&inbox->lock);
}

void inbox_post_arrival(struct inbox *inbox, const struct inbox_entry *arrival)
{
    assert(arrival->host_id != 0);
    pthread_mutex_lock(&inbox->lock);
    struct inbox_entry *entry = entry_of(inbox, arrival->org, arrival->host_id);
    if (entry != NULL) {
        inbox->merged += entry->newest_at != 0 && arrival->newest_at != 0;
        entry->was_seen = true;
        entry->received = arrival->received;
        entry->received_mono = MAX_OF(entry->received_mono, arrival->received_mono);
        if (arrival->newest_at != 0) {
            entry->newest_at = MAX_OF(entry->newest_at, arrival->newest_at);
            text_copy(entry->instance, sizeof(entry->instance), arrival->instance);
            glance_merge(&entry->glance, &arrival->glance);
        }
    }
    pthread_mutex_unlock(&inbox->lock);
}

/* False when that time has come. */
static bool wait_until(struct inbox *inbox, mono_t until)
{
    struct timespec deadline = {.tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000};
    return pthread_cond_timedwait(&inbox->filled, &inbox->lock, &deadline) != ETIMEDOUT;
}

struct inbox_entry *inbox_take_all(struct inbox *inbox, mono_t until)
{
    pthread_mutex_lock(&inbox->lock);
    while (!inbox->is_closed && !inbox->is_urgent &&
           wait_until(inbox, inbox->taken_at + INBOX_PAUSE_MS))
        continue;
    inbox->is_awaited = true;
    while (inbox->first == NULL && !inbox->is_closed && wait_until(inbox, until))
        continue;
    inbox->is_awaited = inbox->is_urgent = false;
    struct inbox_entry *first = inbox->first;
    if (first != NULL)
        inbox->taken_at = clock_mono_ms();
    inbox->first = NULL;
    inbox->last = &inbox->first;
    map_deinit(&inbox->entries);
    map_init(&inbox->entries);
    pthread_mutex_unlock(&inbox->lock);
    return first;
}

void inbox_close(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->is_closed = true;
    pthread_cond_broadcast(&inbox->filled);
    pthread_mutex_unlock(&inbox->lock);
}

bool inbox_is_closed(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    bool is_closed = inbox->is_closed;
    pthread_mutex_unlock(&inbox->lock);
    return is_closed;
}
