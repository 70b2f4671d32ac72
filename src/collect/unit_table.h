/* SPDX-License-Identifier: MIT */
/*
 * unit_table - the systemd units that are watched, and which of them are worth telling.
 *
 * Units are known by their D-Bus object path; several names may lead to one unit.  The table
 * owns its units and is bounded: past UNITS_MAX new ones are not taken in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "base/vec.h"

#define UNITS_MAX      2048
#define UNIT_TYPE_SIZE 24

enum unit_state {
    UNIT_UNKNOWN,
    UNIT_ACTIVE,
    UNIT_RELOADING,
    UNIT_INACTIVE,
    UNIT_FAILED,
    UNIT_ACTIVATING,
    UNIT_DEACTIVATING,
    UNIT_STATE_COUNT
};

extern const char *const unit_state_names[UNIT_STATE_COUNT]; /* as `systemctl is-active` says */

struct unit {
    char *name, *path, *description; /* owned */
    enum unit_state state;
    bool is_loaded;            /* its file was found and is in order */
    bool is_described;         /* the next three were asked for */
    bool is_enabled;           /* starts with the host */
    bool was_started;          /* since the host was started */
    char type[UNIT_TYPE_SIZE]; /* simple, notify, oneshot, ...; "" = not known */
    bool is_seen;              /* in the list that is being read */
};

struct unit_table {
    struct map by_path;
    VEC(struct unit *) units; /* sorted by name; owned */
};

void unit_table_init(struct unit_table *table);
void unit_table_deinit(struct unit_table *table);
void unit_table_reset(struct unit_table *table);

enum unit_state unit_state_from_name(const char *name);

/* A list is read between begin and commit; what is not in it is forgotten. */
void unit_table_begin(struct unit_table *table);
struct unit *unit_table_add(struct unit_table *table, const char *path, const char *name);
void unit_table_commit(struct unit_table *table);

struct unit *unit_table_find(const struct unit_table *table, const char *path);
struct unit *unit_table_find_name(const struct unit_table *table, const char *name);
void unit_table_remove(struct unit_table *table, const char *path);

void unit_set_description(struct unit *unit, const char *description);
void unit_set_state(struct unit *unit, enum unit_state state);

/* Does the unit do what it should? */
bool unit_is_up(const struct unit *unit);

/* Worth telling without being asked for: it runs, has failed, or was stopped although it
 * starts with the host.  Services that end by themselves are not missed. */
bool unit_is_notable(const struct unit *unit);
