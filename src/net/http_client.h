/* SPDX-License-Identifier: MIT */
/*
 * http_client - one kept-alive connection to one server, for the agent.
 *
 * One request at a time.  The connection is made when needed, kept, and made anew when it broke
 * (a request on a kept connection that dies before the first response byte is repeated once).
 * TLS verifies the peer: by the system's CAs, a CA file, or one pinned certificate.
 * Everything happens on the loop's thread.
 */
#pragma once

#include "net/http_message.h"
#include "net/loop.h"

struct http_client;

struct http_client_options {
    const char *url;    /* http://host[:port][/prefix] or https://... */
    const char *verify; /* path of a CA bundle or of the server's own certificate;
                            * "sha256:HEX" pins the certificate's fingerprint;
                            * NULL or "" = the system's CAs */
    const char *user_agent;
    mspan_t connect_timeout; /* DNS, TCP and TLS together */
    mspan_t request_timeout; /* from sending to the last byte of the answer */
    size_t response_max_bytes;
};

enum http_client_error {
    HTTP_CLIENT_OK,
    HTTP_CLIENT_RESOLVE,     /* the name has no address */
    HTTP_CLIENT_CONNECT,     /* refused, unreachable or timed out */
    HTTP_CLIENT_CERTIFICATE, /* the peer is not who it should be; nothing was sent */
    HTTP_CLIENT_TLS,         /* other handshake failure */
    HTTP_CLIENT_BROKEN,      /* the connection ended before the answer did */
    HTTP_CLIENT_TIMEOUT,
    HTTP_CLIENT_MALFORMED, /* the answer is not HTTP or is too large */
    HTTP_CLIENT_ERROR_COUNT,
};

extern const char *const http_client_error_names[HTTP_CLIENT_ERROR_COUNT];

struct http_response {
    enum http_client_error error; /* when not OK only `detail` below is set */
    const char *detail;           /* a sentence for the log: what happened, with whom */
    int status;
    const struct http_header *headers;
    size_t n_headers;
    const char *body; /* NUL-terminated */
    size_t body_len;
};

const char *http_response_header(const struct http_response *response, const char *name);

/* The response lives until the function returns. */
typedef void http_client_fn(const struct http_response *response, void *arg);

/* 0; -EINVAL (bad URL or verify file: `problem` says which). */
struct problem;
int http_client_new(struct loop *loop, const struct http_client_options *options,
                    struct http_client **out_client, struct problem *problem);
void http_client_free(
    struct http_client *client); /* a pending call is dropped without answer */

/* Everything is borrowed for the call. */
struct http_client_request {
    enum http_method method;
    const char *path; /* with its query; escaped */
    const struct http_header *headers;
    size_t n_headers;
    const void *body;
    size_t len;
};

/* Sends; `done` is called later, never from within.  0; -EBUSY while another is under way; -EINVAL
 * when the path is not escaped; -ENOMEM. */
int http_client_send(struct http_client *client, const struct http_client_request *request,
                     http_client_fn *done, void *arg);
