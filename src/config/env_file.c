/* SPDX-License-Identifier: MIT */
#include "config/env_file.h"

#include <ctype.h>
#include <string.h>

void env_file_init(struct env_file *file, struct slice text, struct arena *arena)
{
    if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        text = (struct slice){text.data + 3, text.len - 3};
    *file = (struct env_file){.rest = text, .arena = arena};
}

static bool is_key(struct slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        if (c != '_' && !isalpha((unsigned char)c) && (i == 0 || !isdigit((unsigned char)c)))
            return false;
    }
    return key.len > 0;
}

static char unescape(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    default: return c;
    }
}

/* What follows a closing quote may only be a comment. */
static bool is_rest_empty(struct slice rest)
{
    rest = text_trim(rest);
    return rest.len == 0 || rest.data[0] == '#';
}

/* `text` begins with its quote.  The value into `out`, which has room for all of it. */
static const char *unquote(struct slice text, char *out)
{
    char quote = text.data[0];
    for (size_t i = 1; i < text.len; i++) {
        char c = text.data[i];
        if (c == quote) {
            *out = '\0';
            return is_rest_empty((struct slice){text.data + i + 1, text.len - i - 1})
                       ? NULL
                       : "text behind the closing quote";
        }
        bool is_escape = quote == '"' && c == '\\' && i + 1 < text.len &&
                         strchr("ntr\"\\$", text.data[i + 1]) != NULL;
        if (is_escape)
            c = unescape(text.data[++i]);
        *out++ = c;
    }
    return "the closing quote is missing";
}

static struct slice cut_comment(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool at_start = i == 0 || text.data[i - 1] == ' ' || text.data[i - 1] == '\t';
        if (text.data[i] == '#' && at_start)
            text.len = i;
    }
    return text_trim(text);
}

static enum env_file_result read_pair(struct env_file *file, struct slice line,
                                      struct env_pair *out_pair, struct problem *problem)
{
    static const struct slice export = {"export", 6};
    if (line.len > export.len && memcmp(line.data, export.data, export.len) == 0 &&
        isblank((unsigned char)line.data[export.len]))
        line = text_trim((struct slice){line.data + export.len, line.len - export.len});

    const char *why = NULL;
    const char *equals = memchr(line.data, '=', line.len);
    struct slice key = {line.data, equals != NULL ? (size_t)(equals - line.data) : 0};
    key = text_trim(key);
    struct slice value = {line.data, 0};
    if (equals == NULL || !is_key(key) || memchr(line.data, '\0', line.len) != NULL)
        why = "expected KEY=VALUE";
    else
        value =
            text_trim((struct slice){equals + 1, line.len - (size_t)(equals + 1 - line.data)});

    char *copy = arena_strndup(file->arena, value.data, value.len);
    const char *key_copy = arena_strndup(file->arena, key.data, key.len);
    if (copy == NULL || key_copy == NULL)
        why = "the file is too large";
    if (why == NULL && value.len > 0 && (value.data[0] == '"' || value.data[0] == '\'')) {
        why = unquote(value, copy);
    } else if (why == NULL) {
        copy[cut_comment(value).len] = '\0';
    }
    if (why != NULL) {
        problem_set_at(problem, file->line, 0, "%s", why);
        return ENV_FILE_BAD;
    }
    *out_pair = (struct env_pair){key_copy, copy, file->line};
    return ENV_FILE_PAIR;
}

enum env_file_result env_file_next(struct env_file *file, struct env_pair *out_pair,
                                   struct problem *problem)
{
    struct slice line;
    while (text_next_piece(&file->rest, '\n', &line)) {
        file->line++;
        line = text_trim(line);
        if (line.len > 0 && line.data[0] != '#')
            return read_pair(file, line, out_pair, problem);
    }
    return ENV_FILE_END;
}
