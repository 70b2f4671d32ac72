/* SPDX-License-Identifier: MIT */
#include "api/body.h"

#include <math.h>
#include <string.h>

#include "api/answer.h"

void body_decrefp(json_t **document)
{
    json_decref(*document);
    *document = NULL;
}

static json_t *parse(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    json_error_t error;
    json_t *document =
        json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
        answer_problem(exchange, 400, NULL, "The body is not JSON: line %d, column %d: %s.",
                       error.line, error.column, error.text);
        return NULL;
    }
    if (!json_is_object(document)) {
        answer_problem(exchange, 400, NULL, "The body must be a JSON object.");
        json_decref(document);
        return NULL;
    }
    return document;
}

static bool take_text(struct http_exchange *exchange, const struct body_field *field,
                      const json_t *value, void *place)
{
    if (!json_is_string(value)) {
        answer_problem(exchange, 400, field->name, "\"%s\" must be a text.", field->name);
        return false;
    }
    size_t len = json_string_length(value);
    if ((double)len < field->min || (double)len > field->max) {
        answer_problem(exchange, 422, field->name, "\"%s\" must have %.0f to %.0f characters.",
                       field->name, field->min, field->max);
        return false;
    }
    if (memchr(json_string_value(value), '\0', len) != NULL) {
        answer_problem(exchange, 422, field->name, "\"%s\" must not contain NUL.", field->name);
        return false;
    }
    *(const char **)place =
        arena_strndup(http_exchange_arena(exchange), json_string_value(value), len);
    return true;
}

static bool take_number(struct http_exchange *exchange, const struct body_field *field,
                        const json_t *value, void *place)
{
    struct body_number *number = place;
    *number = (struct body_number){.is_set = true, .is_null = json_is_null(value)};
    if (number->is_null)
        return true;
    if (!json_is_number(value)) {
        answer_problem(exchange, 400, field->name, "\"%s\" must be a number.", field->name);
        return false;
    }
    number->value = json_number_value(value);
    if (!(number->value >= field->min && number->value <= field->max)) {
        answer_problem(exchange, 422, field->name, "\"%s\" must be from %.15g to %.15g.",
                       field->name, field->min, field->max);
        return false;
    }
    return true;
}

static bool take_bool(struct http_exchange *exchange, const struct body_field *field,
                      const json_t *value, void *place)
{
    struct body_bool *flag = place;
    *flag = (struct body_bool){true, json_is_null(value), json_is_true(value)};
    if (json_is_boolean(value) || json_is_null(value))
        return true;
    answer_problem(exchange, 400, field->name, "\"%s\" must be true or false.", field->name);
    return false;
}

static bool take_container(struct http_exchange *exchange, const struct body_field *field,
                           json_t *value, void *place)
{
    bool is_object = field->type == BODY_TYPE_OBJECT;
    if (json_is_null(value))
        return true; /* as if absent */
    if (is_object ? json_is_object(value) : json_is_array(value)) {
        *(json_t **)place = value;
        return true;
    }
    answer_problem(exchange, 400, field->name, "\"%s\" must be %s.", field->name,
                   is_object ? "an object" : "a list");
    return false;
}

static bool take(struct http_exchange *exchange, const struct body_field *field, json_t *value,
                 char *form)
{
    void *place = form + field->offset;
    switch (field->type) {
    case BODY_TYPE_TEXT: return take_text(exchange, field, value, place);
    case BODY_TYPE_NUMBER: return take_number(exchange, field, value, place);
    case BODY_TYPE_BOOL: return take_bool(exchange, field, value, place);
    case BODY_TYPE_OBJECT:
    case BODY_TYPE_ARRAY: return take_container(exchange, field, value, place);
    }
    return false;
}

static const struct body_field *find_field(const struct body_field *fields, size_t n_fields,
                                           const char *name)
{
    for (size_t i = 0; i < n_fields; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

static bool read_fields(struct http_exchange *exchange, const struct body_field *fields,
                        size_t n_fields, char *form, json_t *document)
{
    const char *name;
    json_t *value;
    json_object_foreach(document, name, value)
    {
        const struct body_field *field = find_field(fields, n_fields, name);
        if (field == NULL) {
            answer_problem(exchange, 400, name, "There is no field \"%.100s\".", name);
            return false;
        }
        if (!take(exchange, field, value, form))
            return false;
    }
    for (size_t i = 0; i < n_fields; i++) {
        if (fields[i].required && json_object_get(document, fields[i].name) == NULL) {
            answer_problem(exchange, 400, fields[i].name, "\"%s\" is missing.", fields[i].name);
            return false;
        }
    }
    return true;
}

bool body_read(struct http_exchange *exchange, struct body_form form, void *out_form,
               json_t **out_document)
{
    json_t *document = parse(exchange);
    if (document == NULL)
        return false;
    memset(out_form, 0, form.size);
    if (!read_fields(exchange, form.fields, form.n_fields, out_form, document)) {
        json_decref(document);
        return false;
    }
    *out_document = document;
    return true;
}
