/* SPDX-License-Identifier: MIT */
/*
 * token - keys for programs: "snt_", a letter for the kind, 43 characters of base64url.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account/internal.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/text.h"
#include "state/tokens.h"

#define TOKEN_NAME_MAX_BYTES 100
#define TOKEN_FILE_MAX_BYTES ((size_t)256)
#define TOKEN_LOCAL_NAME     "agent on this machine"

static const struct token_form {
    const char *prefix;
    bool needs_host, needs_user;
} forms[] = {
    [ACCOUNT_TOKEN_ENROL] = {"snt_e", false, false},
    [ACCOUNT_TOKEN_HOST] = {"snt_h", true, false},
    [ACCOUNT_TOKEN_READ] = {"snt_r", false, false},
    [ACCOUNT_TOKEN_USER] = {"snt_u", false, true},
};
_Static_assert(ARRAY_LEN(forms) == ACCOUNT_TOKEN_KIND_COUNT, "a form for each kind");

const char *const account_token_kind_names[] = {"enrol", "host", "read", "user"};
_Static_assert(ARRAY_LEN(account_token_kind_names) == ACCOUNT_TOKEN_KIND_COUNT,
               "a name for each");

bool account_token_kind_find(const char *name, enum account_token_kind *out_kind)
{
    for (int kind = 0; kind < ACCOUNT_TOKEN_KIND_COUNT; kind++) {
        if (text_is(name, account_token_kind_names[kind])) {
            *out_kind = (enum account_token_kind)kind;
            return true;
        }
    }
    return false;
}

static bool name_is_valid(const char *name)
{
    if (name == NULL || !text_is_utf8(name, strlen(name)))
        return false;
    for (const char *at = name; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return name[0] != '\0' && strlen(name) <= TOKEN_NAME_MAX_BYTES;
}

static int store_token(struct account *account, const struct token *row, const char *prefix,
                       struct account_token *out_token)
{
    struct account_token token;
    uint8_t hash[SECRET_HASH_BYTES];
    secret_make(prefix, token.secret, hash);
    int error = tokens_add(account->db, row, hash, &token.id);
    if (error == 0)
        *out_token = token;
    return error;
}

int account_token_create(struct account *account, const struct account_token_request *request,
                         msec_t now, struct account_token *out_token)
{
    const struct token_form *form = &forms[request->kind];
    if (!name_is_valid(request->name) || (form->needs_host && request->host_id == 0) ||
        (form->needs_user && request->user_id == 0))
        return -EINVAL;

    struct token row = {.org = request->org,
                        .host_id = form->needs_host ? request->host_id : 0,
                        .user_id = form->needs_user ? request->user_id : 0,
                        .created_ms = now};
    text_copy(row.kind, sizeof(row.kind), account_token_kind_names[request->kind]);
    text_copy(row.name, sizeof(row.name), request->name);
    return store_token(account, &row, form->prefix, out_token);
}

static bool match_token(const struct known *known, int64_t token_id)
{
    return known->token_id == token_id;
}

static bool match_host(const struct known *known, int64_t host_id)
{
    return known->host_id == host_id;
}

int account_host_token_replace(struct account *account, org_id org, int64_t host_id, msec_t now,
                               struct account_token *out_token)
{
    if (host_id == 0)
        return -ENOENT;
    bool own;
    int error = account_begin(account, &own);
    if (error != 0)
        return error;

    struct token row = {.org = org, .host_id = host_id, .name = "host", .created_ms = now};
    text_copy(row.kind, sizeof(row.kind), account_token_kind_names[ACCOUNT_TOKEN_HOST]);
    error = tokens_revoke_host(account->db, org, host_id, now);
    if (error == 0)
        error = store_token(account, &row, forms[ACCOUNT_TOKEN_HOST].prefix, out_token);
    known_forget(&account->known, match_host, host_id);
    return account_end(account, own, error);
}

int account_token_revoke(struct account *account, org_id org, int64_t token_id, msec_t now)
{
    int error = tokens_revoke(account->db, org, token_id, now);
    known_forget(&account->known, match_token, token_id);
    return error;
}

void account_forget_host(struct account *account, int64_t host_id)
{
    known_forget(&account->known, match_host, host_id);
}

struct token_list {
    account_token_fn *fn;
    void *arg;
};

static int list_token(const struct token *token, void *arg)
{
    const struct token_list *list = arg;
    struct account_token_info info = {.id = token->id,
                                      .host_id = token->host_id,
                                      .kind = token->kind,
                                      .name =
                                          token->host_id != 0 ? token->host_name : token->name,
                                      .created_ms = token->created_ms,
                                      .last_used_ms = token->last_used_ms};
    return list->fn(&info, list->arg);
}

int account_token_list(struct account *account, org_id org, account_token_fn *fn, void *arg)
{
    struct token_list list = {fn, arg};
    return tokens_each(account->db, org, list_token, &list);
}

/* Whether the file holds a token by which hosts may be enrolled still. */
static bool local_token_works(struct account *account, const char *path)
{
    struct buf content;
    buf_init(&content, TOKEN_FILE_MAX_BYTES);
    bool works = false;
    if (file_read(path, &content) == 0) {
        struct slice secret = text_trim((struct slice){buf_text(&content), content.len});
        char text[TOKEN_FILE_MAX_BYTES + 1];
        uint8_t hash[SECRET_HASH_BYTES];
        struct token token;
        text_copy_slice(text, sizeof(text), secret);
        secret_hash(text, hash);
        works = tokens_find(account->db, hash, &token) == 0 &&
                text_is(token.kind, account_token_kind_names[ACCOUNT_TOKEN_ENROL]);
    }
    buf_deinit(&content);
    return works;
}

int account_local_enrolment_token(struct account *account, const char *path, msec_t now)
{
    if (local_token_works(account, path))
        return 0;

    struct account_token_request request = {
        .org = ORG_FIRST, .kind = ACCOUNT_TOKEN_ENROL, .name = TOKEN_LOCAL_NAME};
    bool own;
    int error = account_begin(account, &own);
    if (error != 0)
        return error;
    struct account_token token;
    error = tokens_revoke_named(account->db, ORG_FIRST, TOKEN_LOCAL_NAME, now);
    if (error == 0)
        error = account_token_create(account, &request, now, &token);
    if (error == 0) {
        char line[ACCOUNT_SECRET_SIZE + 1];
        int len = snprintf(line, sizeof(line), "%s\n", token.secret);
        error = file_write_atomic(path, line, (size_t)len, 0600);
    }
    known_forget(&account->known, NULL, 0);
    return account_end(account, own, error);
}
