/* SPDX-License-Identifier: MIT */
/*
 * parse - the grammar above selectors: operators by precedence climbing, calls, aggregations.
 *
 * Types are checked as nodes are made, so that a problem points at the operand concerned.
 */
#include "query/parse.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "query/aggregate.h"
#include "query/function.h"

#define NESTING_MAX      200
#define EXPR_BYTES_MAX   ((size_t)32 * 1024 * 1024)
#define PRECEDENCE_POWER 6
#define PRECEDENCE_UNARY 6 /* -a^b is -(a^b), -a*b is (-a)*b */

static const struct operator_form {
    const char *word;      /* NULL: a token of its own */
    enum token_kind token; /* TOKEN_WORD for the words */
    enum binary_op op;
    int precedence;
} operators[] = {
    {NULL, TOKEN_ADD, OP_ADD, 4},
    {NULL, TOKEN_SUBTRACT, OP_SUBTRACT, 4},
    {NULL, TOKEN_MULTIPLY, OP_MULTIPLY, 5},
    {NULL, TOKEN_DIVIDE, OP_DIVIDE, 5},
    {NULL, TOKEN_MODULO, OP_MODULO, 5},
    {NULL, TOKEN_POWER, OP_POWER, PRECEDENCE_POWER},
    {"atan2", TOKEN_WORD, OP_ATAN2, 5},
    {NULL, TOKEN_EQUAL, OP_EQUAL, 3},
    {NULL, TOKEN_DIFFERS, OP_DIFFERS, 3},
    {NULL, TOKEN_LESS, OP_LESS, 3},
    {NULL, TOKEN_LESS_EQUAL, OP_LESS_EQUAL, 3},
    {NULL, TOKEN_GREATER, OP_GREATER, 3},
    {NULL, TOKEN_GREATER_EQUAL, OP_GREATER_EQUAL, 3},
    {"and", TOKEN_WORD, OP_AND, 2},
    {"or", TOKEN_WORD, OP_OR, 1},
    {"unless", TOKEN_WORD, OP_UNLESS, 2},
};

int parser_problem(struct parser *parser, size_t at, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return lex_problem(parser->lexer.text, at, parser->problem, "%s", text);
}

int parser_advance(struct parser *parser)
{
    return lex_next(&parser->lexer, &parser->token, parser->problem);
}

int parser_expect(struct parser *parser, enum token_kind kind)
{
    if (parser->token.kind != kind)
        return parser_problem(parser, parser->token.at, "expected %s, found %s",
                              token_names[kind], token_names[parser->token.kind]);
    return parser_advance(parser);
}

int parser_accept(struct parser *parser, enum token_kind kind, bool *out_taken)
{
    *out_taken = parser->token.kind == kind;
    return *out_taken ? parser_advance(parser) : 0;
}

static bool slice_is_nocase(struct slice slice, const char *text)
{
    char word[16];
    return text_copy_slice(word, sizeof(word), slice) && text_is_nocase(word, text);
}

bool parser_at_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == TOKEN_WORD && slice_is_nocase(parser->token.text, word);
}

int parser_new_node(struct parser *parser, enum node_kind kind, size_t at,
                    struct node **out_node)
{
    struct node *node = arena_calloc(&parser->expr->arena, 1, sizeof(*node));
    if (node == NULL)
        return -ENOMEM;
    node->kind = kind;
    node->at = node->start = at;
    node->depth = 1;
    *out_node = node;
    return 0;
}

