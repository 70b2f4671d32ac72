/* SPDX-License-Identifier: MIT */
/*
 * identity - who this agent is to a server: its id, made once, and the token it was given.
 *
 * Kept in STATE/identity (mode 0600) as lines that env_file reads.  The token is bound to the
 * server and name it was given for, so that it is never sent to another server.
 */
#pragma once

#include <stdbool.h>

#include "model/host.h"

#define IDENTITY_TOKEN_SIZE 256
#define IDENTITY_URL_SIZE   512

struct identity {
    char agent_id[33];                  /* 32 hex digits */
    char server[IDENTITY_URL_SIZE];     /* base URL that gave the token; "" = none did */
    char name[HOST_NAME_MAX_BYTES + 1]; /* that it was given for */
    char token[IDENTITY_TOKEN_SIZE];    /* "" = not enrolled */
};

/* Reads STATE/identity; without one that is usable makes a new id (not saved yet).
 * 0; -errno when a file is there but cannot be read, and then the id is new too. */
int identity_load(const char *state, struct identity *out_identity);

/* 0, -errno. */
int identity_save(const char *state, const struct identity *identity);

/* True when the token is for this server and name. */
bool identity_is_enrolled(const struct identity *identity, const char *server,
                          const char *name);
