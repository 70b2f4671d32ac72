/* SPDX-License-Identifier: MIT */
/*
 * unit_bus - keeps a table of units in step with systemd, over its D-Bus interface.
 *
 * The table is read once, then changed by the signals that systemd sends, and read anew every
 * minute and when units come or go; so a collection in which nothing happened costs one poll.
 * Nothing waits longer than UNIT_BUS_WAIT_MS.  A bus that cannot be reached is tried again
 * after a second, then twice that, up to a minute.
 */
#pragma once

#include "base/clock.h"
#include "collect/host_root.h"
#include "collect/unit_table.h"

#define UNIT_BUS_WAIT_MS 200

struct unit_bus;

/* `names` are watched beside all services; borrowed, NULL-terminated. */
struct unit_bus *unit_bus_new(const struct host_root *root, const char *const *names);
void unit_bus_free(struct unit_bus *bus);

/* Takes in what happened.  0, or -errno while there is no bus or no answer from it. */
int unit_bus_run(struct unit_bus *bus, mono_t now_ms);

/* Borrowed.  Empty until the first answer. */
const struct unit_table *unit_bus_table(const struct unit_bus *bus);

/* The unit that a name of the list leads to, aliases included; NULL when systemd has none. */
const struct unit *unit_bus_find(const struct unit_bus *bus, const char *name);
