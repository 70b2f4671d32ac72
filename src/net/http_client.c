/* SPDX-License-Identifier: MIT */
/*
 *   CLOSED ─send─► DIALING ─► HANDSHAKING (https) ─► WAITING ─answer─► KEPT ─send─► WAITING
 *      ▲               └────────────┴──── failed ───────┤  (or CLOSED)  │
 *      └────────────────────────────────────────────────┴───────────────┘ server ends it
 *
 * A call owns everything of one request and its answer, so that the user's function may send
 * the next one, or free the client, while it still looks at the answer.  Nothing calls the user
 * from within http_client_send().
 */
#include "net/http_client.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/http_dial.h"
#include "net/http_parse.h"
#include "net/http_url.h"
#include "net/tls_session.h"
#include "net/tls_verify.h"

#define HEAD_MAX_BYTES    ((size_t)16 * 1024)
#define HEADERS_MAX       100
#define ARENA_MAX_BYTES   ((size_t)256 * 1024)
#define INTERIM_MAX       8 /* 1xx answers before the real one */
#define REQUEST_MAX_BYTES (SIZE_MAX / 2)
#define ADDRESSES_TRIED   3 /* how many share the connect timeout */

const char *const http_client_error_names[HTTP_CLIENT_ERROR_COUNT] = {
    [HTTP_CLIENT_OK] = "ok",           [HTTP_CLIENT_RESOLVE] = "resolve",
    [HTTP_CLIENT_CONNECT] = "connect", [HTTP_CLIENT_CERTIFICATE] = "certificate",
    [HTTP_CLIENT_TLS] = "tls",         [HTTP_CLIENT_BROKEN] = "broken",
    [HTTP_CLIENT_TIMEOUT] = "timeout", [HTTP_CLIENT_MALFORMED] = "malformed",
};
static_assert(ARRAY_LEN(http_client_error_names) == HTTP_CLIENT_ERROR_COUNT, "a name for each");

enum client_state {
    CLIENT_CLOSED,
    CLIENT_DIALING,
    CLIENT_HANDSHAKING,
    CLIENT_WAITING,
    CLIENT_KEPT,
};

struct call {
    struct buf request;
    struct arena arena;
    struct http_parser parser;
    http_client_fn *done;
    void *arg;
    bool is_head;
    bool may_repeat; /* the connection was kept, and may have died meanwhile */
    int n_interim;
};

struct http_client {
    struct loop *loop; /* borrowed from the caller of http_client_new */
    struct http_url url;
    char *user_agent;              /* owned */
    struct tls_verifier *verifier; /* owned; NULL for plain HTTP */
    mspan_t connect_timeout, request_timeout;
    struct http_limits limits;

    enum client_state state;
    struct http_dial *dial;      /* while DIALING; frees itself */
    struct bufferevent *stream;  /* owned; from HANDSHAKING on */
    struct loop_timer *deadline; /* owned */
    struct call *call;           /* owned; the one under way */
};

const char *http_response_header(const struct http_response *response, const char *name)
{
    return http_header_find(response->headers, response->n_headers, name);
}

static void call_free(struct call *call)
{
    if (call == NULL)
        return;
    buf_deinit(&call->request);
    http_parser_deinit(&call->parser);
    arena_deinit(&call->arena);
    free(call);
}

static void stop_deadline(struct http_client *client)
{
    loop_timer_stop(client->deadline);
    client->deadline = NULL;
}

static void disconnect(struct http_client *client)
{
    http_dial_stop(client->dial);
    client->dial = NULL;
    if (client->stream != NULL)
        bufferevent_free(client->stream);
    client->stream = NULL;
    client->state = CLIENT_CLOSED;
}

/* Ends the call.  The client may be gone when this returns. */
static void finish(struct http_client *client, const struct http_response *response)
{
    struct call *call = client->call;
    client->call = NULL;
    stop_deadline(client);
    call->done(response, call->arg);
    call_free(call);
}

