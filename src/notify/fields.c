/* SPDX-License-Identifier: MIT */
#include "notify/fields.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct check {
    const struct channel_field *fields;
    size_t n_fields;
    struct refusal *refusal;
};

static int blame(const struct check *check, const struct channel_field *field, const char *text)
{
    snprintf(check->refusal->field, REFUSAL_FIELD_SIZE, "%s.%s",
             field->secret ? "secrets" : "config", field->key);
    return problem_set(&check->refusal->problem, "%s %s.", field->key, text);
}

static bool is_clean(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return true;
}

static bool is_choice(const struct channel_field *field, const char *text)
{
    for (const char *const *choice = field->choices; *choice != NULL; choice++)
        if (text_is(text, *choice))
            return true;
    return false;
}

static int check_text(const struct check *check, const struct channel_field *field,
                      const json_t *value)
{
    if (!json_is_string(value))
        return blame(check, field, "must be a text");
    const char *text = json_string_value(value);
    char words[160];
    if (strlen(text) != json_string_length(value) || !is_clean(text))
        return blame(check, field, "may not have control characters");
    if (strlen(text) > field->max_bytes) {
        snprintf(words, sizeof(words), "is longer than %zu bytes", field->max_bytes);
        return blame(check, field, words);
    }
    if (text[0] == '\0' && field->required)
        return blame(check, field, "is needed");
    bool good = text[0] == '\0' || ((field->choices == NULL || is_choice(field, text)) &&
                                    (field->is_valid == NULL || field->is_valid(text)));
    if (good)
        return 0;
    snprintf(words, sizeof(words), "must be %s", field->expects);
    return blame(check, field, words);
}

static int check_integer(const struct check *check, const struct channel_field *field,
                         const json_t *value)
{
    if (json_is_integer(value) && json_integer_value(value) >= field->min &&
        json_integer_value(value) <= field->max)
        return 0;
    char words[96];
    snprintf(words, sizeof(words), "must be a whole number from %lld to %lld",
             (long long)field->min, (long long)field->max);
    return blame(check, field, words);
}

static int check_list(const struct check *check, const struct channel_field *field,
                      const json_t *value)
{
    if (!json_is_array(value))
        return blame(check, field, "must be a list of texts");
    size_t count = json_array_size(value);
    if (count > FIELD_ITEMS_MAX)
        return blame(check, field, "has more than 50 entries");
    if (count == 0 && field->required)
        return blame(check, field, "needs at least one entry");
    for (size_t i = 0; i < count; i++) {
        int error = check_text(check, field, json_array_get(value, i));
        if (error != 0)
            return error;
    }
    return 0;
}

static int check_map(const struct check *check, const struct channel_field *field,
                     const json_t *value)
{
    if (!json_is_object(value))
        return blame(check, field, "must be an object of texts");
    if (json_object_size(value) > FIELD_ITEMS_MAX)
        return blame(check, field, "has more than 50 entries");

    struct channel_field text = *field;
    text.is_valid = NULL;
    const char *name;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)value, name, item)
    {
        if (strlen(name) > FIELD_NAME_MAX_BYTES || !field->is_valid(name)) {
            char words[160];
            snprintf(words, sizeof(words), "must be %s", field->expects);
            return blame(check, field, words);
        }
        int error = check_text(check, &text, item);
        if (error != 0)
            return error;
    }
    return 0;
}

static int check_value(const struct check *check, const struct channel_field *field,
                       const json_t *value)
{
    if (value == NULL || json_is_null(value))
        return field->required ? blame(check, field, "is needed") : 0;
    switch (field->type) {
    case FIELD_TEXT: return check_text(check, field, value);
    case FIELD_INTEGER: return check_integer(check, field, value);
    case FIELD_TEXT_LIST: return check_list(check, field, value);
    case FIELD_TEXT_MAP: return check_map(check, field, value);
    case FIELD_TYPE_COUNT: break;
    }
    return -EINVAL;
}

/* Every key of `object` must be in the table. */
static int check_keys(const struct check *check, const json_t *object, bool secret)
{
    const char *group = secret ? "secrets" : "config";
    snprintf(check->refusal->field, REFUSAL_FIELD_SIZE, "%s", group);
    if (object != NULL && !json_is_object(object))
        return problem_set(&check->refusal->problem, "%s must be an object.", group);

    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < check->n_fields; i++)
            found = found ||
                    (check->fields[i].secret == secret && text_is(check->fields[i].key, key));
        if (!found) {
            snprintf(check->refusal->field, REFUSAL_FIELD_SIZE, "%s.%.40s", group, key);
            problem_set(&check->refusal->problem, "This kind of channel has no %s \"%.100s\".",
                        secret ? "secret" : "setting", key);
            return -EBADMSG;
        }
    }
    return 0;
}

int fields_check(const struct channel_field *fields, size_t n_fields, const json_t *config,
                 const json_t *secrets, struct refusal *out_refusal)
{
    struct check check = {fields, n_fields, out_refusal};
    int error = check_keys(&check, config, false);
    if (error == 0)
        error = check_keys(&check, secrets, true);
    for (size_t i = 0; i < n_fields && error == 0; i++) {
        const json_t *group = fields[i].secret ? secrets : config;
        error = check_value(&check, &fields[i], json_object_get(group, fields[i].key));
    }
    if (error == 0)
        out_refusal->field[0] = '\0';
    return error;
}

const char *fields_text(const json_t *object, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL || text[0] == '\0' ? fallback : text;
}

int64_t fields_integer(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool fields_is_url(const char *text)
{
    const char *rest = text_after(text, "https://");
    if (rest == NULL)
        rest = text_after(text, "http://");
    if (rest == NULL || rest[0] == '\0' || rest[0] == '/' || rest[0] == ':')
        return false;
    for (const char *at = rest; *at != '\0'; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f || *at == '"' ||
            *at == '\\')
            return false;
    return true;
}

bool fields_is_server(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr(".-_:", *at) == NULL)
            return false;
    return text[0] != '\0' && text[0] != '-' && text[0] != '.';
}

bool fields_is_address(const char *text)
{
    const char *sign = strchr(text, '@');
    if (sign == NULL || sign == text || sign[1] == '\0' || strchr(sign + 1, '@') != NULL)
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f ||
            strchr("<>()[],;:\\\"", *at) != NULL)
            return false;
    return true;
}

bool fields_is_token(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr("!#$%&'*+-.^_`|~", *at) == NULL)
            return false;
    return text[0] != '\0';
}
