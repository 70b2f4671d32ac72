/* SPDX-License-Identifier: MIT */
/*
 * services - which services of the host do what they should.
 *
 * Services in the options' list are told in any case, with the state that `systemctl
 * is-active` would print: a service that systemd does not know is inactive.  Without systemd
 * their state is unknown, which is not "down": there is no sample then.  Of the others those
 * are told that are worth it, see unit_is_notable().
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "collect/registry.h"
#include "collect/unit_bus.h"
#include "model/vitals.h"

#define TOLD_MAX 512 /* services not in the list */

static const struct metric up_metric = {VITAL_SERVICE_UP,
                                        "1 when the service is active, else 0.", METRIC_GAUGE};
static const struct metric state_metric = {"node_systemd_unit_state", "Systemd unit",
                                           METRIC_GAUGE};
static const enum unit_state published_states[] = {
    UNIT_ACTIVE, UNIT_ACTIVATING, UNIT_DEACTIVATING, UNIT_INACTIVE, UNIT_FAILED};

struct services_state {
    struct unit_bus *bus;
    const char **names; /* owned; the list with ".service" where it was left out */
    bool is_known;      /* the bus answers */
};

typedef void tell_fn(void *arg, const char *name, enum unit_state state,
                     const struct unit *unit);

static bool is_listed(const struct services_state *state, const struct unit *unit)
{
    for (size_t i = 0; state->names[i] != NULL; i++) {
        if (unit_bus_find(state->bus, state->names[i]) == unit)
            return true;
    }
    return false;
}

/* Every service to be told, those in the list first and under the name they have there. */
static void tell_services(const struct services_state *state, tell_fn *tell, void *arg)
{
    for (size_t i = 0; state->names[i] != NULL; i++) {
        const struct unit *unit = unit_bus_find(state->bus, state->names[i]);
        enum unit_state at = !state->is_known ? UNIT_UNKNOWN : UNIT_INACTIVE;
        tell(arg, state->names[i], unit != NULL ? unit->state : at, unit);
    }
    const struct unit_table *table = unit_bus_table(state->bus);
    size_t told = 0;
    for (size_t i = 0; i < table->units.len && told < TOLD_MAX; i++) {
        const struct unit *unit = table->units.items[i];
        if (!unit_is_notable(unit) || is_listed(state, unit))
            continue;
        tell(arg, unit->name, unit->state, unit);
        told++;
    }
}

static void emit_states(const struct unit *unit, const struct emitter *out)
{
    struct label labels[] = {{"name", unit->name}, {"state", ""}, {"type", unit->type}};
    for (size_t i = 0; i < ARRAY_LEN(published_states); i++) {
        labels[1].value = unit_state_names[published_states[i]];
        out->emit(out->arg, &state_metric, labels, 3, unit->state == published_states[i]);
    }
}

static void emit_service(void *arg, const char *name, enum unit_state state,
                         const struct unit *unit)
{
    const struct emitter *out = arg;
    if (state == UNIT_UNKNOWN)
        return;
    /* No label for the state: over all of them it is one series, and one alert. */
    const struct label labels[] = {{"service", name}};
    out->emit(out->arg, &up_metric, labels, 1, unit != NULL && unit_is_up(unit));
    /* The type is part of the series' name and comes a moment later than the unit. */
    if (unit != NULL && unit->type[0] != '\0')
        emit_states(unit, out);
}

static void summarise(const struct services_state *state, const char *const *list,
                      struct collect_summary *summary)
{
    for (size_t i = 0; state->names[i] != NULL && i < ARRAY_LEN(summary->services); i++) {
        const struct unit *unit = unit_bus_find(state->bus, state->names[i]);
        enum unit_state at = !state->is_known ? UNIT_UNKNOWN : UNIT_INACTIVE;
        text_copy(summary->services[i].name, sizeof(summary->services[i].name), list[i]);
        text_copy(summary->services[i].state, sizeof(summary->services[i].state),
                  unit_state_names[unit != NULL ? unit->state : at]);
        summary->n_services = i + 1;
    }
}

static int services_collect(struct source *source, const struct tick *tick,
                            const struct emitter *out)
{
    struct services_state *state = source->state;
    int error = unit_bus_run(state->bus, tick->mono_ns / 1000000);
    state->is_known = error == 0;
    if (error != 0)
        source_set_problem(source, "no answer from systemd (%s)", strerror(-error));
    struct emitter copy = *out;
    tell_services(state, emit_service, &copy);
    summarise(state, source->options->service_list, source->summary);
    return 0;
}

static void write_service(void *arg, const char *name, enum unit_state state,
                          const struct unit *unit)
{
    struct json *json = arg;
    json_object_begin(json);
    json_field_string(json, "name", name);
    json_field_string(json, "state", unit_state_names[state]);
    if (unit != NULL)
        json_field_string(json, "description", unit->description);
    json_object_end(json);
}

static void services_write_report(struct source *source, struct json *json)
{
    const struct services_state *state = source->state;
    json_array_begin(json);
    tell_services(state, write_service, json);
    json_array_end(json);
}

static bool services_is_wanted(const struct collect_options *options)
{
    return options->services;
}

static void services_setup(struct source *source)
{
    struct services_state *state = source->state;
    const char *const *list = source->options->service_list;
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    state->names = memory_calloc(count + 1, sizeof(*state->names));
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(list[i]) + sizeof(".service");
        char *name = memory_alloc(size);
        snprintf(name, size, "%s%s", list[i], strchr(list[i], '.') == NULL ? ".service" : "");
        state->names[i] = name;
    }
    state->bus = unit_bus_new(source->root, state->names);
}

static void services_teardown(struct source *source)
{
    struct services_state *state = source->state;
    unit_bus_free(state->bus);
    for (size_t i = 0; state->names[i] != NULL; i++)
        free((void *)(uintptr_t)state->names[i]);
    free(state->names);
}

const struct collector services_collector = {
    .name = "services",
    .help = "States of systemd services, over D-Bus.",
    .state_size = sizeof(struct services_state),
    .is_wanted = services_is_wanted,
    .setup = services_setup,
    .collect = services_collect,
    .write_report = services_write_report,
    .teardown = services_teardown,
};
