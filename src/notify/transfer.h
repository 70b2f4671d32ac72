/* SPDX-License-Identifier: MIT */
/*
 * transfer - one attempt over the network: a libcurl handle with all that it refers to.
 *
 * Connecting takes at most 10 s and the whole attempt 30 s.  What comes back is kept up to a
 * ceiling and cut off above it.  Nothing outlives the attempt: no connection is kept, and an
 * SMTP server's answer to our parting QUIT is not waited for, since libcurl would block the
 * whole thread for it.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

#include "base/buf.h"

#define TRANSFER_CONNECT_MS       10000
#define TRANSFER_TOTAL_MS         30000
#define TRANSFER_BODY_MAX_BYTES   ((size_t)256 * 1024)
#define TRANSFER_ANSWER_MAX_BYTES ((size_t)16 * 1024)
#define TRANSFER_SOCKETS_MAX      8

struct transfer {
    CURL *easy;                    /* owned */
    struct curl_slist *headers;    /* owned; HTTP */
    struct curl_slist *recipients; /* owned; SMTP */
    struct buf body;               /* what is sent */
    size_t body_sent;              /* SMTP */
    struct buf answer;             /* HTTP: the body that came back */
    bool answer_cut;
    char error[CURL_ERROR_SIZE];

    curl_socket_t sockets[TRANSFER_SOCKETS_MAX]; /* open ones */
    size_t n_sockets;

    /* SMTP: how far the conversation went, and what the server said last. */
    bool mail_begun;     /* MAIL FROM was sent */
    bool asks_recipient; /* the newest command is RCPT TO */
    bool parting;        /* QUIT was sent: what the server says to it is no answer */
    char reply[256];
    int refused;             /* recipients */
    bool refused_for_now;    /* one of them with 4xx */
    char refused_reply[256]; /* to the last of them */
};

/* 0, -ENOMEM. */
int transfer_init(struct transfer *transfer);

/* Not while the handle is in a multi handle. */
void transfer_deinit(struct transfer *transfer);

/* 0, -ENOMEM. */
int transfer_add_header(struct transfer *transfer, const char *format, ...) PRINTF_LIKE(2, 3);
int transfer_add_recipient(struct transfer *transfer, const char *address);

/* POST of `body`, or mail of `body`, which must be filled by now. */
void transfer_use_http(struct transfer *transfer, const char *url);
void transfer_use_smtp(struct transfer *transfer, const char *url, const char *from);

/* The transfer ended with `code`, which is not CURLE_OK: says why in `error`. */
void transfer_explain(struct transfer *transfer, CURLcode code);
