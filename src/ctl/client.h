/* SPDX-License-Identifier: MIT */
/*
 * client - one question to the server and its answer, with everything that can go wrong told to
 * the person who asked.
 */
#pragma once

#include <jansson.h>

#include "ctl/command.h"

/* GET when `form` is NULL, else POST with that form ("" = an empty one).  CTL_FINE with the JSON
 * (the caller decrefs; NULL when the answer is empty); CTL_FAILED: it was told why. */
int client_ask(const struct ctl *ctl, const char *path, const char *form, json_t **out_answer);

/* The same with a body in JSON. */
int client_post_json(const struct ctl *ctl, const char *path, const char *body,
                     json_t **out_answer);

/* Appends "&name=value" (without the & at the start), escaped; nothing when `value` is NULL. */
void client_add_value(struct buf *form, const char *name, const char *value);

/* The answer as it came, for --json. */
void client_print_json(const json_t *answer);
