/* SPDX-License-Identifier: MIT */
/*
 * db - the state database: people, hosts, rules, alerts, outages, outbox.
 *
 * The seam between our nouns and SQL: SQLite now, PostgreSQL behind the same functions later, so
 * statements use what both know: $1 parameters (each number used in ascending order of first
 * appearance), RETURNING, ON CONFLICT, no AUTOINCREMENT tricks, times as integer milliseconds,
 * booleans as integers.  Prepared statements are cached by the address of their SQL text, which
 * therefore must be a literal.
 *
 * Thread safe: a call locks the database, db_begin() keeps the lock until commit or abandon.
 * A commit survives kill -9; a power cut loses at most the last second.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/problem.h"

struct db;

enum db_type {
    DB_NULL,
    DB_INT,
    DB_REAL,
    DB_TEXT,
    DB_BLOB
};

struct db_value {
    enum db_type type;
    union {
        int64_t integer;
        double real;
        const void *bytes; /* text or blob, borrowed for the call */
    };
    size_t len;
};

/* The values of $1, $2, ... */
struct db_args {
    const struct db_value *values; /* borrowed for the call */
    size_t len;
};

struct db_value db_int(int64_t value);
struct db_value db_int_or_null(int64_t value); /* 0 is NULL: ids and "never" times */
struct db_value db_real(double value);
struct db_value db_text(const char *text); /* NULL is NULL */
struct db_value db_text_n(const char *text, size_t len);
struct db_value db_blob(const void *bytes, size_t len);
struct db_value db_null(void);

/* A row of a result, valid during the callback. */
struct db_row;
int64_t db_row_int(const struct db_row *row, int column);      /* NULL reads as 0 */
double db_row_real(const struct db_row *row, int column);      /* NULL reads as NaN */
const char *db_row_text(const struct db_row *row, int column); /* NULL reads as "" */
const void *db_row_blob(const struct db_row *row, int column, size_t *out_len);
/* The number of the column's text in a table of names; 0 when it is not there. */
int db_row_name(const struct db_row *row, int column, const char *const *names, int count);
bool db_row_is_null(const struct db_row *row, int column);

/* Called per row; a non-zero return ends the query and becomes its result. */
typedef int db_row_fn(const struct db_row *row, void *arg);

/* Opens or makes the database and brings its schema up to date (state/schema.h).
 * 0; -errno with the problem: unreadable, corrupt, made by a newer version. */
int db_open(const char *path, struct db **out_db, struct problem *problem);
void db_close(struct db *db);

/* Runs one statement.  `row` may be NULL.  0; -EEXIST (unique violated), -ENOENT (reference to a
 * row that is not there), -ENOSPC, -EIO, or what `row` returned. */
int db_run(struct db *db, const char *sql, struct db_args args, db_row_fn *row, void *arg);

/* db_run(db, sql, DB_ARGS(db_int(1), db_text("x")), row, arg) */
#define DB_ARGS(...)                                                                           \
    ((struct db_args){(const struct db_value[]){__VA_ARGS__},                                  \
                      sizeof((const struct db_value[]){__VA_ARGS__}) /                         \
                          sizeof(struct db_value)})
#define DB_NO_ARGS ((struct db_args){NULL, 0})

/* A transaction; not nested.  Between begin and commit or abandon only this thread gets in. */
int db_begin(struct db *db);
int db_commit(struct db *db); /* 0; -ENOSPC, -EIO: it was abandoned */
void db_abandon(struct db *db);
bool db_in_transaction(const struct db *db); /* by the calling thread */

/* Makes what was committed survive a power cut too, when anything was committed since the last
 * call.  Called about once a second, by a thread that may wait for the disk. 0, -errno. */
int db_sync(struct db *db);

/* How many rows came: DELETE ... RETURNING 1.  0, -errno. */
int db_run_for_count(struct db *db, const char *sql, struct db_args args, int64_t *out_count);

/* An id that a row returned: SELECT or RETURNING of one integer.  0, -ENOENT when no row came. */
int db_run_for_id(struct db *db, const char *sql, struct db_args args, int64_t *out_id);