static void fail(struct http_client *client, enum http_client_error error, const char *why)
{
    char detail[768];
    snprintf(detail, sizeof(detail), "%s://%s: %s", client->url.is_tls ? "https" : "http",
             client->url.authority, why);
    disconnect(client);
    struct http_response response = {.error = error, .detail = detail};
    finish(client, &response);
}

static void succeed(struct http_client *client)
{
    struct call *call = client->call;
    const struct http_parser *parser = &call->parser;
    struct http_response response = {
        .error = HTTP_CLIENT_OK,
        .detail = "",
        .status = parser->status,
        .headers = parser->headers,
        .n_headers = parser->n_headers,
        .body_len = parser->body.len,
        .body = buf_text(&call->parser.body),
    };
    bool is_quiet = evbuffer_get_length(bufferevent_get_input(client->stream)) == 0 &&
                    evbuffer_get_length(bufferevent_get_output(client->stream)) == 0;
    if (parser->keep_alive && is_quiet)
        client->state = CLIENT_KEPT;
    else
        disconnect(client);
    finish(client, &response);
}

static void begin_dial(struct http_client *client);

static void request_timed_out(void *arg)
{
    fail(arg, HTTP_CLIENT_TIMEOUT, "no complete answer in time");
}

/* On a connection at rest the kernel nearly always takes a request in one go; asking it first
 * whether it would costs more than trying.  What it does not take, and every error, is left to
 * the stream. */
static size_t write_at_once(const struct http_client *client, const struct buf *request)
{
    SSL *ssl = bufferevent_openssl_get_ssl(client->stream);
    if (ssl == NULL) {
        int fd = bufferevent_getfd(client->stream);
        ssize_t sent = send(fd, request->data, request->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        return sent > 0 ? (size_t)sent : 0;
    }
    size_t sent = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl, request->data, request->len, &sent) != 1)
        sent = 0;
    ERR_clear_error();
    return sent;
}

static void send_request(struct http_client *client)
{
    struct call *call = client->call;
    bool was_kept = client->state == CLIENT_KEPT;
    client->state = CLIENT_WAITING;
    stop_deadline(client);
    client->deadline =
        loop_timer_once(client->loop, client->request_timeout, request_timed_out, client);
    size_t sent = was_kept ? write_at_once(client, &call->request) : 0;
    if (sent == call->request.len)
        return;
    /* The bytes stay in the call, which outlives the stream's interest in them. */
    int error =
        evbuffer_add_reference(bufferevent_get_output(client->stream),
                               call->request.data + sent, call->request.len - sent, NULL, NULL);
    assert(error == 0); /* fails only when memory is out */
    (void)error;
}

/* The connection ended.  On a kept one the server may have ended it before it saw the request,
 * so once, and only while nothing of an answer has come, the request is sent again. */
static void broke(struct http_client *client, const char *why)
{
    struct call *call = client->call;
    if (call->may_repeat && !http_parser_has_begun(&call->parser)) {
        call->may_repeat = false;
        http_parser_reset(&call->parser);
        call->parser.no_body = call->is_head;
        disconnect(client);
        stop_deadline(client);
        begin_dial(client);
        return;
    }
    fail(client, HTTP_CLIENT_BROKEN, why);
}

/* An interim answer is over: makes room for the next.  False when there are too many. */
static bool skip_interim(struct call *call)
{
    if (call->parser.status == 101 || ++call->n_interim > INTERIM_MAX)
        return false;
    http_parser_reset(&call->parser);
    call->parser.no_body = call->is_head;
    return true;
}

