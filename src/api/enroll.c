/* SPDX-License-Identifier: MIT */
/* enroll - an agent says who it is and gets the token of its host. */
#include <errno.h>

#include "api/resource.h"
#include "state/hosts.h"

struct enroll_form {
    const char *name, *agent_id, *hostname;
};

static const struct body_field fields[] = {
    BODY_TEXT(struct enroll_form, name, "name", 1, HOST_NAME_MAX_BYTES),
    BODY_TEXT(struct enroll_form, agent_id, "agent_id", 16, 64),
    BODY_TEXT_OPTIONAL(struct enroll_form, hostname, "hostname", 255),
};

/* Host and token in one transaction: an agent never has a token without a host. */
static int enrol(struct api *api, org_id org, const struct enroll_form *form,
                 struct host *out_host, struct account_token *out_token)
{
    const struct host_enrolment enrolment = {form->name, form->agent_id, "agent"};
    msec_t now = clock_wall_ms();
    int error = db_begin(api->parts.db);
    if (error != 0)
        return error;
    error = hosts_enrol(api->parts.db, org, &enrolment, now, out_host);
    if (error == 0)
        error =
            account_host_token_replace(api->parts.account, org, out_host->id, now, out_token);
    if (error != 0) {
        db_abandon(api->parts.db);
        return error;
    }
    return db_commit(api->parts.db);
}

static void answer_enrolled(struct http_exchange *exchange, const struct host *host,
                            const struct account_token *token)
{
    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_field_int(&answer.json, "host_id", host->id);
    json_field_string(&answer.json, "name", host->name);
    json_field_string(&answer.json, "token", token->secret);
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

static void post_enroll(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct api *api = arg;
    (void)params;
    struct enroll_form form;
    CLEANUP(body_decrefp) json_t *document = NULL;
    if (!body_read(exchange, BODY_FORM(fields, struct enroll_form), &form, &document))
        return;
    org_id org = resource_who(exchange)->org;
    struct host host;
    struct account_token token;
    int error = enrol(api, org, &form, &host, &token);
    if (error == -EEXIST) {
        answer_problem(exchange, 409, "name",
                       "A host named \"%s\" is enrolled already, by another machine. Give this "
                       "one another name (--server-id), or delete the host first.",
                       form.name);
        return;
    }
    if (error != 0) {
        answer_error(exchange, error);
        return;
    }
    directory_add(api->parts.directory, org, host.id, host.name);
    alert_engine_host_changed(api->parts.alerts, org, host.id);
    api_host_changed(api, org, host.id);
    answer_enrolled(exchange, &host, &token);
}

static const struct route routes[] = {
    {HTTP_POST, "/api/v1/enroll", post_enroll, RIGHT_ENROL},
};

const struct resource enroll_resource = {routes, ARRAY_LEN(routes)};
