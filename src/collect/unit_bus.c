/* SPDX-License-Identifier: MIT */
/*
 * Every call is asynchronous: the answer arrives in a later sd_bus_process(), and only a table
 * that was never filled is waited for, so that the very first collection has it.
 *
 * Names in the list that are no unit's own name may be aliases (sshd.service for ssh.service);
 * GetUnit leads from them to the unit's path.
 */
#include "collect/unit_bus.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/text.h"
#include "collect/registry.h"

#define REFRESH_MS       ((mspan_t)60000)
#define REFRESH_SOON_MS  ((mspan_t)2000) /* units come in crowds */
#define CALL_TIMEOUT_US  ((uint64_t)10000000)
#define BACKOFF_FIRST_MS ((mspan_t)1000)
#define BACKOFF_LAST_MS  ((mspan_t)60000)
#define MESSAGES_MAX     2000 /* per run */

#define SYSTEMD      "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define MANAGER      "org.freedesktop.systemd1.Manager"
#define UNIT         "org.freedesktop.systemd1.Unit"
#define SERVICE      "org.freedesktop.systemd1.Service"
#define PROPERTIES   "org.freedesktop.DBus.Properties"

struct alias {
    const char *name; /* borrowed from the list */
    char *path;       /* owned; NULL = leads nowhere */
    struct unit_bus *bus;
};

struct unit_bus {
    const struct host_root *root;
    sd_bus *connection; /* owned; NULL while there is none */
    struct unit_table table;
    struct alias *aliases; /* owned; one per name in the list */
    size_t n_aliases;
    bool is_reading; /* a list was asked for and is not here */
    bool is_waiting; /* for what the first list and its questions bring */
    size_t n_open;   /* questions about units without an answer */
    mono_t read_at_ms;
    mono_t refresh_at_ms;
    mono_t try_at_ms; /* the next connection */
    mspan_t backoff_ms;
    mono_t now_ms;
    int error; /* why there is no table */
};

struct unit_bus *unit_bus_new(const struct host_root *root, const char *const *names)
{
    struct unit_bus *bus = memory_calloc(1, sizeof(*bus));
    bus->root = root;
    bus->backoff_ms = BACKOFF_FIRST_MS;
    bus->error = -ENOTCONN;
    unit_table_init(&bus->table);
    size_t count = 0;
    while (names != NULL && names[count] != NULL)
        count++;
    bus->n_aliases = count;
    bus->aliases = memory_calloc(count + 1, sizeof(*bus->aliases));
    for (size_t i = 0; i < count; i++)
        bus->aliases[i] = (struct alias){.name = names[i], .bus = bus};
    return bus;
}

static void disconnect(struct unit_bus *bus)
{
    /* Not flushing: that could wait for a bus that does not listen. */
    sd_bus_close_unref(bus->connection);
    bus->connection = NULL;
    bus->is_reading = bus->is_waiting = false;
    bus->n_open = 0;
    unit_table_reset(&bus->table);
}

void unit_bus_free(struct unit_bus *bus)
{
    if (bus == NULL)
        return;
    disconnect(bus);
    unit_table_deinit(&bus->table);
    for (size_t i = 0; i < bus->n_aliases; i++)
        free(bus->aliases[i].path);
    free(bus->aliases);
    free(bus);
}

const struct unit_table *unit_bus_table(const struct unit_bus *bus)
{
    return &bus->table;
}

const struct unit *unit_bus_find(const struct unit_bus *bus, const char *name)
{
    const struct unit *unit = unit_table_find_name(&bus->table, name);
    for (size_t i = 0; i < bus->n_aliases && unit == NULL; i++) {
        if (text_is(bus->aliases[i].name, name) && bus->aliases[i].path != NULL)
            unit = unit_table_find(&bus->table, bus->aliases[i].path);
    }
    return unit;
}

static void refresh_soon(struct unit_bus *bus)
{
    mono_t soon = MAX_OF(bus->now_ms, bus->read_at_ms + REFRESH_SOON_MS);
    bus->refresh_at_ms = MIN_OF(bus->refresh_at_ms, soon);
}

/* A question about one unit, which may be gone when the answer comes. */
struct question {
    struct unit_bus *bus;
    const char *property;
    char path[];
};