int parser_adopt(struct parser *parser, struct node *node, struct node **children, size_t count)
{
    node->children = arena_memdup(&parser->expr->arena, children, count * sizeof(*children));
    node->n_children = count;
    if (node->children == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        node->depth = MAX_OF(node->depth, children[i]->depth + 1);
    if (node->depth > EXPR_DEPTH_MAX)
        return parser_problem(parser, node->at, "the expression is nested too deeply");
    return 0;
}

int parser_take_string(struct parser *parser, const char **out_text)
{
    char *text = arena_alloc(&parser->expr->arena, parser->token.text.len);
    if (text == NULL)
        return -ENOMEM;
    int error = lex_unquote(parser->lexer.text, &parser->token, text, parser->problem);
    if (error != 0)
        return error;
    *out_text = text;
    return parser_advance(parser);
}

static int take_name(struct parser *parser, const char **out_name)
{
    size_t at = parser->token.at;
    struct slice word = parser->token.text;
    if (parser->token.kind == TOKEN_STRING) {
        int error = parser_take_string(parser, out_name);
        if (error == 0 && **out_name == '\0')
            return parser_problem(parser, at, "a label's name is empty");
        return error;
    }
    if (parser->token.kind != TOKEN_WORD || memchr(word.data, ':', word.len) != NULL)
        return parser_problem(parser, at, "expected a label's name, found %s",
                              token_names[parser->token.kind]);
    *out_name = arena_strndup(&parser->expr->arena, word.data, word.len);
    return *out_name == NULL ? -ENOMEM : parser_advance(parser);
}

int parser_take_names(struct parser *parser, struct label_filter *out_filter)
{
    const char *names[LABELS_COUNT_MAX];
    size_t count = 0;
    int error = parser_expect(parser, TOKEN_LEFT_PAREN);
    while (error == 0 && parser->token.kind != TOKEN_RIGHT_PAREN) {
        if (count == LABELS_COUNT_MAX)
            return parser_problem(parser, parser->token.at, "more than %d labels",
                                  LABELS_COUNT_MAX);
        bool more = false;
        error = take_name(parser, &names[count]);
        count++;
        if (error == 0)
            error = parser_accept(parser, TOKEN_COMMA, &more);
        if (error == 0 && !more && parser->token.kind != TOKEN_RIGHT_PAREN)
            return parser_problem(parser, parser->token.at, "expected \",\" or \")\", found %s",
                                  token_names[parser->token.kind]);
    }
    if (error == 0)
        error = parser_expect(parser, TOKEN_RIGHT_PAREN);
    if (error != 0)
        return error;
    out_filter->names = arena_memdup(&parser->expr->arena, names, count * sizeof(names[0]));
    out_filter->len = count;
    return out_filter->names == NULL ? -ENOMEM : 0;
}

/* ---- operands ---- */

static int parse_literal(struct parser *parser, struct node **out_node)
{
    bool is_text = parser->token.kind == TOKEN_STRING;
    struct node *node;
    int error =
        parser_new_node(parser, is_text ? NODE_STRING : NODE_NUMBER, parser->token.at, &node);
    if (error != 0)
        return error;
    *out_node = node;
    if (is_text) {
        node->type = QUERY_STRING;
        return parser_take_string(parser, &node->text);
    }
    node->type = QUERY_SCALAR;
    node->is_duration = parser->token.kind == TOKEN_DURATION;
    node->number = parser_at_word(parser, "inf")   ? (double)__builtin_inff()
                   : parser_at_word(parser, "nan") ? (double)__builtin_nanf("")
                                                   : parser->token.number;
    return parser_advance(parser);
}

/* Words that cannot be the name of a metric, since an operand may follow them. */
static int refuse_reserved(struct parser *parser)
{
    static const char *const reserved[] = {"on",         "ignoring",    "bool",
                                           "group_left", "group_right", "atan2"};
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (parser_at_word(parser, reserved[i]))
            return parser_problem(parser, parser->token.at,
                                  "\"%s\" cannot stand here; a metric of that name is "
                                  "written {\"%s\"}",
                                  reserved[i], reserved[i]);
    }
    return 0;
}

/* What a word at the start of an operand means depends on what follows it. */
static int parse_word(struct parser *parser, struct node **out_node)
{
    if (parser_at_word(parser, "inf") || parser_at_word(parser, "nan"))
        return parse_literal(parser, out_node);

    struct parser ahead = *parser;
    int error = parser_advance(&ahead);
    if (error != 0)
        return error;
    struct token name = parser->token;
    const struct aggregation *kind = aggregation_find(name.text);
    bool opens = ahead.token.kind == TOKEN_LEFT_PAREN;
    if (kind != NULL &&
        (opens || parser_at_word(&ahead, "by") || parser_at_word(&ahead, "without"))) {
        error = parser_advance(parser);
        return error != 0 ? error : parse_aggregate(parser, kind, name.at, out_node);
    }
    if (opens) {
        error = parser_advance(parser);
        return error != 0 ? error : parse_call(parser, name.text, name.at, out_node);
    }
    error = refuse_reserved(parser);
    return error != 0 ? error : parse_selector(parser, out_node);
}

static int parse_parentheses(struct parser *parser, struct node **out_node)
{
    size_t at = parser->token.at;
    int error = parser_advance(parser);
    if (error == 0)
        error = parse_expression(parser, 1, out_node);
    if (error == 0)
        error = parser_expect(parser, TOKEN_RIGHT_PAREN);
    if (error == 0) {
        (*out_node)->parens++;
        (*out_node)->start = at;
    }
    return error;
}

