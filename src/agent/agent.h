/* SPDX-License-Identifier: MIT */
/*
 * agent - the running program: collects in time, packs, hands over to the sender.
 *
 * agent_run() works until SIGTERM, SIGINT, or a SIGHUP whose new settings are good; agent_once()
 * sends one collection.  Both log, and neither ends because of the server.
 */
#pragma once

#include "agent/settings.h"

enum agent_end {
    AGENT_ENDED,    /* asked to end, or sent once: exit 0 */
    AGENT_RELOAD,   /* settings changed: run again with the new ones */
    AGENT_FAILED,   /* logged why: exit 1 */
    AGENT_UNUSABLE, /* settings that cannot work, logged why: exit 2 */
};

struct agent_options {
    const struct settings *settings;
    /* Called on SIGHUP: true when good settings are ready to run with. */
    bool (*reload)(void *arg);
    void *reload_arg;
};

enum agent_end agent_run(const struct agent_options *options);
enum agent_end agent_once(const struct settings *settings);
