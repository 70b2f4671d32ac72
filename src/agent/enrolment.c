/* SPDX-License-Identifier: MIT */
#include "agent/enrolment.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"

void enrolment_write(const struct identity *identity, const char *name, struct buf *out)
{
    char hostname[HOST_NAME_MAX + 1] = "";
    gethostname(hostname, HOST_NAME_MAX);
    struct json json;
    json_init(&json, out);
    json_object_begin(&json);
    json_field_string(&json, "name", name);
    json_field_string(&json, "agent_id", identity->agent_id);
    json_field_string(&json, "hostname", hostname);
    json_object_end(&json);
}

/* A token goes into a header: anything but visible ASCII would break it. */
static bool is_token(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (!isgraph((unsigned char)text[i]))
            return false;
    }
    return len > 0 && len < IDENTITY_TOKEN_SIZE;
}

int enrolment_read(const char *body, size_t len, char out_token[IDENTITY_TOKEN_SIZE])
{
    json_t *answer = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
    const char *token = json_string_value(json_object_get(answer, "token"));
    int error = token != NULL && is_token(token) ? 0 : -EBADMSG;
    if (error == 0)
        text_copy(out_token, IDENTITY_TOKEN_SIZE, token);
    json_decref(answer);
    return error;
}
