/* SPDX-License-Identifier: MIT */
/*
 * options - what the server can be told, by flag, environment, file or default.
 */
#pragma once

#include "config/load.h"

struct server_options {
    const char *data;
    struct option_list listen, tls_listen;
    const char *tls_cert, *tls_key; /* NULL = one that the server makes itself */
    mspan_t retention, retention_5m, retention_1h, out_of_order;
    int64_t max_series, max_size;
    const char *api_keys, *dashboard_token;
    const char *admin_email, *admin_password;
    const char *public_url;
    const char *log_level, *log_file;
    bool mail_enabled; /* ALERT_EMAIL_*: makes the channel "E-mail (environment)" */
    const char *mail_from, *mail_to, *mail_server, *mail_username, *mail_password;
    int64_t mail_port;
    bool telegram_enabled, discord_enabled; /* likewise */
    const char *telegram_token, *telegram_chat_id, *discord_url;
};

/* Reads all sources.  0; 2 = usage or configuration, told on stderr; -1 = --help, --version or
 * --check-config was answered and the program is done.  Texts belong to `config`. */
int server_options_load(int argc, char **argv, struct config *config,
                        struct server_options *out_options);