static int parse_signed(struct parser *parser, struct node **out_node)
{
    size_t at = parser->token.at;
    bool negative = parser->token.kind == TOKEN_SUBTRACT;
    int error = parser_advance(parser);
    struct node *operand;
    if (error == 0)
        error = parse_expression(parser, PRECEDENCE_UNARY, &operand);
    if (error != 0)
        return error;
    if (operand->type != QUERY_SCALAR && operand->type != QUERY_VECTOR)
        return parser_problem(parser, at,
                              "a sign is only possible before a scalar or an "
                              "instant vector, not a %s",
                              query_type_names[operand->type]);
    if (operand->kind == NODE_NUMBER && operand->parens == 0) {
        operand->number = negative ? -operand->number : operand->number;
        operand->start = at;
        negative = false;
    }
    *out_node = operand;
    if (!negative)
        return 0;
    struct node *node;
    error = parser_new_node(parser, NODE_NEGATE, at, &node);
    if (error != 0)
        return error;
    node->type = operand->type;
    *out_node = node;
    return parser_adopt(parser, node, &operand, 1);
}

static int parse_operand(struct parser *parser, struct node **out_node)
{
    int error;
    switch (parser->token.kind) {
    case TOKEN_NUMBER:
    case TOKEN_DURATION:
    case TOKEN_STRING: error = parse_literal(parser, out_node); break;
    case TOKEN_WORD: error = parse_word(parser, out_node); break;
    case TOKEN_LEFT_BRACE: error = parse_selector(parser, out_node); break;
    case TOKEN_LEFT_PAREN: error = parse_parentheses(parser, out_node); break;
    case TOKEN_ADD:
    case TOKEN_SUBTRACT: return parse_signed(parser, out_node);
    default:
        return parser_problem(parser, parser->token.at, "expected an expression, found %s",
                              token_names[parser->token.kind]);
    }
    return error != 0 ? error : parse_suffixes(parser, out_node);
}

/* ---- binary operators ---- */

static const struct operator_form *operator_at(const struct parser *parser)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        const struct operator_form *form = &operators[i];
        if (form->token == parser->token.kind &&
            (form->word == NULL || parser_at_word(parser, form->word)))
            return form;
    }
    return NULL;
}

static int parse_group_side(struct parser *parser, struct node *node)
{
    bool left = parser_at_word(parser, "group_left");
    if (!left && !parser_at_word(parser, "group_right"))
        return 0;
    size_t at = parser->token.at;
    if (op_is_set(node->op))
        return parser_problem(parser, at,
                              "and, or, unless match many to many: no group_left "
                              "or group_right");
    node->cardinality = left ? MATCH_MANY_TO_ONE : MATCH_ONE_TO_MANY;
    int error = parser_advance(parser);
    if (error == 0 && parser->token.kind == TOKEN_LEFT_PAREN)
        error = parser_take_names(parser, &node->include);
    for (size_t i = 0; error == 0 && node->labels.keep && i < node->include.len; i++) {
        if (label_filter_names(&node->labels, node->include.names[i]))
            return parser_problem(parser, at, "label \"%s\" is in on() and in group_%s()",
                                  node->include.names[i], left ? "left" : "right");
    }
    return error;
}

/* bool, on(...), ignoring(...), group_left(...) behind the operator */
static int parse_modifiers(struct parser *parser, struct node *node)
{
    int error = 0;
    if (parser_at_word(parser, "bool")) {
        if (!op_is_comparison(node->op))
            return parser_problem(parser, parser->token.at,
                                  "bool is only possible behind a comparison");
        node->returns_bool = true;
        error = parser_advance(parser);
    }
    bool on = error == 0 && parser_at_word(parser, "on");
    if (error != 0 || (!on && !parser_at_word(parser, "ignoring")))
        return error;
    node->has_matching = true;
    node->labels.keep = on;
    error = parser_advance(parser);
    if (error == 0)
        error = parser_take_names(parser, &node->labels);
    return error != 0 ? error : parse_group_side(parser, node);
}

