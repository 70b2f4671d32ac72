/* SPDX-License-Identifier: MIT */
/*
 * mail_channel - the e-mail channel that the environment asks for (ALERT_EMAIL_*).
 */
#pragma once

#include "notify/notify.h"
#include "server/options.h"

#define MAIL_CHANNEL_NAME "E-mail (environment)"

/* Makes the channel, or brings it up to what the settings say now.  0; -errno with the problem. */
int mail_channel_ensure(struct notify *notify, struct db *db,
                        const struct server_options *options, struct problem *problem);
