/* SPDX-License-Identifier: MIT */
/* tokens - what programs sign in with, and the command that adds a host. */
#include <errno.h>
#include <stdio.h>

#include "api/resource.h"

static int write_token(const struct account_token_info *token, void *arg)
{
    struct json *json = arg;
    json_object_begin(json);
    json_field_int(json, "id", token->id);
    json_field_string(json, "kind", token->kind);
    json_field_string(json, "name", token->name);
    json_key(json, "host_id");
    if (token->host_id == 0)
        json_none(json);
    else
        json_int(json, token->host_id);
    view_time(json, "created_ms", token->created_ms);
    view_time(json, "last_used_ms", token->last_used_ms);
    json_object_end(json);
    return 0;
}

static void get_tokens(struct http_exchange *exchange, const struct route_params *params,
                       void *arg)
{
    struct api *api = arg;
    (void)params;
    struct answer answer;
    answer_begin_list(&answer, exchange, "tokens");
    int error = account_token_list(api->parts.account, resource_who(exchange)->org, write_token,
                                   &answer.json);
    if (error != 0) {
        buf_deinit(&answer.body);
        answer_error(exchange, error);
        return;
    }
    answer_send_list(&answer);
}

struct token_form {
    const char *kind, *name;
};

/* 201 with the secret, which is shown this once. */
static void answer_created(struct http_exchange *exchange, const struct token_form *form,
                           const struct account_token *token)
{
    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_field_int(&answer.json, "id", token->id);
    json_field_string(&answer.json, "kind", form->kind);
    json_field_string(&answer.json, "name", form->name);
    json_field_string(&answer.json, "token", token->secret);
    json_object_end(&answer.json);
    answer_send(&answer, 201);
}

static void post_token(struct http_exchange *exchange, const struct route_params *params,
                       void *arg)
{
    static const struct body_field fields[] = {
        BODY_TEXT(struct token_form, kind, "kind", 1, 20),
        BODY_TEXT(struct token_form, name, "name", 1, 100)};
    struct api *api = arg;
    (void)params;
    struct token_form form;
    CLEANUP(body_decrefp) json_t *document = NULL;
    if (!body_read(exchange, BODY_FORM(fields, struct token_form), &form, &document))
        return;
    const struct principal *who = resource_who(exchange);
    struct account_token_request request = {
        .org = who->org, .name = form.name, .user_id = who->user_id};
    if (!account_token_kind_find(form.kind, &request.kind) ||
        request.kind == ACCOUNT_TOKEN_HOST) {
        answer_problem(exchange, 422, "kind", "\"kind\" must be enrol, read or user.");
        return;
    }
    if (request.kind == ACCOUNT_TOKEN_USER && who->kind != PRINCIPAL_USER) {
        answer_problem(exchange, 403, "kind", "Only a person can make a user token.");
        return;
    }
    struct account_token token;
    int error = account_token_create(api->parts.account, &request, clock_wall_ms(), &token);
    if (error != 0)
        answer_error(exchange, error);
    else
        answer_created(exchange, &form, &token);
}

static void delete_token(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    struct api *api = arg;
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return;
    int error = account_token_revoke(api->parts.account, resource_who(exchange)->org, id,
                                     clock_wall_ms());
    answer_done(exchange, error);
}

/* The name by which the browser reached us, without its port. */
static void host_of_request(const struct http_request *request, char *out, size_t size)
{
    const char *host = http_request_header(request, "Host");
    text_copy(out, size, host == NULL || *host == '\0' ? "localhost" : host);
    char *bracket = strchr(out, ']');
    char *colon = strchr(bracket == NULL ? out : bracket, ':');
    if (colon != NULL)
        *colon = '\0';
}

static void get_install(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct api *api = arg;
    (void)params;
    char host[256], url[320];
    host_of_request(http_exchange_request(exchange), host, sizeof(host));
    if (api->tls_port != 0)
        snprintf(url, sizeof(url), "https://%s:%d", host, api->tls_port);
    else
        snprintf(url, sizeof(url), "http://%s",
                 http_request_header(http_exchange_request(exchange), "Host"));

    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "server_url", url);
    json_field_string(&answer.json, "fingerprint", api->parts.fingerprint);
    json_key(&answer.json, "command");
    char command[640];
    snprintf(
        command, sizeof(command), "sudo sentora-agent --server %s%s%s --token TOKEN", url,
        *api->parts.fingerprint == '\0' ? "" : " --verify sha256:", api->parts.fingerprint);
    json_text(&answer.json, command);
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/v1/tokens", get_tokens, RIGHT_CONFIGURE},
    {HTTP_POST, "/api/v1/tokens", post_token, RIGHT_CONFIGURE},
    {HTTP_DELETE, "/api/v1/tokens/{id}", delete_token, RIGHT_CONFIGURE},
    {HTTP_GET, "/api/v1/install", get_install, RIGHT_CONFIGURE},
};

const struct resource tokens_resource = {routes, ARRAY_LEN(routes)};
