/* SPDX-License-Identifier: MIT */
/*
 * source - what the sources of settings share: keeping problems, offering values to slots.
 *
 * Private to config/.
 */
#pragma once

#include "config/load.h"
#include "config/tree.h"

#define CONFIG_FILE_BYTES_MAX TREE_BYTES_MAX /* what is read can be parsed */

/* Keeps the problem; `file` NULL = its text says where. */
void source_keep(struct config *config, bool is_error, const char *file,
                 const struct problem *problem);

/* Keeps an error "what: the problem's text". */
void source_keep_named(struct config *config, const char *what, const struct problem *problem);

/* option_parse() or option_parse_list(), as the option's type wants. */
int source_parse(struct config *config, const struct option *option, const char *text,
                 union option_value *out_value, struct problem *problem);

/* Gives a parsed value to the option's slot, which keeps it unless it has a better one. */
void source_offer(struct config *config, const struct option *option, union option_value value,
                  enum config_origin origin, const char *where);

/* The file's text; false when there is none, which is an error only if it `must_exist`. */
bool source_read_text(struct config *config, const char *path, bool must_exist,
                      struct buf *out);

/* The option with this path, or NULL. */
const struct option *source_find_path(const struct config *config, const char *path);
