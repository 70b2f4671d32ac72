/* SPDX-License-Identifier: MIT */
/*
 * banner - what the server says when it is ready: where it is, how to sign in, how to add agents.
 */
#pragma once

#include "account/account.h"
#include "net/http_server.h"
#include "server/options.h"

/* In the data directory while the server takes requests: its plain address, "127.0.0.1:8000". */
#define BANNER_READY_FILE "server.ready"

void banner_print(const struct server_options *options, const struct http_server *http,
                  struct account *account, const char *fingerprint);
