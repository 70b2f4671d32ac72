/* SPDX-License-Identifier: MIT */
/*
 * fields - what a channel's configuration may hold, as a table, and the check against it.
 *
 * Texts never have control characters, so that none of them can begin a new line in a protocol.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/refusal.h"

enum field_type {
    FIELD_TEXT,
    FIELD_INTEGER,
    FIELD_TEXT_LIST, /* array of texts, at least one when required */
    FIELD_TEXT_MAP,  /* object of texts; is_valid judges names, values are free */
    FIELD_TYPE_COUNT
};

#define FIELD_ITEMS_MAX      50
#define FIELD_NAME_MAX_BYTES 128 /* of a map */

struct channel_field {
    const char *key;
    enum field_type type;
    bool secret, required;
    size_t max_bytes;                   /* of each text */
    int64_t min, max;                   /* of an integer */
    const char *const *choices;         /* of a text, ends with NULL; NULL = free */
    bool (*is_valid)(const char *text); /* NULL = anything */
    const char *expects;                /* completes "… must be" when it is not valid */
};

/* 0; -EINVAL with the refusal. */
int fields_check(const struct channel_field *fields, size_t n_fields, const json_t *config,
                 const json_t *secrets, struct refusal *out_refusal);

/* Reading what was checked: the text or `fallback`. */
const char *fields_text(const json_t *object, const char *key, const char *fallback);
int64_t fields_integer(const json_t *object, const char *key, int64_t fallback);

bool fields_is_url(const char *text);     /* http or https */
bool fields_is_server(const char *text);  /* host name or address */
bool fields_is_address(const char *text); /* of e-mail, ASCII */
bool fields_is_token(const char *text);   /* name of an HTTP header */