static int call_async(struct unit_bus *bus, sd_bus_message *call,
                      sd_bus_message_handler_t answer, void *owned)
{
    sd_bus_slot *slot = NULL;
    int error = sd_bus_call_async(bus->connection, &slot, call, answer,
                                  owned != NULL ? owned : bus, CALL_TIMEOUT_US);
    sd_bus_message_unref(call);
    if (error < 0) {
        free(owned);
        return error;
    }
    if (owned != NULL)
        sd_bus_slot_set_destroy_callback(slot, free);
    sd_bus_slot_set_floating(slot, 1);
    sd_bus_slot_unref(slot);
    return 0;
}

static int take_property(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
    (void)error;
    const struct question *question = userdata;
    question->bus->n_open -= question->bus->n_open > 0;
    struct unit *unit = unit_table_find(&question->bus->table, question->path);
    if (unit == NULL || sd_bus_message_is_method_error(answer, NULL))
        return 0;

    const char *text;
    uint64_t time_us;
    if (text_is(question->property, "ActiveEnterTimestamp")) {
        if (sd_bus_message_read(answer, "v", "t", &time_us) >= 0 && time_us > 0)
            unit->was_started = true;
        return 0;
    }
    if (sd_bus_message_read(answer, "v", "s", &text) < 0)
        return 0;
    if (text_is(question->property, "Type"))
        text_copy(unit->type, sizeof(unit->type), text);
    else
        unit->is_enabled = text_is(text, "enabled") || text_is(text, "enabled-runtime");
    return 0;
}

static int ask_property(struct unit_bus *bus, const struct unit *unit, const char *interface,
                        const char *property)
{
    sd_bus_message *call = NULL;
    int error = sd_bus_message_new_method_call(bus->connection, &call, SYSTEMD, unit->path,
                                               PROPERTIES, "Get");
    if (error >= 0)
        error = sd_bus_message_append(call, "ss", interface, property);
    if (error < 0) {
        sd_bus_message_unref(call);
        return error;
    }
    size_t size = strlen(unit->path) + 1;
    struct question *question = memory_alloc(sizeof(*question) + size);
    question->bus = bus;
    question->property = property;
    memcpy(question->path, unit->path, size);
    error = call_async(bus, call, take_property, question);
    bus->n_open += error == 0;
    return error;
}

static void describe_unit(struct unit_bus *bus, struct unit *unit)
{
    if (unit->is_described || !unit->is_loaded)
        return;
    unit->is_described = true;
    ask_property(bus, unit, UNIT, "UnitFileState");
    ask_property(bus, unit, UNIT, "ActiveEnterTimestamp");
    if (text_has_suffix(unit->name, ".service"))
        ask_property(bus, unit, SERVICE, "Type");
}

static int take_alias(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
    (void)error;
    struct alias *alias = userdata;
    const char *path;
    free(alias->path);
    alias->path = NULL;
    if (!sd_bus_message_is_method_error(answer, NULL) &&
        sd_bus_message_read(answer, "o", &path) >= 0)
        alias->path = memory_strdup(path);
    return 0;
}

static void resolve_aliases(struct unit_bus *bus)
{
    for (size_t i = 0; i < bus->n_aliases; i++) {
        struct alias *alias = &bus->aliases[i];
        if (unit_table_find_name(&bus->table, alias->name) == NULL)
            sd_bus_call_method_async(bus->connection, NULL, SYSTEMD, SYSTEMD_PATH, MANAGER,
                                     "GetUnit", take_alias, alias, "s", alias->name);
    }
}

static int read_units(struct unit_bus *bus, sd_bus_message *answer)
{
    int error = sd_bus_message_enter_container(answer, 'a', "(ssssssouso)");
    while (error >= 0) {
        const char *name, *description, *load, *active, *path;
        error = sd_bus_message_read(answer, "(ssssssouso)", &name, &description, &load, &active,
                                    NULL, NULL, &path, NULL, NULL, NULL);
        if (error <= 0)
            break;
        struct unit *unit = unit_table_add(&bus->table, path, name);
        if (unit == NULL)
            continue;
        unit_set_description(unit, description);
        unit->is_loaded = text_is(load, "loaded");
        unit_set_state(unit, unit_state_from_name(active));
    }
    return error;
}

