/* SPDX-License-Identifier: MIT */
#include "collect/unit_table.h"

#include <assert.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"

const char *const unit_state_names[] = {"unknown", "active",     "reloading",   "inactive",
                                        "failed",  "activating", "deactivating"};
_Static_assert(ARRAY_LEN(unit_state_names) == UNIT_STATE_COUNT, "a name for each state");

static void unit_free(struct unit *unit)
{
    free(unit->name);
    free(unit->path);
    free(unit->description);
    free(unit);
}

void unit_table_init(struct unit_table *table)
{
    memset(table, 0, sizeof(*table));
    map_init(&table->by_path);
}

void unit_table_deinit(struct unit_table *table)
{
    for (size_t i = 0; i < table->units.len; i++)
        unit_free(table->units.items[i]);
    VEC_DEINIT(&table->units);
    map_deinit(&table->by_path);
}

void unit_table_reset(struct unit_table *table)
{
    unit_table_deinit(table);
    unit_table_init(table);
}

enum unit_state unit_state_from_name(const char *name)
{
    for (enum unit_state state = UNIT_ACTIVE; state < UNIT_STATE_COUNT; state++) {
        if (text_is(name, unit_state_names[state]))
            return state;
    }
    return UNIT_UNKNOWN;
}

void unit_table_begin(struct unit_table *table)
{
    for (size_t i = 0; i < table->units.len; i++)
        table->units.items[i]->is_seen = false;
}

/* Where the name is, or would be. */
static size_t position(const struct unit_table *table, const char *name)
{
    size_t low = 0, high = table->units.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->units.items[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct unit *unit_table_add(struct unit_table *table, const char *path, const char *name)
{
    struct unit *unit = unit_table_find(table, path);
    if (unit != NULL) {
        unit->is_seen = true;
        return unit;
    }
    if (table->units.len == UNITS_MAX || unit_table_find_name(table, name) != NULL)
        return NULL;

    unit = memory_calloc(1, sizeof(*unit));
    unit->name = memory_strdup(name);
    unit->path = memory_strdup(path);
    unit->description = memory_strdup("");
    unit->is_seen = true;
    map_put_text(&table->by_path, path, unit);
    size_t at = position(table, name);
    VEC_PUSH(&table->units, unit);
    memmove(&table->units.items[at + 1], &table->units.items[at],
            (table->units.len - 1 - at) * sizeof(unit));
    table->units.items[at] = unit;
    return unit;
}

static void remove_at(struct unit_table *table, size_t at)
{
    struct unit *unit = table->units.items[at];
    map_remove_text(&table->by_path, unit->path);
    table->units.len--;
    memmove(&table->units.items[at], &table->units.items[at + 1],
            (table->units.len - at) * sizeof(unit));
    unit_free(unit);
}

void unit_table_commit(struct unit_table *table)
{
    for (size_t i = table->units.len; i > 0; i--) {
        if (!table->units.items[i - 1]->is_seen)
            remove_at(table, i - 1);
    }
}

struct unit *unit_table_find(const struct unit_table *table, const char *path)
{
    return map_find_text(&table->by_path, path);
}

struct unit *unit_table_find_name(const struct unit_table *table, const char *name)
{
    size_t at = position(table, name);
    bool is_there = at < table->units.len && text_is(table->units.items[at]->name, name);
    return is_there ? table->units.items[at] : NULL;
}

void unit_table_remove(struct unit_table *table, const char *path)
{
    const struct unit *unit = unit_table_find(table, path);
    if (unit != NULL)
        remove_at(table, position(table, unit->name));
}

void unit_set_description(struct unit *unit, const char *description)
{
    if (text_is(unit->description, description))
        return;
    free(unit->description);
    unit->description = memory_strdup(description);
}

void unit_set_state(struct unit *unit, enum unit_state state)
{
    unit->state = state;
    if (state == UNIT_ACTIVE || state == UNIT_RELOADING)
        unit->was_started = true;
}

static bool is_oneshot(const struct unit *unit)
{
    return text_is(unit->type, "oneshot");
}

bool unit_is_up(const struct unit *unit)
{
    return unit->state == UNIT_ACTIVE || unit->state == UNIT_RELOADING ||
           (unit->state == UNIT_ACTIVATING && is_oneshot(unit));
}

bool unit_is_notable(const struct unit *unit)
{
    if (unit->state == UNIT_UNKNOWN)
        return false;
    if (unit->state == UNIT_FAILED)
        return true;
    if (!unit->is_loaded)
        return false;
    if (unit->state == UNIT_INACTIVE)
        return unit->is_enabled && unit->was_started && !is_oneshot(unit);
    return true;
}
