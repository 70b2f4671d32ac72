/* SPDX-License-Identifier: MIT */
/*
 * http_head - what the lines of a message's head mean, for http_parse.
 *
 * Each function returns 0, or -1 after it has refused the message.
 */
#pragma once

#include "net/http_parse.h"

int http_head_start_line(struct http_parser *parser, struct slice line);
int http_head_header(struct http_parser *parser, struct slice line);
int http_head_trailer(struct http_parser *parser, struct slice line); /* checked, forgotten */

/* All lines are there: decides how the body ends and whether the connection is kept. */
int http_head_finish(struct http_parser *parser);

/* Always -1. */
int http_parser_refuse(struct http_parser *parser, int status, const char *why);