static int check_binary(struct parser *parser, struct node *node, const struct node *left,
                        const struct node *right)
{
    const struct node *sides[] = {left, right};
    for (size_t i = 0; i < 2; i++) {
        if (sides[i]->type != QUERY_SCALAR && sides[i]->type != QUERY_VECTOR)
            return parser_problem(parser, sides[i]->at,
                                  "an operator works on scalars and instant vectors, not a %s",
                                  query_type_names[sides[i]->type]);
    }
    bool vectors = left->type == QUERY_VECTOR && right->type == QUERY_VECTOR;
    bool scalars = left->type == QUERY_SCALAR && right->type == QUERY_SCALAR;
    if (node->has_matching && !vectors)
        return parser_problem(parser, node->at,
                              "on and ignoring are only possible between instant vectors");
    if (op_is_set(node->op) && !vectors)
        return parser_problem(parser, node->at,
                              "and, or, unless are only possible between instant vectors");
    if (scalars && op_is_comparison(node->op) && !node->returns_bool)
        return parser_problem(parser, node->at, "comparing two scalars needs the word bool");
    node->type = scalars ? QUERY_SCALAR : QUERY_VECTOR;
    return 0;
}

static int parse_binary(struct parser *parser, const struct operator_form *form,
                        struct node **left)
{
    struct node *node, *sides[2] = {*left, NULL};
    int error = parser_new_node(parser, NODE_BINARY, parser->token.at, &node);
    if (error != 0)
        return error;
    node->op = form->op;
    node->start = sides[0]->start;
    error = parser_advance(parser);
    if (error == 0)
        error = parse_modifiers(parser, node);
    int right_min = form->op == OP_POWER ? form->precedence : form->precedence + 1;
    if (error == 0)
        error = parse_expression(parser, right_min, &sides[1]);
    assert(error != 0 || sides[1] != NULL);
    if (error == 0)
        error = check_binary(parser, node, sides[0], sides[1]);
    if (error != 0)
        return error;
    *left = node;
    return parser_adopt(parser, node, sides, 2);
}

int parse_expression(struct parser *parser, int min_precedence, struct node **out_node)
{
    if (parser->nesting == NESTING_MAX)
        return parser_problem(parser, parser->token.at, "the expression is nested too deeply");
    parser->nesting++;
    struct node *left = NULL;
    int error = parse_operand(parser, &left);
    assert(error != 0 || left != NULL);
    while (error == 0) {
        const struct operator_form *form = operator_at(parser);
        if (form == NULL || form->precedence < min_precedence)
            break;
        error = parse_binary(parser, form, &left);
    }
    parser->nesting--;
    if (error == 0)
        *out_node = left;
    return error;
}

/* ---- the whole ---- */

/* What does not differ from step to step is worked out once. */
static void mark_invariant(struct node *node)
{
    bool all = true;
    for (size_t i = 0; i < node->n_children; i++) {
        mark_invariant(node->children[i]);
        all = all && node->children[i]->is_invariant;
    }
    switch (node->kind) {
    case NODE_SELECTOR:
    case NODE_RANGE:
    case NODE_SUBQUERY: node->is_invariant = node->shift.at != AT_NONE; break;
    case NODE_CALL:
        node->is_invariant = all && (node->function->traits & FUNCTION_READS_CLOCK) == 0;
        break;
    default: node->is_invariant = all; break;
    }
}

static int parse_all(struct parser *parser)
{
    int error = parser_advance(parser);
    if (error == 0 && parser->token.kind == TOKEN_END)
        return parser_problem(parser, parser->token.at, "the expression is empty");
    if (error == 0)
        error = parse_expression(parser, 1, &parser->expr->root);
    if (error == 0 && parser->token.kind != TOKEN_END)
        return parser_problem(parser, parser->token.at, "unexpected %s behind the expression",
                              token_names[parser->token.kind]);
    if (error == 0)
        mark_invariant(parser->expr->root);
    return error;
}

int query_parse(const char *text, struct expr **out_expr, struct problem *problem)
{
    struct problem unwanted;
    problem = problem == NULL ? &unwanted : problem;
    size_t len = strnlen(text, QUERY_TEXT_MAX_BYTES + 1);
    if (len > QUERY_TEXT_MAX_BYTES)
        return problem_set_at(problem, 1, 1, "the expression is longer than %zu bytes",
                              QUERY_TEXT_MAX_BYTES);

    struct expr *expr = memory_calloc(1, sizeof(*expr));
    expr->refs = 1;
    arena_init(&expr->arena, EXPR_BYTES_MAX);
    struct parser parser = {.expr = expr, .problem = problem};
    lexer_init(&parser.lexer, text);
    expr->text = arena_strdup(&expr->arena, text);
    int error = expr->text == NULL ? -ENOMEM : parse_all(&parser);
    if (error == -ENOMEM)
        error = problem_set_at(problem, 1, 1, "the expression is too large");
    if (error != 0) {
        expr_free(expr);
        return error;
    }
    *out_expr = expr;
    return 0;
}
