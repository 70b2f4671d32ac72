/* SPDX-License-Identifier: MIT */
/*
 * report - what an agent says beside its samples: facts, services, SSH sources.
 *
 * What is stored is made anew from what was understood: known keys of the right type, texts and
 * lists cut to a length.  So what a page reads has the shape that the manual says, whoever sent
 * it.
 */
#include <errno.h>
#include <string.h>

#include "api/resource.h"
#include "state/hosts.h"

#define REPORT_MAX_BYTES    ((size_t)512 * 1024)
#define REPORT_TEXT_MAX     200
#define REPORT_SERVICES_MAX 2000
#define REPORT_SOURCES_MAX  200
#define REPORT_USERS_MAX    20

struct report_form {
    json_t *facts, *services, *ssh;
    struct body_number interval_s, at_ms;
};

static const struct body_field fields[] = {
    BODY_OBJECT(struct report_form, facts, "facts"),
    BODY_ARRAY(struct report_form, services, "services"),
    BODY_OBJECT(struct report_form, ssh, "ssh"),
    BODY_NUMBER(struct report_form, interval_s, "interval_s", 1, 86400),
    BODY_NUMBER(struct report_form, at_ms, "at_ms", 0, 1e15),
};

enum member_type {
    MEMBER_TEXT,
    MEMBER_NUMBER
};

struct member {
    const char *name;
    enum member_type type;
};

static const struct member fact_members[] = {
    {"hostname", MEMBER_TEXT},       {"os", MEMBER_TEXT},
    {"kernel", MEMBER_TEXT},         {"architecture", MEMBER_TEXT},
    {"cpu_model", MEMBER_TEXT},      {"cores", MEMBER_NUMBER},
    {"memory_bytes", MEMBER_NUMBER}, {"virtualization", MEMBER_TEXT},
    {"agent_version", MEMBER_TEXT},  {"boot_ms", MEMBER_NUMBER},
    {"boot_id", MEMBER_TEXT},        {"interval_s", MEMBER_NUMBER},
};

static const struct member service_members[] = {
    {"name", MEMBER_TEXT}, {"state", MEMBER_TEXT}, {"description", MEMBER_TEXT}};

static const struct member source_members[] = {
    {"address", MEMBER_TEXT}, {"count", MEMBER_NUMBER}, {"last_ms", MEMBER_NUMBER}};

static const struct member ssh_members[] = {{"window_s", MEMBER_NUMBER},
                                            {"failed", MEMBER_NUMBER}};

static void write_text(struct json *json, const json_t *value)
{
    json_text_n(json, json_string_value(value),
                MIN_OF(json_string_length(value), (size_t)REPORT_TEXT_MAX));
}

static void write_members(struct json *json, const json_t *object, const struct member *members,
                          size_t n_members)
{
    for (size_t i = 0; i < n_members; i++) {
        const json_t *value = json_object_get(object, members[i].name);
        if (members[i].type == MEMBER_TEXT && json_is_string(value)) {
            json_key(json, members[i].name);
            write_text(json, value);
        } else if (members[i].type == MEMBER_NUMBER && json_is_number(value)) {
            json_field_double(json, members[i].name, json_number_value(value));
        }
    }
}

