/* SPDX-License-Identifier: MIT */
/*
 * command - what `sentora` can do: a table of subcommands, each a file that ends in its descriptor.
 *
 * From the table come the dispatch, --help, the completions of the shells and the man page
 * (completion.c, manual.c).  A command's words may be two: "store inspect".
 */
#pragma once

#include "base/buf.h"
#include "config/load.h"

/* The union of what all commands take; each sets its own part through its options. */
struct ctl_settings {
    const char *server, *token, *verify; /* token may be NULL */
    bool insecure_http;
    const char *data;
    bool json;

    bool force;              /* restore */
    const char *start, *end; /* query */
    const char *step, *format;
    bool all; /* alerts, outages: those that are over too */
    const char *host;
    int64_t limit;
    const char *comment;
};

struct ctl {
    const struct command *command;
    struct ctl_settings settings;
    const char *const *args; /* CONFIG_POSITIONALS_MAX of them, NULL behind the last */
    size_t n_args;
};

enum {
    CTL_FINE = 0,
    CTL_FAILED = 1,
    CTL_USAGE = 2
};

struct command {
    const char *name;
    const char *args; /* "FILE"; "" = none */
    size_t min_args, max_args;
    const char *summary; /* one line, without a full stop */
    const char *help;    /* the rest, in sentences */
    const struct option
        *options; /* its own, beside the common ones; ended by one without help */
    int (*run)(struct ctl *ctl); /* an exit status */
};

extern const struct command *const commands[]; /* NULL behind the last */
extern const struct option common_options[];   /* of every command */

extern const struct command alerts_command, alerts_acknowledge_command, backup_command,
    completion_command, hosts_command, manual_command, outages_command, outages_clear_command,
    query_command, restore_command, store_inspect_command, store_verify_command;

/* The program, from its arguments to its exit status. */
int ctl_main(int argc, char **argv, char *const *environment);

/* "sentora: ..." on stderr; CTL_FAILED. */
int ctl_fail(const char *format, ...) PRINTF_LIKE(1, 2);
