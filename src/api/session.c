/* SPDX-License-Identifier: MIT */
/* session - signing in and out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/resource.h"

/* What a worker needs to sign somebody in or change a password. */
struct sign_in {
    struct api *api;
    struct http_exchange *exchange;
    const char *link, *email, *password, *name, *current_password;
    int64_t user_id;
};

static void write_session(struct api *api, struct json *json, const struct account_user *user)
{
    char org_name[128] = "";
    account_org_name(api->parts.account, user->org, org_name, sizeof(org_name));
    json_object_begin(json);
    json_key(json, "user");
    json_object_begin(json);
    json_field_int(json, "id", user->id);
    json_field_string(json, "email", user->email);
    json_field_string(json, "name", user->name);
    json_field_string(json, "role", user->role);
    json_object_end(json);
    json_field_bool(json, "needs_password", user->needs_password);
    json_key(json, "org");
    json_object_begin(json);
    json_field_int(json, "id", user->org);
    json_field_string(json, "name", org_name);
    json_object_end(json);
    json_field_string(json, "version", SENTORA_VERSION);
    json_object_end(json);
}

static void answer_user(struct api *api, struct http_exchange *exchange,
                        const struct account_user *user)
{
    struct answer answer;
    answer_begin(&answer, exchange);
    write_session(api, &answer.json, user);
    answer_send(&answer, 200);
}

/* With the cookie; "Secure" where the request came over TLS. */
static void answer_signed_in(struct api *api, struct http_exchange *exchange,
                             const struct account_session *session)
{
    char cookie[256];
    snprintf(cookie, sizeof(cookie),
             ACCOUNT_COOKIE_NAME "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
             session->secret, (long long)(ACCOUNT_SESSION_IDLE / MSEC_SECOND),
             http_exchange_request(exchange)->is_tls ? "; Secure" : "");
    const struct http_header headers[] = {{"Content-Type", "application/json"},
                                          {"Cache-Control", "no-store"},
                                          {"Set-Cookie", cookie}};
    struct buf body;
    struct json json;
    buf_init(&body, 8192);
    json_init(&json, &body);
    write_session(api, &json, &session->user);
    http_respond(exchange, &(struct http_answer){.status = 200,
                                                 .headers = headers,
                                                 .n_headers = ARRAY_LEN(headers),
                                                 .body = body.data,
                                                 .len = body.len});
    buf_deinit(&body);
}

static struct account_client client_of(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    const char *user_agent = http_request_header(request, "User-Agent");
    return (struct account_client){request->peer, user_agent == NULL ? "" : user_agent};
}

static void answer_sign_in(const struct sign_in *job, int error, int retry_s,
                           const struct account_session *session, const char *refusal)
{
    if (error == 0)
        answer_signed_in(job->api, job->exchange, session);
    else if (error == -EACCES)
        answer_problem(job->exchange, 401, NULL, "%s", refusal);
    else if (error == -EAGAIN)
        answer_retry(job->exchange, 429, retry_s * MSEC_SECOND,
                     "Too many attempts to sign in. Please wait a minute.");
    else
        answer_error(job->exchange, error);
}

static void use_password(void *arg)
{
    struct sign_in *job = arg;
    const struct account_sign_in given = {
        .email = job->email, .password = job->password, .client = client_of(job->exchange)};
    struct account_session session;
    int retry_s = 0;
    int error =
        account_sign_in(job->api->parts.account, &given, clock_wall_ms(), &retry_s, &session);
    answer_sign_in(job, error, retry_s, &session, "E-mail or password is wrong.");
}

static void use_link(void *arg)
{
    struct sign_in *job = arg;
    const struct account_sign_in given = {.link = job->link,
                                          .client = client_of(job->exchange)};
    struct account_session session;
    int retry_s = 0;
    int error =
        account_use_link(job->api->parts.account, &given, clock_wall_ms(), &retry_s, &session);
    answer_sign_in(job, error, retry_s, &session,
                   "This sign-in link was used or has expired. The server makes a new one when "
                   "it starts.");
}