static int take_units(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
    (void)error;
    struct unit_bus *bus = userdata;
    bus->is_reading = false;
    if (sd_bus_message_is_method_error(answer, NULL)) {
        bus->error = -sd_bus_message_get_errno(answer);
        return 0;
    }
    unit_table_begin(&bus->table);
    int result = read_units(bus, answer);
    if (result < 0) {
        bus->error = result;
        return 0;
    }
    unit_table_commit(&bus->table);
    bus->error = 0;
    bus->backoff_ms = BACKOFF_FIRST_MS;
    for (size_t i = 0; i < bus->table.units.len; i++)
        describe_unit(bus, bus->table.units.items[i]);
    resolve_aliases(bus);
    return 0;
}

static int ask_units(struct unit_bus *bus)
{
    sd_bus_message *call = NULL;
    int error = sd_bus_message_new_method_call(bus->connection, &call, SYSTEMD, SYSTEMD_PATH,
                                               MANAGER, "ListUnitsByPatterns");
    if (error >= 0)
        error = sd_bus_message_append(call, "as", 0);
    if (error >= 0)
        error = sd_bus_message_open_container(call, 'a', "s");
    if (error >= 0)
        error = sd_bus_message_append(call, "s", "*.service");
    for (size_t i = 0; i < bus->n_aliases && error >= 0; i++)
        error = sd_bus_message_append(call, "s", bus->aliases[i].name);
    if (error >= 0)
        error = sd_bus_message_close_container(call);
    if (error < 0) {
        sd_bus_message_unref(call);
        return error;
    }
    bus->is_reading = true;
    bus->read_at_ms = bus->now_ms;
    bus->refresh_at_ms = bus->now_ms + REFRESH_MS;
    return call_async(bus, call, take_units, NULL);
}

/* The dictionary of changed properties; only the state matters. */
static int take_changes(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    (void)error;
    struct unit_bus *bus = userdata;
    struct unit *unit = unit_table_find(&bus->table, sd_bus_message_get_path(signal));
    const char *interface, *key, *state;
    if (unit == NULL || sd_bus_message_read(signal, "s", &interface) < 0 ||
        !text_is(interface, UNIT) || sd_bus_message_enter_container(signal, 'a', "{sv}") < 0)
        return 0;

    while (sd_bus_message_enter_container(signal, 'e', "sv") > 0) {
        if (sd_bus_message_read(signal, "s", &key) < 0)
            return 0;
        if (!text_is(key, "ActiveState")) {
            if (sd_bus_message_skip(signal, "v") < 0)
                return 0;
        } else if (sd_bus_message_read(signal, "v", "s", &state) >= 0) {
            unit_set_state(unit, unit_state_from_name(state));
            describe_unit(bus, unit);
        }
        if (sd_bus_message_exit_container(signal) < 0)
            return 0;
    }
    return 0;
}

static bool is_watched(const struct unit_bus *bus, const char *name)
{
    if (text_has_suffix(name, ".service"))
        return true;
    for (size_t i = 0; i < bus->n_aliases; i++) {
        if (text_is(bus->aliases[i].name, name))
            return true;
    }
    return false;
}

static int take_new_unit(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    (void)error;
    struct unit_bus *bus = userdata;
    const char *name, *path;
    if (sd_bus_message_read(signal, "so", &name, &path) >= 0 && is_watched(bus, name) &&
        unit_table_find(&bus->table, path) == NULL)
        refresh_soon(bus);
    return 0;
}

static int take_removed_unit(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    (void)error;
    struct unit_bus *bus = userdata;
    const char *name, *path;
    if (sd_bus_message_read(signal, "so", &name, &path) >= 0)
        unit_table_remove(&bus->table, path);
    return 0;
}

/* Unit files were enabled, disabled or changed: what was said about units may be old. */
static int take_new_files(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    (void)signal;
    (void)error;
    struct unit_bus *bus = userdata;
    for (size_t i = 0; i < bus->table.units.len; i++)
        bus->table.units.items[i]->is_described = false;
    refresh_soon(bus);
    return 0;
}

