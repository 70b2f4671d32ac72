/* SPDX-License-Identifier: MIT */
/*
 * state_test - a fresh database with two organisations, for the tests of the nouns.
 *
 *     START_TEST(x) { struct db *db = state_test_open(); ... state_test_close(db); } END_TEST
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "state/db.h"
#include "state/hosts.h"
#include "unit.h"

#define STATE_TEST_OTHER_ORG 2

static char state_test_dir[64];
static char state_test_path[128];

static inline struct db *state_test_reopen(void)
{
    struct db *db;
    struct problem problem = {0};
    ck_assert_msg(db_open(state_test_path, &db, &problem) == 0, "%s", problem.text);
    return db;
}

static inline struct db *state_test_open(void)
{
    unit_make_folder(state_test_dir, sizeof(state_test_dir));
    snprintf(state_test_path, sizeof(state_test_path), "%s/state.db", state_test_dir);
    struct db *db = state_test_reopen();
    for (int64_t org = 1; org <= STATE_TEST_OTHER_ORG; org++)
        ck_assert_int_eq(db_run(db,
                                "INSERT INTO orgs (id, name, created_ms) VALUES ($1, 'o', 1)"
                                " ON CONFLICT DO NOTHING",
                                DB_ARGS(db_int(org)), NULL, NULL),
                         0);
    return db;
}

static inline void state_test_close(struct db *db)
{
    db_close(db);
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", state_test_dir);
    ck_assert_int_eq(system(command), 0);
}

static inline struct host state_test_host(struct db *db, org_id org, const char *name)
{
    struct host host;
    struct host_enrolment enrolment = {.name = name, .agent_id = name, .source = "agent"};
    ck_assert_int_eq(hosts_enrol(db, org, &enrolment, 1000, &host), 0);
    return host;
}

/* What a SELECT of one integer says. */
static inline int64_t state_test_count(struct db *db, const char *sql)
{
    int64_t count = -1;
    ck_assert_int_eq(db_run_for_id(db, sql, DB_NO_ARGS, &count), 0);
    return count;
}
