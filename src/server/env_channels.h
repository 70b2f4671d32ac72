/* SPDX-License-Identifier: MIT */
/*
 * env_channels - the channels that the environment asks for (ALERT_EMAIL_*, ALERT_TELEGRAM_*,
 * ALERT_DISCORD_*).
 */
#pragma once

#include "notify/notify.h"
#include "server/options.h"

/* Makes those channels, or brings them up to what the settings say now.  0; -errno with the
 * problem. */
int env_channels_ensure(struct notify *notify, struct db *db,
                        const struct server_options *options, struct problem *problem);
