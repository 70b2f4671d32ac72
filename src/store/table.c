/* SPDX-License-Identifier: MIT */
#include "store/table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"

#define FIRST_SLOTS 8u

void table_init(struct table *table)
{
    *table = (struct table){0};
    for (size_t i = 0; i < TABLE_PARTS; i++)
        pthread_mutex_init(&table->parts[i].lock, NULL);
    pthread_mutex_init(&table->alias_lock, NULL);
    map_init(&table->aliases);
}

void table_deinit(struct table *table)
{
    for (size_t i = 0; i < TABLE_PARTS; i++) {
        free(table->parts[i].slots);
        pthread_mutex_destroy(&table->parts[i].lock);
    }
    map_deinit(&table->aliases);
    pthread_mutex_destroy(&table->alias_lock);
}

/* One half of a name says which part, the other where in it. */
static struct table_part *part_of(struct table *table, struct hash128 name)
{
    return &table->parts[name.high % TABLE_PARTS];
}

uint32_t table_find(struct table *table, struct hash128 name, struct table_cursor *cursor)
{
    struct table_part *part = part_of(table, name);
    uint32_t key = (uint32_t)name.low, id = 0;
    pthread_mutex_lock(&part->lock);
    uint32_t at = cursor->begun ? cursor->at + 1 : key;
    for (uint32_t seen = 0; seen < part->capacity; seen++, at++) {
        const struct table_slot *slot = &part->slots[at & (part->capacity - 1)];
        if (slot->id == 0)
            break;
        if (slot->name == key) {
            id = slot->id;
            break;
        }
    }
    pthread_mutex_unlock(&part->lock);
    *cursor = (struct table_cursor){at, true};
    return id;
}

static void place(struct table_part *part, struct table_slot slot)
{
    uint32_t at = slot.name;
    while (part->slots[at & (part->capacity - 1)].id != 0)
        at++;
    part->slots[at & (part->capacity - 1)] = slot;
}

static void grow(struct table_part *part)
{
    struct table_slot *old = part->slots;
    uint32_t old_capacity = part->capacity;
    part->capacity = old_capacity == 0 ? FIRST_SLOTS : old_capacity * 2;
    part->slots = memory_calloc(part->capacity, sizeof(*part->slots));
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i].id != 0)
            place(part, old[i]);
    }
    free(old);
}

void table_add(struct table *table, struct hash128 name, uint32_t id)
{
    struct table_part *part = part_of(table, name);
    assert(id != 0);
    pthread_mutex_lock(&part->lock);
    if (((uint64_t)part->len + 1) * 4 > (uint64_t)part->capacity * 3)
        grow(part);
    place(part, (struct table_slot){(uint32_t)name.low, id});
    part->len++;
    pthread_mutex_unlock(&part->lock);
}

/* Closes the gap at `at`: moves back what would not be found behind it any more. */
static void close_gap(struct table_part *part, uint32_t at)
{
    uint32_t mask = part->capacity - 1, gap = at & mask;
    for (uint32_t i = (gap + 1) & mask; part->slots[i].id != 0; i = (i + 1) & mask) {
        uint32_t home = part->slots[i].name & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            part->slots[gap] = part->slots[i];
            gap = i;
        }
    }
    part->slots[gap] = (struct table_slot){0};
}

void table_remove(struct table *table, struct hash128 name, uint32_t id)
{
    struct table_part *part = part_of(table, name);
    pthread_mutex_lock(&part->lock);
    uint32_t at = (uint32_t)name.low;
    for (uint32_t seen = 0; seen < part->capacity; seen++, at++) {
        const struct table_slot *slot = &part->slots[at & (part->capacity - 1)];
        if (slot->id == 0)
            break;
        if (slot->id == id) {
            close_gap(part, at);
            part->len--;
            break;
        }
    }
    pthread_mutex_unlock(&part->lock);
}

uint32_t table_find_alias(struct table *table, struct hash128 name)
{
    if (__atomic_load_n(&table->n_aliases, __ATOMIC_RELAXED) == 0)
        return 0;
    pthread_mutex_lock(&table->alias_lock);
    uintptr_t id = (uintptr_t)map_find(&table->aliases, &name, sizeof(name));
    pthread_mutex_unlock(&table->alias_lock);
    return (uint32_t)id;
}

void table_add_alias(struct table *table, struct hash128 name, uint32_t id)
{
    pthread_mutex_lock(&table->alias_lock);
    map_put(&table->aliases, &name, sizeof(name), (void *)(uintptr_t)id);
    __atomic_store_n(&table->n_aliases, table->aliases.len, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&table->alias_lock);
}

void table_remove_alias(struct table *table, struct hash128 name)
{
    pthread_mutex_lock(&table->alias_lock);
    map_remove(&table->aliases, &name, sizeof(name));
    __atomic_store_n(&table->n_aliases, table->aliases.len, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&table->alias_lock);
}
