/* SPDX-License-Identifier: MIT */
#include "ctl/client.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "net/http_client.h"
#include "net/http_url.h"

#define CONNECT_TIMEOUT  (10 * MSEC_SECOND)
#define REQUEST_TIMEOUT  (60 * MSEC_SECOND)
#define ANSWER_MAX_BYTES ((size_t)256 * 1024 * 1024)

struct question {
    const struct ctl *ctl;
    struct loop *loop;
    int status;
    json_t *answer;
};

void client_add_value(struct buf *form, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_printf(form, "%s%s=", form->len == 0 ? "" : "&", name);
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (isalnum(*at) || strchr("-._~", *at) != NULL)
            buf_append_char(form, (char)*at);
        else
            buf_printf(form, "%%%02X", *at);
    }
}

void client_print_json(const json_t *answer)
{
    json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
}

/* The server's own words: a problem document, or what Prometheus' API calls an error. */
static int tell_refusal(const struct http_response *response, const json_t *body)
{
    if (response->status == 401)
        return ctl_fail(
            "the server wants a token that it knows: give one with --token, "
            "SENTORA_TOKEN or in ~/.config/sentora/config.yaml; the page \"Tokens\" "
            "makes them");
    const char *detail = json_string_value(json_object_get(body, "detail"));
    if (detail == NULL)
        detail = json_string_value(json_object_get(body, "error"));
    if (detail == NULL)
        detail = json_string_value(json_object_get(body, "title"));
    return ctl_fail("the server answered %d: %s", response->status,
                    detail == NULL ? "no reason given" : detail);
}

static void on_answer(const struct http_response *response, void *arg)
{
    struct question *question = arg;
    json_error_t error;
    json_t *body = NULL;
    question->status = CTL_FINE;
    if (response->error == HTTP_CLIENT_OK && response->body_len > 0)
        body = json_loadb(response->body, response->body_len, JSON_REJECT_DUPLICATES, &error);
    if (response->error != HTTP_CLIENT_OK)
        question->status = ctl_fail("%s", response->detail);
    else if (response->status < 200 || response->status > 299)
        question->status = tell_refusal(response, body);
    else if (body == NULL && response->body_len > 0)
        question->status = ctl_fail("the server's answer is no JSON: is it Sentora?");
    else
        question->answer = json_incref(body);
    json_decref(body);
    loop_stop(question->loop);
}

/* A token may not travel in the clear to another machine unless the person says so. */
static bool is_private(const struct ctl *ctl)
{
    struct http_url url;
    struct problem problem;
    if (ctl->settings.token == NULL || ctl->settings.insecure_http ||
        http_url_parse(ctl->settings.server, &url, &problem) != 0 || url.is_tls)
        return true;
    return text_is(url.host, "localhost") || text_is(url.host, "::1") ||
           (url.is_address && text_has_prefix(url.host, "127."));
}

static int run_question(struct question *question, const struct http_client_request *request)
{
    const struct ctl_settings *settings = &question->ctl->settings;
    const struct http_client_options options = {.url = settings->server,
                                                .verify = settings->verify,
                                                .user_agent = "sentora/" SENTORA_VERSION,
                                                .connect_timeout = CONNECT_TIMEOUT,
                                                .request_timeout = REQUEST_TIMEOUT,
                                                .response_max_bytes = ANSWER_MAX_BYTES};
    struct problem problem = {0};
    struct http_client *client = NULL;
    if (loop_new(&question->loop) != 0)
        return ctl_fail("out of memory");
    int status = CTL_FAILED;
    if (http_client_new(question->loop, &options, &client, &problem) != 0) {
        status = ctl_fail("--server: %s", problem.text);
    } else if (http_client_send(client, request, on_answer, question) != 0) {
        status = ctl_fail("this cannot be asked: the path is not valid");
    } else {
        loop_run(question->loop);
        status = question->status;
    }
    http_client_free(client);
    loop_free(question->loop);
    return status;
}

static int ask(const struct ctl *ctl, const char *path, const char *type, const char *body,
               json_t **out_answer)
{
    if (!is_private(ctl))
        return ctl_fail(
            "%s is not encrypted: anyone between could read the token. Use https://, "
            "or --insecure-http",
            ctl->settings.server);
    struct http_header headers[2];
    struct http_client_request request = {.method = body == NULL ? HTTP_GET : HTTP_POST,
                                          .path = path,
                                          .headers = headers,
                                          .body = body,
                                          .len = body == NULL ? 0 : strlen(body)};
    struct buf bearer;
    buf_init(&bearer, 4096);
    buf_printf(&bearer, "Bearer %s", ctl->settings.token == NULL ? "" : ctl->settings.token);
    if (ctl->settings.token != NULL)
        headers[request.n_headers++] = (struct http_header){"Authorization", buf_text(&bearer)};
    if (body != NULL)
        headers[request.n_headers++] = (struct http_header){"Content-Type", type};
    struct question question = {.ctl = ctl, .status = CTL_FAILED};
    int status = run_question(&question, &request);
    buf_deinit(&bearer);
    if (status == CTL_FINE)
        *out_answer = question.answer;
    return status;
}

int client_ask(const struct ctl *ctl, const char *path, const char *form, json_t **out_answer)
{
    return ask(ctl, path, "application/x-www-form-urlencoded", form, out_answer);
}

int client_post_json(const struct ctl *ctl, const char *path, const char *body,
                     json_t **out_answer)
{
    return ask(ctl, path, "application/json", body, out_answer);
}