static int subscribe(struct unit_bus *bus)
{
    static const struct {
        const char *rule;
        sd_bus_message_handler_t handler;
    } matches[] = {
        {"type='signal',sender='" SYSTEMD "',interface='" PROPERTIES
         "',member='PropertiesChanged',path_namespace='" SYSTEMD_PATH "/unit',arg0='" UNIT "'",
         take_changes},
        {"type='signal',sender='" SYSTEMD "',interface='" MANAGER "',member='UnitNew'",
         take_new_unit},
        {"type='signal',sender='" SYSTEMD "',interface='" MANAGER "',member='UnitRemoved'",
         take_removed_unit},
        {"type='signal',sender='" SYSTEMD "',interface='" MANAGER "',member='UnitFilesChanged'",
         take_new_files},
        {"type='signal',sender='" SYSTEMD "',interface='" MANAGER "',member='Reloading'",
         take_new_files},
    };
    for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
        int error = sd_bus_add_match_async(bus->connection, NULL, matches[i].rule,
                                           matches[i].handler, NULL, bus);
        if (error < 0)
            return error;
    }
    return sd_bus_call_method_async(bus->connection, NULL, SYSTEMD, SYSTEMD_PATH, MANAGER,
                                    "Subscribe", NULL, NULL, NULL);
}

/* A mounted host has its bus below its root; a D-Bus address takes few characters as they are. */
static int open_bus_below(const struct host_root *root, sd_bus **out_connection)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.";
    char address[HOST_PATH_SIZE + 64];
    if (root->path[strspn(root->path, plain)] != '\0')
        return -EINVAL;
    snprintf(address, sizeof(address), "unix:path=%s/run/dbus/system_bus_socket", root->path);

    sd_bus *connection = NULL;
    int error = sd_bus_new(&connection);
    if (error >= 0)
        error = sd_bus_set_address(connection, address);
    if (error >= 0)
        error = sd_bus_set_bus_client(connection, 1);
    if (error >= 0)
        error = sd_bus_start(connection);
    if (error < 0) {
        sd_bus_unref(connection);
        return error;
    }
    *out_connection = connection;
    return 0;
}

static int connect_bus(struct unit_bus *bus)
{
    int error = bus->root->is_live ? sd_bus_open_system(&bus->connection)
                                   : open_bus_below(bus->root, &bus->connection);
    if (error >= 0)
        error = subscribe(bus);
    if (error >= 0)
        error = ask_units(bus);
    return error < 0 ? error : 0;
}

/* Handles what has arrived; waits for what the first list brings, but for nothing else. */
static int process(struct unit_bus *bus)
{
    mono_t end = clock_mono_ms() + UNIT_BUS_WAIT_MS;
    for (int i = 0; i < MESSAGES_MAX; i++) {
        int done = sd_bus_process(bus->connection, NULL);
        if (done < 0)
            return done;
        if (done > 0)
            continue;
        mono_t now_ms = clock_mono_ms();
        bool is_complete = bus->error != -EINPROGRESS && bus->n_open == 0;
        if (is_complete || now_ms >= end)
            bus->is_waiting = false;
        if (!bus->is_waiting)
            return 0;
        done = sd_bus_wait(bus->connection, (uint64_t)(end - now_ms) * 1000);
        if (done < 0 && done != -EINTR)
            return done;
    }
    return 0;
}

static void fail(struct unit_bus *bus, int error)
{
    disconnect(bus);
    bus->error = error;
    bus->try_at_ms = bus->now_ms + bus->backoff_ms;
    bus->backoff_ms = MIN_OF(bus->backoff_ms * 2, BACKOFF_LAST_MS);
}

int unit_bus_run(struct unit_bus *bus, mono_t now_ms)
{
    bus->now_ms = now_ms;
    int error = 0;
    if (bus->connection == NULL) {
        if (now_ms < bus->try_at_ms)
            return bus->error;
        bus->error = -EINPROGRESS;
        bus->is_waiting = true;
        error = connect_bus(bus);
    } else if (now_ms >= bus->refresh_at_ms) {
        error = bus->is_reading ? -ETIMEDOUT : ask_units(bus);
    }
    if (error == 0)
        error = process(bus);
    if (error < 0)
        fail(bus, error);
    return bus->error;
}