static void change_password(void *arg)
{
    struct sign_in *job = arg;
    const struct account_password_change change = {
        .user_id = job->user_id,
        .email = job->email,
        .name = job->name,
        .current_password = job->current_password,
        .password = job->password,
        .cookie = resource_cookie(job->exchange),
        .peer = http_exchange_request(job->exchange)->peer,
    };
    const char *field = NULL;
    struct problem problem = {0};
    struct account_user user;
    int error = account_change_password(job->api->parts.account, &change, clock_wall_ms(),
                                        &field, &problem);
    if (error == 0)
        error = account_find_user(job->api->parts.account, job->user_id, &user);
    if (error == 0)
        answer_user(job->api, job->exchange, &user);
    else if (error == -EINVAL || error == -EEXIST || error == -EACCES)
        answer_problem(job->exchange, 422, field, "%s", problem.text);
    else if (error == -EAGAIN)
        answer_retry(job->exchange, 429, MSEC_MINUTE,
                     "Too many attempts. Please wait a minute.");
    else
        answer_error(job->exchange, error);
}

/* Reads the body into a job for the workers. */
static struct sign_in *read_job(struct api *api, struct http_exchange *exchange,
                                struct body_form form)
{
    struct sign_in *job = arena_calloc(http_exchange_arena(exchange), 1, sizeof(*job));
    json_t *document;
    if (job == NULL || !body_read(exchange, form, job, &document))
        return NULL;
    json_decref(document);
    job->api = api;
    job->exchange = exchange;
    return job;
}

static void post_link(struct http_exchange *exchange, const struct route_params *params,
                      void *arg)
{
    static const struct body_field fields[] = {BODY_TEXT(struct sign_in, link, "link", 1, 200)};
    (void)params;
    struct sign_in *job = read_job(arg, exchange, BODY_FORM(fields, struct sign_in));
    if (job != NULL)
        resource_run(arg, exchange, use_link, job);
}

static void post_session(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    static const struct body_field fields[] = {
        BODY_TEXT(struct sign_in, email, "email", 1, 254),
        BODY_TEXT(struct sign_in, password, "password", 1, ACCOUNT_PASSWORD_MAX_BYTES)};
    (void)params;
    struct sign_in *job = read_job(arg, exchange, BODY_FORM(fields, struct sign_in));
    if (job != NULL)
        resource_run(arg, exchange, use_password, job);
}

static void post_password(struct http_exchange *exchange, const struct route_params *params,
                          void *arg)
{
    static const struct body_field fields[] = {
        BODY_TEXT_OPTIONAL(struct sign_in, email, "email", 254),
        BODY_TEXT_OPTIONAL(struct sign_in, name, "name", 120),
        BODY_TEXT_OPTIONAL(struct sign_in, current_password, "current_password",
                           ACCOUNT_PASSWORD_MAX_BYTES),
        BODY_TEXT(struct sign_in, password, "password", 1, ACCOUNT_PASSWORD_MAX_BYTES)};
    (void)params;
    const struct principal *who = resource_who(exchange);
    if (who->kind != PRINCIPAL_USER) {
        answer_problem(exchange, 403, NULL, "Only a person has a password.");
        return;
    }
    struct sign_in *job = read_job(arg, exchange, BODY_FORM(fields, struct sign_in));
    if (job == NULL)
        return;
    job->user_id = who->user_id;
    resource_run(arg, exchange, change_password, job);
}

static void get_session(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct api *api = arg;
    (void)params;
    const struct principal *who = resource_who(exchange);
    struct account_user user = {0};
    if (who->kind == PRINCIPAL_USER) {
        int error = account_find_user(api->parts.account, who->user_id, &user);
        if (error != 0) {
            answer_error(exchange, error);
            return;
        }
    } else {
        user.org = who->org;
        text_copy(user.name, sizeof(user.name), who->name);
        text_copy(user.role, sizeof(user.role),
                  principal_may(who, RIGHT_CONFIGURE) ? "operator" : "viewer");
    }
    answer_user(api, exchange, &user);
}

static void delete_session(struct http_exchange *exchange, const struct route_params *params,
                           void *arg)
{
    struct api *api = arg;
    (void)params;
    account_end_session(api->parts.account, resource_cookie(exchange));
    static const struct http_header header = {
        "Set-Cookie", ACCOUNT_COOKIE_NAME "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"};
    http_respond(exchange,
                 &(struct http_answer){.status = 204, .headers = &header, .n_headers = 1});
}

static const struct route routes[] = {
    {HTTP_POST, "/api/v1/session/link", post_link, API_PUBLIC},
    {HTTP_POST, "/api/v1/session", post_session, API_PUBLIC},
    {HTTP_GET, "/api/v1/session", get_session, RIGHT_READ},
    {HTTP_DELETE, "/api/v1/session", delete_session, API_SIGNED_IN},
    {HTTP_POST, "/api/v1/session/password", post_password, API_SIGNED_IN},
};

const struct resource session_resource = {routes, ARRAY_LEN(routes)};
