/* SPDX-License-Identifier: MIT */
/*
 * schema - the tables, as a list of migrations.
 *
 * Migration n brings the database from version n to n + 1; a released one is never edited.  The
 * version stands in table `schema_version`.  Every table's rows have an organisation.
 */
#pragma once

#include <stddef.h>

extern const char *const schema_migrations[];
extern const size_t schema_migrations_count;