static void write_services(struct json *json, const json_t *services)
{
    json_key(json, "services");
    json_array_begin(json);
    for (size_t i = 0; i < json_array_size(services) && i < REPORT_SERVICES_MAX; i++) {
        const json_t *service = json_array_get(services, i);
        if (!json_is_string(json_object_get(service, "name")))
            continue;
        json_object_begin(json);
        write_members(json, service, service_members, ARRAY_LEN(service_members));
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_users(struct json *json, const json_t *users)
{
    json_key(json, "users");
    json_array_begin(json);
    for (size_t i = 0; i < json_array_size(users) && i < REPORT_USERS_MAX; i++) {
        if (json_is_string(json_array_get(users, i)))
            write_text(json, json_array_get(users, i));
    }
    json_array_end(json);
}

/* null where the agent cannot read the log: not known is not zero. */
static void write_ssh(struct json *json, const json_t *ssh)
{
    json_key(json, "ssh");
    if (ssh == NULL) {
        json_none(json);
        return;
    }
    json_object_begin(json);
    write_members(json, ssh, ssh_members, ARRAY_LEN(ssh_members));
    json_key(json, "sources");
    json_array_begin(json);
    const json_t *sources = json_object_get(ssh, "sources");
    for (size_t i = 0; i < json_array_size(sources) && i < REPORT_SOURCES_MAX; i++) {
        const json_t *source = json_array_get(sources, i);
        json_object_begin(json);
        write_members(json, source, source_members, ARRAY_LEN(source_members));
        write_users(json, json_object_get(source, "users"));
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
}

static int store_facts(struct api *api, const struct principal *who, const json_t *facts)
{
    struct buf text;
    struct json json;
    buf_init(&text, REPORT_MAX_BYTES);
    json_init(&json, &text);
    json_object_begin(&json);
    write_members(&json, facts, fact_members, ARRAY_LEN(fact_members));
    json_object_end(&json);
    int error = text.error;
    if (error == 0)
        error = hosts_set_facts(api->parts.db, who->org, who->host_id, buf_text(&text));
    buf_deinit(&text);
    return error;
}

/* Stores services and SSH sources, and tells those who watch the host. */
static int store_report(struct api *api, const struct principal *who,
                        const struct report_form *form)
{
    struct buf text;
    struct json json;
    buf_init(&text, REPORT_MAX_BYTES);
    json_init(&json, &text);
    json_object_begin(&json);
    write_services(&json, form->services);
    write_ssh(&json, form->ssh);
    json_field_int(&json, "at_ms",
                   form->at_ms.is_set ? (int64_t)form->at_ms.value : clock_wall_ms());
    json_object_end(&json);
    int error = text.error;
    if (error == 0)
        error = hosts_set_report(api->parts.db, who->org, who->host_id, buf_text(&text));
    if (error == 0 && live_is_watched(api->parts.live, who->host_id))
        live_publish(api->parts.live, who->org, who->host_id, "report",
                     (struct slice){text.data, text.len});
    buf_deinit(&text);
    return error;
}

static int store_interval(struct api *api, const struct principal *who, mspan_t interval)
{
    struct host host;
    int error = hosts_find(api->parts.db, who->org, who->host_id, &host);
    if (error != 0 || host.interval_ms == interval)
        return error;
    error = hosts_set_interval(api->parts.db, who->org, who->host_id, interval);
    if (error == 0)
        alert_engine_host_changed(api->parts.alerts, who->org, who->host_id);
    return error;
}

static void post_report(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct api *api = arg;
    (void)params;
    struct report_form form;
    CLEANUP(body_decrefp) json_t *document = NULL;
    if (!body_read(exchange, BODY_FORM(fields, struct report_form), &form, &document))
        return;
    const struct principal *who = resource_who(exchange);
    int error = form.facts == NULL ? 0 : store_facts(api, who, form.facts);
    if (error == 0 && form.interval_s.is_set && !form.interval_s.is_null)
        error = store_interval(api, who, (mspan_t)(form.interval_s.value * MSEC_SECOND));
    if (error == 0)
        error = store_report(api, who, &form);
    if (error != 0) {
        answer_error(exchange, error);
        return;
    }
    const struct alert_arrival alive = {.org = who->org,
                                        .host_id = who->host_id,
                                        .instance = who->name,
                                        .received = clock_wall_ms()};
    alert_engine_samples(api->parts.alerts, &alive);
    answer_empty(exchange, 204);
}

static const struct route routes[] = {
    {HTTP_POST, "/api/v1/report", post_report, RIGHT_INGEST_HOST},
};

const struct resource report_resource = {routes, ARRAY_LEN(routes)};
