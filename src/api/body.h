/* SPDX-License-Identifier: MIT */
/*
 * body - reads a JSON request body strictly, field by field, by a table.
 *
 *     struct form { double limit; bool has_limit; ... };
 *     static const struct body_field fields[] = {
 *         BODY_NUMBER(struct form, limit, "limit", 0, 100), ...};
 *     if (!body_read(exchange, BODY_FORM(fields, struct form), &form, &document)) return;
 *
 * Unknown fields, wrong types and values out of range are answered with a problem that names the
 * field; then body_read() is false.  Texts are copied into the exchange's arena.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/http_server.h"

enum body_type {
    BODY_TYPE_TEXT,   /* const char *; NULL when absent */
    BODY_TYPE_NUMBER, /* struct body_number */
    BODY_TYPE_BOOL,   /* struct body_bool */
    BODY_TYPE_OBJECT, /* json_t *, borrowed from the document; NULL when absent or null */
    BODY_TYPE_ARRAY,  /* json_t *, likewise */
};

struct body_number {
    bool is_set; /* false: absent */
    bool is_null;
    double value;
};

struct body_bool {
    bool is_set, is_null, value;
};

struct body_field {
    const char *name;
    enum body_type type;
    size_t offset;
    bool required;
    double min, max; /* numbers: the value; texts: the length in bytes */
};

#define BODY_TEXT(type, member, name, min, max)                                                \
    {                                                                                          \
        name, BODY_TYPE_TEXT, offsetof(type, member), (min) > 0, min, max                      \
    }
#define BODY_TEXT_OPTIONAL(type, member, name, max)                                            \
    {                                                                                          \
        name, BODY_TYPE_TEXT, offsetof(type, member), false, 0, max                            \
    }
#define BODY_NUMBER(type, member, name, min, max)                                              \
    {                                                                                          \
        name, BODY_TYPE_NUMBER, offsetof(type, member), false, min, max                        \
    }
#define BODY_BOOL(type, member, name)                                                          \
    {                                                                                          \
        name, BODY_TYPE_BOOL, offsetof(type, member), false, 0, 0                              \
    }
#define BODY_OBJECT(type, member, name)                                                        \
    {                                                                                          \
        name, BODY_TYPE_OBJECT, offsetof(type, member), false, 0, 0                            \
    }
#define BODY_ARRAY(type, member, name)                                                         \
    {                                                                                          \
        name, BODY_TYPE_ARRAY, offsetof(type, member), false, 0, 0                             \
    }

struct body_form {
    const struct body_field *fields; /* borrowed for the call */
    size_t n_fields;
    size_t size; /* of the struct that is filled */
};
#define BODY_FORM(fields, type) ((struct body_form){fields, ARRAY_LEN(fields), sizeof(type)})

/* Fills `out_form`, zeroed first.  *out_document keeps borrowed objects alive: the
 * caller gives it to json_decref().  False: it was answered. */
bool body_read(struct http_exchange *exchange, struct body_form form, void *out_form,
               json_t **out_document);

/* For CLEANUP(body_decrefp). */
void body_decrefp(json_t **document);
