/* SPDX-License-Identifier: MIT */
#include "store/index_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

#define FIRST_SLOTS 64

struct index_org *index_org_new(org_id id, uint64_t seed)
{
    struct index_org *org = memory_calloc(1, sizeof(*org));
    org->id = id;
    org->seed = seed;
    org->first_free = INDEX_NO_PAIR;
    org->n_slots = FIRST_SLOTS;
    org->slots = memory_calloc(org->n_slots, sizeof(*org->slots));
    map_init(&org->names);
    return org;
}

void index_org_free(struct index_org *org)
{
    for (size_t i = 0; i < org->pairs.len; i++) {
        free(org->pairs.items[i].value);
        id_list_deinit(&org->pairs.items[i].ids);
    }
    for (size_t i = 0; i < org->name_list.len; i++) {
        free(org->name_list.items[i].text);
        VEC_DEINIT(&org->name_list.items[i].values);
    }
    VEC_DEINIT(&org->pairs);
    VEC_DEINIT(&org->name_list);
    id_list_deinit(&org->all);
    map_deinit(&org->names);
    free(org->slots);
    free(org);
}

static uint32_t hash_pair(const struct index_org *org, struct slice name, struct slice value)
{
    uint64_t hash = hash_bytes(name.data, name.len, org->seed);
    return (uint32_t)hash_bytes(value.data, value.len, hash);
}

static bool is_pair(const struct index_org *org, uint32_t number, struct slice name,
                    struct slice value)
{
    const struct index_pair *pair = &org->pairs.items[number];
    const struct index_name *own = &org->name_list.items[pair->name];
    return pair->value_len == value.len && own->len == name.len &&
           memcmp(pair->value, value.data, value.len) == 0 &&
           memcmp(own->text, name.data, name.len) == 0;
}

static uint32_t find(const struct index_org *org, uint32_t hash, struct slice name,
                     struct slice value)
{
    for (size_t i = hash;; i++) {
        uint32_t slot = org->slots[i & (org->n_slots - 1)];
        if (slot == 0)
            return INDEX_NO_PAIR;
        if (org->pairs.items[slot - 1].hash == hash && is_pair(org, slot - 1, name, value))
            return slot - 1;
    }
}

uint32_t index_find_pair(const struct index_org *org, struct slice name, struct slice value)
{
    return find(org, hash_pair(org, name, value), name, value);
}

static void place(struct index_org *org, uint32_t number)
{
    size_t i = org->pairs.items[number].hash;
    while (org->slots[i & (org->n_slots - 1)] != 0)
        i++;
    org->slots[i & (org->n_slots - 1)] = number + 1;
}

static void grow_slots(struct index_org *org)
{
    if ((org->n_pairs + 1) * 4 <= org->n_slots * 3)
        return;
    free(org->slots);
    org->n_slots *= 2;
    org->slots = memory_calloc(org->n_slots, sizeof(*org->slots));
    for (size_t i = 0; i < org->pairs.len; i++) {
        if (org->pairs.items[i].value != NULL)
            place(org, (uint32_t)i);
    }
}

static uint32_t make_name(struct index_org *org, struct slice text)
{
    uintptr_t known = (uintptr_t)map_find(&org->names, text.data, text.len);
    if (known != 0)
        return (uint32_t)known - 1;
    struct index_name name = {.text = memory_strndup(text.data, text.len), .len = text.len};
    VEC_PUSH(&org->name_list, name);
    map_put(&org->names, text.data, text.len, (void *)(uintptr_t)org->name_list.len);
    return (uint32_t)org->name_list.len - 1;
}

/* A number for a new pair. */
static uint32_t take_number(struct index_org *org)
{
    uint32_t number = org->first_free;
    if (number != INDEX_NO_PAIR) {
        org->first_free = org->pairs.items[number].at;
        return number;
    }
    const struct index_pair none = {0};
    VEC_PUSH(&org->pairs, none);
    return (uint32_t)org->pairs.len - 1;
}

uint32_t index_make_pair(struct index_org *org, struct slice name, struct slice value)
{
    uint32_t hash = hash_pair(org, name, value);
    uint32_t number = find(org, hash, name, value);
    if (number != INDEX_NO_PAIR)
        return number;
    grow_slots(org);
    number = take_number(org);
    uint32_t name_number = make_name(org, name);
    struct index_name *own = &org->name_list.items[name_number];
    org->pairs.items[number] = (struct index_pair){
        .value = memory_strndup(value.data, value.len),
        .value_len = (uint32_t)value.len,
        .name = name_number,
        .at = (uint32_t)own->values.len,
        .hash = hash,
    };
    VEC_PUSH(&own->values, number);
    place(org, number);
    org->n_pairs++;
    return number;
}

/* Empties the slot of a pair and moves back what would not be found behind it any more. */
static void leave_slot(struct index_org *org, uint32_t number)
{
    size_t mask = org->n_slots - 1, gap = org->pairs.items[number].hash & mask;
    while (org->slots[gap] != number + 1)
        gap = (gap + 1) & mask;
    for (size_t i = (gap + 1) & mask; org->slots[i] != 0; i = (i + 1) & mask) {
        size_t home = org->pairs.items[org->slots[i] - 1].hash & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            org->slots[gap] = org->slots[i];
            gap = i;
        }
    }
    org->slots[gap] = 0;
}

void index_leave_pair(struct index_org *org, uint32_t number, uint32_t id)
{
    struct index_pair *pair = &org->pairs.items[number];
    id_list_remove(&pair->ids, id);
    if (pair->ids.len > 0)
        return;
    leave_slot(org, number);
    struct index_name *name = &org->name_list.items[pair->name];
    assert(name->values.items[pair->at] == number);
    VEC_REMOVE_SWAP(&name->values, pair->at);
    if (pair->at < name->values.len)
        org->pairs.items[name->values.items[pair->at]].at = pair->at;
    free(pair->value);
    id_list_deinit(&pair->ids);
    *pair = (struct index_pair){.at = org->first_free};
    org->first_free = number;
    org->n_pairs--;
}

const struct index_name *index_find_name(const struct index_org *org, const char *text,
                                         uint32_t *out_number)
{
    uintptr_t known = (uintptr_t)map_find_text(&org->names, text);
    if (known == 0)
        return NULL;
    *out_number = (uint32_t)known - 1;
    return &org->name_list.items[known - 1];
}
