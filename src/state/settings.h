/* SPDX-License-Identifier: MIT */
/*
 * settings - what an organisation has set, as keys and texts.
 */
#pragma once

#include <stddef.h>

#include "model/org.h"
#include "state/db.h"

#define SETTING_PUBLIC_URL                                                                     \
    "public_url" /* where people reach the dashboard, without "/" at end */

/* "" when it is not set.  0; -ENOBUFS when it does not fit. */
int settings_get(struct db *db, org_id org, const char *key, char *out, size_t size);
int settings_put(struct db *db, org_id org, const char *key, const char *value);
