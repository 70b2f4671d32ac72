/* SPDX-License-Identifier: MIT */
/*
 * lex - PromQL text into tokens.
 *
 * Words are words: whether `sum`, `by` or `offset` is meant as such is the parser's decision,
 * since every one of them may also name a metric or a label.  A colon belongs to a metric's
 * name, except between brackets, where it separates a subquery's range from its step.
 * Borrows the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/problem.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_NUMBER,   /* number */
    TOKEN_DURATION, /* number, in seconds */
    TOKEN_STRING,   /* text with its quotes; see lex_unquote() */
    TOKEN_LEFT_PAREN,
    TOKEN_RIGHT_PAREN,
    TOKEN_LEFT_BRACE,
    TOKEN_RIGHT_BRACE,
    TOKEN_LEFT_BRACKET,
    TOKEN_RIGHT_BRACKET,
    TOKEN_COMMA,
    TOKEN_COLON,
    TOKEN_AT,
    TOKEN_ASSIGN,
    TOKEN_REGEX_MATCH,
    TOKEN_REGEX_DIFFERS,
    TOKEN_EQUAL,
    TOKEN_DIFFERS,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
    TOKEN_ADD,
    TOKEN_SUBTRACT,
    TOKEN_MULTIPLY,
    TOKEN_DIVIDE,
    TOKEN_MODULO,
    TOKEN_POWER,
    TOKEN_KIND_COUNT
};

extern const char *const token_names[TOKEN_KIND_COUNT]; /* as a person would call them */

struct token {
    enum token_kind kind;
    size_t at; /* offset of its first byte */
    struct slice text;
    double number;
};

struct lexer {
    const char *text; /* borrowed from the caller of lexer_init */
    size_t at;
    bool in_brackets;
};

void lexer_init(struct lexer *lexer, const char *text);

/* 0; -EINVAL with the problem and its position. */
int lex_next(struct lexer *lexer, struct token *out_token, struct problem *problem);

/* Fills the problem with the line and column of byte `at`; returns -EINVAL. */
int lex_problem(const char *text, size_t at, struct problem *problem, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* The value of a string token into `out`, which has room for token->text.len bytes.
 * 0; -EINVAL with the problem. */
int lex_unquote(const char *text, const struct token *token, char *out,
                struct problem *problem);

/* Reads `1h30m` (units in falling order, each once) at the start of `text`; its length, or 0
 * when there is none or it is too long to count in milliseconds. */
size_t lex_duration(const char *text, int64_t *out_ms);
