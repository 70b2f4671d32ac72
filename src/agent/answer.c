/* SPDX-License-Identifier: MIT */
#include "agent/answer.h"

#include <jansson.h>
#include <stdio.h>

#include "base/text.h"

#define BODY_LOOKED_AT_BYTES 4096
#define DETAIL_SIZE          256

enum answer answer_of(const struct http_response *response)
{
    if (response->error != HTTP_CLIENT_OK)
        return ANSWER_LATER;
    if (response->status >= 200 && response->status < 300)
        return ANSWER_TAKEN;
    switch (response->status) {
    case 400:
    case 422: return ANSWER_REFUSED;
    case 401:
    case 403: return ANSWER_UNAUTHORIZED;
    case 413: return ANSWER_TOO_LARGE;
    default: return ANSWER_LATER;
    }
}

/* RFC 9457's "detail", or the "title" that stands in for it. */
static bool find_detail(const struct http_response *response, char *out, size_t size)
{
    if (response->body_len > BODY_LOOKED_AT_BYTES)
        return false;
    json_t *body = json_loadb(response->body, response->body_len, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(body, "detail"));
    if (text == NULL)
        text = json_string_value(json_object_get(body, "title"));
    if (text != NULL)
        text_copy(out, size, text);
    json_decref(body);
    return text != NULL;
}

static void make_printable(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
}

char *answer_text(const struct http_response *response, char *out, size_t size)
{
    char detail[DETAIL_SIZE] = "";
    if (response->error != HTTP_CLIENT_OK) {
        text_copy(out, size,
                  response->detail != NULL ? response->detail
                                           : http_client_error_names[response->error]);
    } else {
        if (!find_detail(response, detail, sizeof(detail))) {
            struct slice rest = {response->body, response->body_len}, line = {"", 0};
            text_next_piece(&rest, '\n', &line);
            text_copy_slice(detail, sizeof(detail), text_trim(line));
        }
        snprintf(out, size, "status %d %s%s%s", response->status,
                 http_status_text(response->status), detail[0] != '\0' ? ": " : "", detail);
    }
    make_printable(out);
    return out;
}
