/* SPDX-License-Identifier: MIT */
#include "agent/identity.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "config/env_file.h"

#define FILE_MAX_BYTES  ((size_t)16 * 1024)
#define ARENA_MAX_BYTES ((size_t)64 * 1024)

static bool is_agent_id(const char *text)
{
    unsigned char bytes[16];
    return strlen(text) == 32 && text_from_hex(text, bytes, sizeof(bytes)) == 0;
}

static void make_agent_id(struct identity *identity)
{
    unsigned char bytes[16];
    random_bytes(bytes, sizeof(bytes));
    text_to_hex(bytes, sizeof(bytes), identity->agent_id);
}

static void parse(struct slice text, struct identity *identity)
{
    CLEANUP(arena_deinit) struct arena arena;
    struct env_file file;
    struct env_pair pair;
    enum env_file_result result;
    arena_init(&arena, ARENA_MAX_BYTES);
    env_file_init(&file, text, &arena);
    while ((result = env_file_next(&file, &pair, NULL)) != ENV_FILE_END) {
        if (result == ENV_FILE_BAD)
            continue;
        if (text_is(pair.key, "AGENT_ID") && is_agent_id(pair.value))
            text_copy(identity->agent_id, sizeof(identity->agent_id), pair.value);
        else if (text_is(pair.key, "SERVER"))
            text_copy(identity->server, sizeof(identity->server), pair.value);
        else if (text_is(pair.key, "NAME"))
            text_copy(identity->name, sizeof(identity->name), pair.value);
        else if (text_is(pair.key, "TOKEN"))
            text_copy(identity->token, sizeof(identity->token), pair.value);
    }
}

int identity_load(const char *state, struct identity *out_identity)
{
    char path[PATH_MAX];
    CLEANUP(buf_deinit) struct buf text;
    struct identity identity = {0};
    int error = -ENAMETOOLONG;
    buf_init(&text, FILE_MAX_BYTES);
    if (file_join(path, sizeof(path), state, "identity"))
        error = file_read(path, &text);
    if (error == 0)
        parse((struct slice){text.data, text.len}, &identity);
    if (identity.agent_id[0] == '\0') {
        identity = (struct identity){0};
        make_agent_id(&identity);
    }
    *out_identity = identity;
    return error == -ENOENT ? 0 : error;
}

static void write_line(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, "%s=\"", key);
    for (const char *c = value; *c != '\0'; c++) {
        if (strchr("\"\\$", *c) != NULL)
            buf_append_char(out, '\\');
        buf_append_char(out, *c);
    }
    buf_append_text(out, "\"\n");
}

int identity_save(const char *state, const struct identity *identity)
{
    char path[PATH_MAX];
    CLEANUP(buf_deinit) struct buf text;
    buf_init(&text, FILE_MAX_BYTES);
    if (!file_join(path, sizeof(path), state, "identity"))
        return -ENAMETOOLONG;
    buf_append_text(&text, "# Made by sentora-agent. Whoever has the token can write as this "
                           "host: keep it to yourself.\n");
    write_line(&text, "AGENT_ID", identity->agent_id);
    write_line(&text, "SERVER", identity->server);
    write_line(&text, "NAME", identity->name);
    write_line(&text, "TOKEN", identity->token);
    if (text.error != 0)
        return text.error;
    int error = file_make_dirs(state, 0700);
    return error != 0 ? error : file_write_atomic(path, text.data, text.len, 0600);
}

bool identity_is_enrolled(const struct identity *identity, const char *server, const char *name)
{
    return identity->token[0] != '\0' && text_is(identity->server, server) &&
           text_is(identity->name, name);
}
