/* SPDX-License-Identifier: MIT */
#include "ctl/answer.h"

#include <time.h>

const char *answer_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

int64_t answer_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

void answer_add_number(struct table *table, const json_t *number, int digits, const char *unit)
{
    if (json_is_number(number))
        table_add(table, "%.*f%s", digits, json_number_value(number), unit);
    else
        table_add(table, "-");
}

void answer_add_span(struct table *table, msec_t then, msec_t now)
{
    char text[64];
    if (then == 0)
        table_add(table, "-");
    else
        table_add(table, "%s", clock_format_span(MAX_OF(now - then, 0), text, sizeof(text)));
}

void answer_add_time(struct table *table, msec_t at)
{
    time_t seconds = (time_t)(at / MSEC_SECOND);
    struct tm local;
    char text[32];
    if (at == 0 || localtime_r(&seconds, &local) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
        table_add(table, "-");
    else
        table_add(table, "%s", text);
}
