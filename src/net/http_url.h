/* SPDX-License-Identifier: MIT */
/*
 * http_url - where a client connects to: http://host[:port][/prefix] or https://...
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "model/problem.h"

struct http_url {
    bool is_tls;
    bool is_address; /* host is an IP address, without brackets */
    char host[256];
    char authority[272]; /* as the Host header has it: port left out when it is the usual one */
    uint16_t port;
    char prefix[512]; /* without a slash at its end; "" for the root */
};

/* 0; -EINVAL with the problem.  User names, queries and fragments are refused. */
int http_url_parse(const char *text, struct http_url *out_url, struct problem *problem);

/* Appends prefix and path as one target: duplicate slashes of the path part collapse. */
void http_url_append_target(const struct http_url *url, const char *path, struct buf *out);