static void readable(struct bufferevent *stream, void *arg)
{
    struct http_client *client = arg;
    struct evbuffer *input = bufferevent_get_input(stream);
    if (client->state == CLIENT_KEPT) {
        disconnect(client); /* nobody asked: the next answer could not be trusted */
        return;
    }
    enum http_parse_verdict verdict = HTTP_PARSE_MORE;
    while (client->state == CLIENT_WAITING &&
           (evbuffer_get_length(input) > 0 || verdict == HTTP_PARSE_HEAD)) {
        struct call *call = client->call;
        size_t len = evbuffer_get_contiguous_space(input), used = 0;
        const char *data = len > 0 ? (const char *)evbuffer_pullup(input, (ev_ssize_t)len) : "";
        verdict = http_parser_feed(&call->parser, data, len, &used);
        evbuffer_drain(input, used);
        bool is_refused = verdict == HTTP_PARSE_REFUSED;
        if (verdict == HTTP_PARSE_DONE && call->parser.status >= 200) {
            succeed(client);
            return;
        }
        if (verdict == HTTP_PARSE_DONE)
            is_refused = !skip_interim(call);
        if (is_refused) {
            const char *why = call->parser.refused_why;
            fail(client, HTTP_CLIENT_MALFORMED, why != NULL ? why : "an odd interim answer");
            return;
        }
    }
}

static void handshake_failed(struct http_client *client, short what)
{
    char why[512], text[200];
    const SSL *ssl = bufferevent_openssl_get_ssl(client->stream);
    unsigned long code = bufferevent_get_openssl_error(client->stream);
    const char *reason = what & BEV_EVENT_EOF ? "the server ended it" : "the connection broke";
    if (tls_verifier_explain(ssl, client->url.host, why, sizeof(why))) {
        fail(client, HTTP_CLIENT_CERTIFICATE, why);
        return;
    }
    if (code != 0)
        reason = tls_reason_text(code, text, sizeof(text));
    snprintf(why, sizeof(why), "the TLS handshake failed: %s", reason);
    fail(client, HTTP_CLIENT_TLS, why);
}

static void changed(struct bufferevent *stream, short what, void *arg)
{
    struct http_client *client = arg;
    (void)stream;
    switch (client->state) {
    case CLIENT_HANDSHAKING:
        if (what & BEV_EVENT_CONNECTED)
            send_request(client);
        else
            handshake_failed(client, what);
        break;
    case CLIENT_WAITING:
        if ((what & BEV_EVENT_EOF) && http_parser_end(&client->call->parser) == HTTP_PARSE_DONE)
            succeed(client);
        else
            broke(client, "the connection ended before the answer did");
        break;
    case CLIENT_KEPT: disconnect(client); break;
    case CLIENT_DIALING:
    case CLIENT_CLOSED: break;
    }
}

static struct bufferevent *open_stream(struct http_client *client, int fd)
{
    const int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
    struct event_base *events = loop_events(client->loop);
    if (client->verifier == NULL)
        return bufferevent_socket_new(events, fd, options);
    SSL *ssl = tls_verifier_session(client->verifier, client->url.host, client->url.is_address);
    if (ssl == NULL)
        return NULL;
    struct bufferevent *stream =
        bufferevent_openssl_socket_new(events, fd, ssl, BUFFEREVENT_SSL_CONNECTING, options);
    if (stream == NULL)
        SSL_free(ssl);
    return stream;
}

static void dialed(int fd, enum http_client_error error, const char *why, void *arg)
{
    struct http_client *client = arg;
    client->dial = NULL;
    if (error != HTTP_CLIENT_OK) {
        fail(client, error, why);
        return;
    }
    client->stream = open_stream(client, fd);
    if (client->stream == NULL) {
        close(fd);
        fail(client, HTTP_CLIENT_CONNECT, "no memory for the connection");
        return;
    }
    bufferevent_setcb(client->stream, readable, NULL, changed, client);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
    if (client->verifier != NULL)
        client->state = CLIENT_HANDSHAKING;
    else
        send_request(client);
}

static void connect_timed_out(void *arg)
{
    struct http_client *client = arg;
    bool is_resolving =
        client->state == CLIENT_DIALING && !http_dial_is_connecting(client->dial);
    if (is_resolving) {
        loop_dns_reload(client->loop);
        fail(client, HTTP_CLIENT_RESOLVE, "no name server answered in time");
    } else {
        fail(client, HTTP_CLIENT_CONNECT,
             client->state == CLIENT_DIALING ? "connecting took too long"
                                             : "the TLS handshake took too long");
    }
}

