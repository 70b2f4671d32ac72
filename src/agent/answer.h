/* SPDX-License-Identifier: MIT */
/*
 * answer - what a server's answer means for what was sent.
 *
 * Pure: from status and body to a verdict, and from problem documents to a line for the log.
 */
#pragma once

#include "net/http_client.h"

enum answer {
    ANSWER_TAKEN,        /* 2xx */
    ANSWER_REFUSED,      /* 400, 422: this will never be taken; drop it */
    ANSWER_TOO_LARGE,    /* 413: send it in parts */
    ANSWER_UNAUTHORIZED, /* 401, 403: the token is not good (any more) */
    ANSWER_LATER,        /* everything else, no answer included: keep it and try again */
    ANSWER_COUNT,
};

enum answer answer_of(const struct http_response *response);

/* One line that says what happened: the problem document's detail, the first line of the body,
 * or what went wrong on the way.  Control characters are left out.  Returns `out`. */
char *answer_text(const struct http_response *response, char *out, size_t size);
