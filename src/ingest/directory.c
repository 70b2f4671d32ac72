/* SPDX-License-Identifier: MIT */
#include "ingest/directory.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

struct entry {
    int64_t id;
    org_id org;
    char name[HOST_NAME_MAX_BYTES + 1];
};

struct directory {
    pthread_rwlock_t lock;
    struct map by_name; /* org and name → entry, which it shares with by_id */
    struct map by_id;   /* id → entry; owns it */
};

/* The key of by_name: the organisation's bytes, then the name's. */
struct name_key {
    char bytes[sizeof(org_id) + HOST_NAME_MAX_BYTES];
    size_t len;
};

static bool make_key(org_id org, struct slice name, struct name_key *out_key)
{
    if (name.len > HOST_NAME_MAX_BYTES)
        return false;
    memcpy(out_key->bytes, &org, sizeof(org));
    memcpy(out_key->bytes + sizeof(org), name.data, name.len);
    out_key->len = sizeof(org) + name.len;
    return true;
}

struct directory *directory_new(void)
{
    struct directory *directory = memory_calloc(1, sizeof(*directory));
    pthread_rwlock_init(&directory->lock, NULL);
    map_init(&directory->by_name);
    map_init(&directory->by_id);
    return directory;
}

void directory_free(struct directory *directory)
{
    if (directory == NULL)
        return;
    for (struct map_slot *slot = NULL; (slot = map_next(&directory->by_id, slot)) != NULL;)
        free(slot->value);
    map_deinit(&directory->by_name);
    map_deinit(&directory->by_id);
    pthread_rwlock_destroy(&directory->lock);
    free(directory);
}

static void remove_locked(struct directory *directory, int64_t host_id)
{
    struct entry *entry = map_remove(&directory->by_id, &host_id, sizeof(host_id));
    if (entry == NULL)
        return;
    struct name_key key;
    if (make_key(entry->org, slice_of(entry->name), &key) &&
        map_find(&directory->by_name, key.bytes, key.len) == entry)
        map_remove(&directory->by_name, key.bytes, key.len);
    free(entry);
}

void directory_add(struct directory *directory, org_id org, int64_t host_id, const char *name)
{
    struct name_key key;
    bool fits = make_key(org, slice_of(name), &key);
    assert(fits);

    struct entry *entry = memory_calloc(1, sizeof(*entry));
    entry->id = host_id;
    entry->org = org;
    text_copy(entry->name, sizeof(entry->name), name);

    pthread_rwlock_wrlock(&directory->lock);
    remove_locked(directory, host_id);
    map_put(&directory->by_id, &host_id, sizeof(host_id), entry);
    map_put(&directory->by_name, key.bytes, key.len, entry);
    pthread_rwlock_unlock(&directory->lock);
}

void directory_remove(struct directory *directory, int64_t host_id)
{
    pthread_rwlock_wrlock(&directory->lock);
    remove_locked(directory, host_id);
    pthread_rwlock_unlock(&directory->lock);
}

int64_t directory_find(struct directory *directory, org_id org, struct slice name)
{
    struct name_key key;
    if (!make_key(org, name, &key))
        return 0;
    pthread_rwlock_rdlock(&directory->lock);
    const struct entry *entry = map_find(&directory->by_name, key.bytes, key.len);
    int64_t id = entry == NULL ? 0 : entry->id;
    pthread_rwlock_unlock(&directory->lock);
    return id;
}

bool directory_name(struct directory *directory, int64_t host_id, char *out, size_t size)
{
    pthread_rwlock_rdlock(&directory->lock);
    const struct entry *entry = map_find(&directory->by_id, &host_id, sizeof(host_id));
    bool found = entry != NULL && text_copy(out, size, entry->name);
    pthread_rwlock_unlock(&directory->lock);
    return found;
}