static void begin_dial(struct http_client *client)
{
    const struct http_dial_target target = {client->url.host, client->url.port,
                                            client->connect_timeout / ADDRESSES_TRIED + 1};
    client->state = CLIENT_DIALING;
    client->deadline =
        loop_timer_once(client->loop, client->connect_timeout, connect_timed_out, client);
    client->dial = http_dial_start(client->loop, &target, dialed, client);
}

int http_client_new(struct loop *loop, const struct http_client_options *options,
                    struct http_client **out_client, struct problem *problem)
{
    struct http_client *client = memory_calloc(1, sizeof(*client));
    client->loop = loop;
    client->user_agent = memory_strdup(options->user_agent != NULL ? options->user_agent : "");
    client->connect_timeout = options->connect_timeout;
    client->request_timeout = options->request_timeout;
    client->limits = (struct http_limits){.head_bytes = HEAD_MAX_BYTES,
                                          .headers = HEADERS_MAX,
                                          .body_bytes = options->response_max_bytes};
    int error = http_url_parse(options->url, &client->url, problem);
    if (error == 0 && client->url.is_tls)
        error = tls_verifier_new(options->verify, &client->verifier, problem);
    if (error != 0) {
        http_client_free(client);
        return error;
    }
    *out_client = client;
    return 0;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    stop_deadline(client);
    disconnect(client);
    call_free(client->call);
    tls_verifier_free(client->verifier);
    free(client->user_agent);
    free(client);
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

static void append_header(struct buf *out, const char *name, const char *value)
{
    buf_append_text(out, name);
    buf_append_text(out, ": ");
    for (const char *at = value; *at != '\0'; at++) {
        if (is_control(*at))
            buf_append_char(out, ' ');
        else
            buf_append_char(out, *at);
    }
    buf_append_text(out, "\r\n");
}

static void write_head(const struct http_client *client,
                       const struct http_client_request *request, struct buf *out)
{
    enum http_method method = request->method;
    buf_printf(out, "%s ", http_method_names[method]);
    http_url_append_target(&client->url, request->path, out);
    buf_append_text(out, " HTTP/1.1\r\n");
    append_header(out, "Host", client->url.authority);
    if (client->user_agent[0] != '\0')
        append_header(out, "User-Agent", client->user_agent);
    if (request->len > 0 || method == HTTP_POST || method == HTTP_PUT || method == HTTP_PATCH)
        buf_printf(out, "Content-Length: %zu\r\n", request->len);
    for (size_t i = 0; i < request->n_headers; i++)
        append_header(out, request->headers[i].name, request->headers[i].value);
    buf_append_text(out, "\r\n");
}

int http_client_send(struct http_client *client, const struct http_client_request *request,
                     http_client_fn *done, void *arg)
{
    if (client->call != NULL)
        return -EBUSY;
    for (const char *at = request->path; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f)
            return -EINVAL;
    }
    struct call *call = memory_calloc(1, sizeof(*call));
    call->done = done;
    call->arg = arg;
    call->is_head = request->method == HTTP_HEAD;
    arena_init(&call->arena, ARENA_MAX_BYTES);
    http_parser_init(&call->parser, HTTP_PARSE_RESPONSE, &client->limits, &call->arena);
    call->parser.no_body = call->is_head;

    buf_init(&call->request, REQUEST_MAX_BYTES);
    write_head(client, request, &call->request);
    buf_append(&call->request, request->body, request->len);
    if (call->request.error != 0) {
        int error = call->request.error;
        call_free(call);
        return error;
    }

    client->call = call;
    call->may_repeat = client->state == CLIENT_KEPT;
    if (client->state == CLIENT_KEPT)
        send_request(client);
    else
        begin_dial(client);
    return 0;
}
