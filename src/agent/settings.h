/* SPDX-License-Identifier: MIT */
/*
 * settings - what the agent was told: one table of options, and the checks that span several.
 *
 * The layout of the file is the one that agents of earlier systems have (agent, server,
 * monitoring, logging), with more keys.
 */
#pragma once

#include "collect/collect.h"
#include "config/load.h"

#define SETTINGS_DEFAULT_FILE "/etc/sentora/agent.yaml"

struct settings {
    const char *name; /* label `instance`; never NULL after settings_load() */
    mspan_t interval;
    const char *url;   /* base: nothing behind it but /api/v1/...; NULL when not given */
    const char *token; /* for enrolment: server.token, token_file or api_key; NULL = none */
    const char *api_key, *token_file;
    const char *verify;
    bool insecure_http;
    const char *state;
    int64_t spool_max_bytes;
    mspan_t spool_max_age;
    bool cpu, memory, disk, network, services, ssh;
    struct option_list disk_paths, interfaces, service_list;
    const char *ssh_log_path;
    const char *textfile_path;
    mspan_t ssh_window;
    int64_t ssh_threshold;
    const char *log_level, *log_file;
    const char *root;
    bool once;
    const char *print; /* NULL, "json" or "prometheus" */
};

enum settings_result {
    SETTINGS_GOOD,
    SETTINGS_DONE,  /* --help, --version, --check-config said what there was to say: exit 0 */
    SETTINGS_WRONG, /* problems were printed: exit 2 */
};

/* Reads everything and prints problems to stderr, answers of --help and the like to stdout.
 * Texts in *out_settings belong to *out_config, which the caller deinits in every case. */
enum settings_result settings_load(int argc, char *const *argv, char *const *environment,
                                   struct config *out_config, struct settings *out_settings);

/* What the collectors take from the settings; borrows from them. */
struct collect_options settings_collect_options(const struct settings *settings);

/* The base of a server's URL: without the slash at the end and without the /data that agents of
 * an earlier system have there.  0; -EINVAL with a problem: not a http(s) URL with a host. */
int settings_base_url(const char *url, struct arena *arena, const char **out_base,
                      struct problem *problem);

/* True for a base URL that nobody between can read: https, or http to this machine. */
bool settings_is_private(const char *base_url);
