/* SPDX-License-Identifier: MIT */
/* parse_call - function calls and aggregations, with the types of their arguments. */
#include <stdint.h>
#include <stdio.h>

#include "query/aggregate.h"
#include "query/function.h"
#include "query/parse.h"

static int check_type(struct parser *parser, const struct node *node, enum query_type wanted,
                      const char *where)
{
    if (node->type == wanted)
        return 0;
    return parser_problem(parser, node->at, "expected a %s in %s, found a %s",
                          query_type_names[wanted], where, query_type_names[node->type]);
}

#define ARGUMENTS_MAX 64

/* ( a, b, c ); `function` is NULL for an aggregation. */
static int parse_arguments(struct parser *parser, const struct function *function,
                           struct node **arguments, size_t *out_count)
{
    size_t count = 0;
    bool is_info = function != NULL && (function->traits & FUNCTION_TAKES_INFO) != 0;
    int error = parser_expect(parser, TOKEN_LEFT_PAREN);
    bool more = error == 0 && parser->token.kind != TOKEN_RIGHT_PAREN;
    while (error == 0 && more) {
        if (count == ARGUMENTS_MAX)
            return parser_problem(parser, parser->token.at, "more than %d arguments",
                                  ARGUMENTS_MAX);
        parser->may_select_all = is_info && count == 1;
        error = parse_expression(parser, 1, &arguments[count]);
        parser->may_select_all = false;
        count++;
        if (error == 0)
            error = parser_accept(parser, TOKEN_COMMA, &more);
    }
    *out_count = count;
    return error != 0 ? error : parser_expect(parser, TOKEN_RIGHT_PAREN);
}

static int check_arguments(struct parser *parser, const struct function *function, size_t at,
                           struct node **arguments, size_t count)
{
    size_t min = function_arguments_min(function), max = function_arguments_max(function);
    if (count < min || count > max)
        return parser_problem(
            parser, at, "%s() takes %s%zu argument%s, %zu given", function->name,
            min == max    ? ""
            : count < min ? "at least "
                          : "at most ",
            count < min ? min : max, (count < min ? min : max) == 1 ? "" : "s", count);
    for (size_t i = 0; i < count; i++) {
        char where[64];
        snprintf(where, sizeof(where), "argument %zu of %s()", i + 1, function->name);
        int error =
            check_type(parser, arguments[i], function_argument_type(function, i), where);
        if (error != 0)
            return error;
    }
    return 0;
}

/* info() always has its selector, written or not. */
static int complete_info(struct parser *parser, size_t at, struct node **arguments,
                         size_t *count)
{
    if (*count == 2)
        return parse_info_selector(parser, arguments[1]);
    return parse_implied_info_selector(parser, at, &arguments[(*count)++]);
}

int parse_call(struct parser *parser, struct slice name, size_t at, struct node **out_node)
{
    const struct function *function = function_find(name);
    if (function == NULL)
        return parser_problem(parser, at, "unknown function %.*s()", (int)MIN_OF(name.len, 64),
                              name.data);
    struct node *node, *arguments[ARGUMENTS_MAX];
    size_t count;
    int error = parser_new_node(parser, NODE_CALL, at, &node);
    if (error == 0)
        error = parse_arguments(parser, function, arguments, &count);
    if (error == 0)
        error = check_arguments(parser, function, at, arguments, count);
    if (error == 0 && (function->traits & FUNCTION_TAKES_INFO) != 0)
        error = complete_info(parser, at, arguments, &count);
    if (error == 0)
        error = parser_adopt(parser, node, arguments, count);
    if (error != 0)
        return error;
    node->function = function;
    node->type = function->returns;
    *out_node = node;
    return 0;
}

/* by (...) or without (...), which may stand before or behind the operand, once. */
static int parse_grouping(struct parser *parser, struct node *node, bool *has_grouping)
{
    bool keep = parser_at_word(parser, "by");
    if (*has_grouping || (!keep && !parser_at_word(parser, "without")))
        return 0;
    *has_grouping = true;
    int error = parser_advance(parser);
    if (error == 0)
        error = parser_take_names(parser, &node->labels);
    node->labels.keep = keep;
    return error;
}

static int check_aggregate(struct parser *parser, const struct aggregation *kind, size_t at,
                           struct node **arguments, size_t count)
{
    size_t wanted = kind->has_parameter ? 2 : 1;
    if (count != wanted)
        return parser_problem(parser, at, "%s() takes %zu argument%s, %zu given", kind->name,
                              wanted, wanted == 1 ? "" : "s", count);
    if (kind->has_parameter) {
        struct node *parameter = arguments[0];
        arguments[0] = arguments[1];
        arguments[1] = parameter;
        int error = check_type(parser, parameter, kind->parameter,
                               "the parameter of an "
                               "aggregation");
        if (error != 0)
            return error;
    }
    return check_type(parser, arguments[0], QUERY_VECTOR, "an aggregation");
}

int parse_aggregate(struct parser *parser, const struct aggregation *kind, size_t at,
                    struct node **out_node)
{
    struct node *node, *arguments[ARGUMENTS_MAX];
    size_t count = 0;
    bool has_grouping = false;
    int error = parser_new_node(parser, NODE_AGGREGATE, at, &node);
    if (error != 0)
        return error;
    node->labels.keep = true;
    error = parse_grouping(parser, node, &has_grouping);
    if (error == 0)
        error = parse_arguments(parser, NULL, arguments, &count);
    if (error == 0)
        error = check_aggregate(parser, kind, at, arguments, count);
    if (error == 0)
        error = parse_grouping(parser, node, &has_grouping);
    if (error == 0)
        error = parser_adopt(parser, node, arguments, count);
    if (error != 0)
        return error;
    node->aggregation = kind;
    node->type = QUERY_VECTOR;
    *out_node = node;
    return 0;
}
