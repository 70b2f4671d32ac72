/* SPDX-License-Identifier: MIT */
/*
 * users - the people of an organisation, as rows.  Rules about them are account/'s.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/org.h"
#include "state/db.h"

#define USER_ROLE_ADMIN    "admin"
#define USER_ROLE_OPERATOR "operator"
#define USER_ROLE_VIEWER   "viewer"

struct user {
    int64_t id;
    org_id org;
    char email[255]; /* lower case; "" until the first user has set it */
    char name[128];
    char role[16];
    char password_hash[128]; /* "" = none yet */
    msec_t created_ms;
};

/* Makes the first organisation unless it is there. */
int users_ensure_org(struct db *db, msec_t now);

/* The organisation's name.  0, -ENOENT. */
int users_org_name(struct db *db, org_id org, char *out_name, size_t size);

/* 0, -EEXIST (the e-mail is taken). */
int users_add(struct db *db, const struct user *user, int64_t *out_id);

/* Stores e-mail, name, role and password hash.  0, -EEXIST, -ENOENT. */
int users_update(struct db *db, const struct user *user);

/* 0, -ENOENT. */
int users_find(struct db *db, int64_t id, struct user *out_user);
int users_find_email(struct db *db, const char *email, struct user *out_user);

/* The administrator who was made by the sign-in link and has no password yet.  0, -ENOENT. */
int users_find_without_password(struct db *db, org_id org, struct user *out_user);

int users_any_has_password(struct db *db, org_id org, bool *out_any);
