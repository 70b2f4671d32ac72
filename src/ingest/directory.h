/* SPDX-License-Identifier: MIT */
/*
 * directory - which host is meant by a name, for every arriving series, without the database.
 *
 * A copy in memory of the hosts' names and ids.  Whoever adds or removes a host in the database
 * tells the directory.  Thread safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/host.h"
#include "model/org.h"

struct directory;

struct directory *directory_new(void);
void directory_free(struct directory *directory);

void directory_add(struct directory *directory, org_id org, int64_t host_id, const char *name);
void directory_remove(struct directory *directory, int64_t host_id);

/* The host's id, or 0. */
int64_t directory_find(struct directory *directory, org_id org, struct slice name);

/* The host's name into out (HOST_NAME_MAX_BYTES + 1).  False when there is no such host. */
bool directory_name(struct directory *directory, int64_t host_id, char *out, size_t size);
