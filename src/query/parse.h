/* SPDX-License-Identifier: MIT */
/*
 * parse - what the parts of the parser share: a cursor of one token over the text.
 *
 * Functions return 0, -EINVAL with the problem filled, or -ENOMEM.
 */
#pragma once

#include "query/ast.h"
#include "query/lex.h"

struct parser {
    struct lexer lexer;
    struct token token; /* the next one, not yet taken */
    struct expr *expr;  /* borrowed: where nodes go */
    struct problem *problem;
    unsigned nesting;    /* of calls of the parser into itself */
    bool may_select_all; /* a selector need not narrow anything down */
};

int parser_problem(struct parser *parser, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Takes the token and reads the next one. */
int parser_advance(struct parser *parser);

/* Takes a token of that kind or complains that it is missing. */
int parser_expect(struct parser *parser, enum token_kind kind);

/* Takes it when it is there. */
int parser_accept(struct parser *parser, enum token_kind kind, bool *out_taken);

bool parser_at_word(const struct parser *parser, const char *word); /* in any case */

int parser_new_node(struct parser *parser, enum node_kind kind, size_t at,
                    struct node **out_node);

/* Makes them the node's children and its depth one more than theirs. */
int parser_adopt(struct parser *parser, struct node *node, struct node **children,
                 size_t count);

/* Takes a string token; the text lies in the expression's arena. */
int parser_take_string(struct parser *parser, const char **out_text);

/* (a, "b", c) */
int parser_take_names(struct parser *parser, struct label_filter *out_filter);

/* name{...}: the token is the word or the brace. */
int parse_selector(struct parser *parser, struct node **out_node);

/* The second argument of info(): checks what was written, or makes up what was not. */
int parse_info_selector(struct parser *parser, struct node *node);
int parse_implied_info_selector(struct parser *parser, size_t at, struct node **out_node);

/* What may follow an operand: [range], [range:step], offset, @. */
int parse_suffixes(struct parser *parser, struct node **node);

/* The name has been taken, the token is the parenthesis (or by, without). */
int parse_call(struct parser *parser, struct slice name, size_t at, struct node **out_node);
int parse_aggregate(struct parser *parser, const struct aggregation *kind, size_t at,
                    struct node **out_node);

int parse_expression(struct parser *parser, int min_precedence, struct node **out_node);
