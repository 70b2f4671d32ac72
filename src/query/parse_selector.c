/* SPDX-License-Identifier: MIT */
/* parse_selector - selectors and what may be written behind them. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "query/parse.h"

#define SELECTOR_MATCHERS_MAX 256
#define SPAN_SECONDS_MAX      (100.0 * 365 * 86400)
#define INFO_NAME_DEFAULT     "target_info"
#define SELECTS_EVERYTHING                                                                     \
    "a selector needs at least one matcher that does not match the empty text"

/* Matchers as they are read, before their number is known. */
struct matcher_list {
    struct matcher items[SELECTOR_MATCHERS_MAX];
    size_t len;
    bool has_name;
};

static int add_matcher(struct parser *parser, struct matcher_list *list, size_t at,
                       const struct matcher *wanted)
{
    if (list->len == SELECTOR_MATCHERS_MAX)
        return parser_problem(parser, at, "more than %d matchers in one selector",
                              SELECTOR_MATCHERS_MAX);
    struct problem problem = {0};
    int error = matcher_init(&list->items[list->len], wanted->op, wanted->name, wanted->value,
                             &problem);
    if (error == -EINVAL)
        return parser_problem(parser, at, "%s", problem.text);
    if (error == 0)
        list->len++;
    return error;
}

static int add_name(struct parser *parser, struct matcher_list *list, size_t at,
                    const char *name)
{
    if (list->has_name)
        return parser_problem(parser, at, "the metric's name is given twice");
    list->has_name = true;
    char label[] = LABEL_METRIC_NAME, value[LABELS_VALUE_MAX_BYTES + 1];
    if (!text_copy(value, sizeof(value), name))
        return parser_problem(parser, at, "the metric's name is too long");
    return add_matcher(parser, list, at,
                       &(struct matcher){.op = MATCHER_EQUAL, .name = label, .value = value});
}

static bool matcher_op_of(enum token_kind kind, enum matcher_op *out_op)
{
    switch (kind) {
    case TOKEN_ASSIGN: *out_op = MATCHER_EQUAL; return true;
    case TOKEN_DIFFERS: *out_op = MATCHER_NOT_EQUAL; return true;
    case TOKEN_REGEX_MATCH: *out_op = MATCHER_REGEX; return true;
    case TOKEN_REGEX_DIFFERS: *out_op = MATCHER_NOT_REGEX; return true;
    default: return false;
    }
}

/* name = "value", or "metric name" */
static int parse_matcher(struct parser *parser, struct matcher_list *list)
{
    size_t at = parser->token.at;
    bool quoted = parser->token.kind == TOKEN_STRING;
    const char *name = NULL, *value = NULL;
    int error;
    if (quoted) {
        error = parser_take_string(parser, &name);
    } else {
        struct slice word = parser->token.text;
        if (parser->token.kind != TOKEN_WORD || memchr(word.data, ':', word.len) != NULL)
            return parser_problem(parser, at, "expected a label's name or \"}\"");
        name = arena_strndup(&parser->expr->arena, word.data, word.len);
        error = name == NULL ? -ENOMEM : parser_advance(parser);
    }
    if (error != 0)
        return error;

    struct matcher wanted;
    if (!matcher_op_of(parser->token.kind, &wanted.op)) {
        if (quoted)
            return add_name(parser, list, at, name);
        return parser_problem(parser, parser->token.at,
                              "expected =, !=, =~ or !~ behind the label, found %s",
                              token_names[parser->token.kind]);
    }
    if (*name == '\0')
        return parser_problem(parser, at, "a label's name is empty");
    error = parser_advance(parser);
    size_t value_at = parser->token.at;
    if (error == 0 && parser->token.kind != TOKEN_STRING)
        return parser_problem(parser, value_at, "expected the label's value in quotes");
    if (error == 0)
        error = parser_take_string(parser, &value);
    if (error != 0)
        return error;
    wanted.name = (char *)(uintptr_t)name;
    wanted.value = (char *)(uintptr_t)value;
    if (wanted.op == MATCHER_EQUAL && text_is(name, LABEL_METRIC_NAME) && list->has_name)
        return parser_problem(parser, at, "the metric's name is given twice");
    return add_matcher(parser, list, value_at, &wanted);
}

static int parse_braces(struct parser *parser, struct matcher_list *list)
{
    int error = parser_expect(parser, TOKEN_LEFT_BRACE);
    while (error == 0 && parser->token.kind != TOKEN_RIGHT_BRACE) {
        error = parse_matcher(parser, list);
        bool more = false;
        if (error == 0)
            error = parser_accept(parser, TOKEN_COMMA, &more);
        if (error == 0 && !more && parser->token.kind != TOKEN_RIGHT_BRACE)
            return parser_problem(parser, parser->token.at, "expected \",\" or \"}\", found %s",
                                  token_names[parser->token.kind]);
    }
    return error != 0 ? error : parser_expect(parser, TOKEN_RIGHT_BRACE);
}

/* Selecting everything there is would be a mistake, and a costly one. */
static bool selects_everything(const struct matcher_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (!matcher_matches_value(&list->items[i], ""))
            return false;
    }
    return true;
}

static int parse_matchers(struct parser *parser, struct matcher_list *list)
{
    size_t at = parser->token.at;
    int error = 0;
    if (parser->token.kind == TOKEN_WORD) {
        struct slice word = parser->token.text;
        const char *name = arena_strndup(&parser->expr->arena, word.data, word.len);
        error = name == NULL ? -ENOMEM : add_name(parser, list, at, name);
        if (error == 0)
            error = parser_advance(parser);
    }
    if (error == 0 && parser->token.kind == TOKEN_LEFT_BRACE)
        error = parse_braces(parser, list);
    if (error == 0 && !parser->may_select_all && selects_everything(list))
        error = parser_problem(parser, at, SELECTS_EVERYTHING);
    return error;
}

int parse_selector(struct parser *parser, struct node **out_node)
{
    struct node *node;
    int error = parser_new_node(parser, NODE_SELECTOR, parser->token.at, &node);
    if (error != 0)
        return error;
    node->type = QUERY_VECTOR;
    bool is_named = parser->token.kind == TOKEN_WORD;

    struct expr *expr = parser->expr;
    struct matcher_list *list = memory_calloc(1, sizeof(*list));
    struct selector *selector = arena_calloc(&expr->arena, 1, sizeof(*selector));
    error = selector == NULL ? -ENOMEM : parse_matchers(parser, list);
    if (error == 0) {
        selector->matchers =
            arena_memdup(&expr->arena, list->items, list->len * sizeof(list->items[0]));
        error = selector->matchers == NULL ? -ENOMEM : 0;
    }
    if (error == 0) {
        selector->is_named = is_named;
        selector->n_matchers = list->len;
        selector->next = expr->selectors;
        expr->selectors = node->selector = selector;
        *out_node = node;
    } else {
        for (size_t i = 0; i < list->len; i++)
            matcher_deinit(&list->items[i]);
    }
    free(list);
    return error;
}

/* Has a matcher on the name, or gets one for this name. */
static int imply_name(struct parser *parser, struct selector *selector, const char *name)
{
    for (size_t i = 0; i < selector->n_matchers; i++) {
        if (text_is(selector->matchers[i].name, LABEL_METRIC_NAME))
            return 0;
    }
    size_t count = selector->n_matchers;
    struct matcher *matchers =
        arena_alloc(&parser->expr->arena, (count + 1) * sizeof(*matchers));
    if (matchers == NULL)
        return -ENOMEM;
    int error = matcher_init(&matchers[count], MATCHER_EQUAL, LABEL_METRIC_NAME, name, NULL);
    assert(error == 0);
    (void)error;
    if (count > 0)
        memcpy(matchers, selector->matchers, count * sizeof(*matchers));
    selector->matchers = matchers;
    selector->n_matchers = count + 1;
    selector->has_implied_name = true;
    return 0;
}

int parse_info_selector(struct parser *parser, struct node *node)
{
    struct selector *selector = node->selector;
    if (node->kind != NODE_SELECTOR || node->parens > 0 || selector->is_named ||
        node->shift.has_offset || node->shift.at != AT_NONE)
        return parser_problem(parser, node->start,
                              "the second argument of info() must be label matchers in braces");
    int error = imply_name(parser, selector, INFO_NAME_DEFAULT);
    const struct matcher *matchers = selector->matchers;
    for (size_t i = 0; error == 0 && i < selector->n_matchers; i++) {
        if (!matcher_matches_value(&matchers[i], ""))
            return 0;
    }
    return error != 0 ? error : parser_problem(parser, node->start, SELECTS_EVERYTHING);
}

int parse_implied_info_selector(struct parser *parser, size_t at, struct node **out_node)
{
    struct expr *expr = parser->expr;
    struct selector *selector = arena_calloc(&expr->arena, 1, sizeof(*selector));
    struct node *node;
    int error = parser_new_node(parser, NODE_SELECTOR, at, &node);
    if (error != 0 || selector == NULL)
        return -ENOMEM;
    node->type = QUERY_VECTOR;
    node->is_implied = true;
    node->selector = selector;
    selector->next = expr->selectors;
    expr->selectors = selector;
    *out_node = node;
    return imply_name(parser, selector, INFO_NAME_DEFAULT);
}

/* A number of seconds or a duration, with a sign where one may stand. */
static int take_span(struct parser *parser, bool signed_too, mspan_t *out_span)
{
    size_t at = parser->token.at;
    double sign = 1;
    int error = 0;
    if (signed_too &&
        (parser->token.kind == TOKEN_SUBTRACT || parser->token.kind == TOKEN_ADD)) {
        sign = parser->token.kind == TOKEN_SUBTRACT ? -1 : 1;
        error = parser_advance(parser);
    }
    if (error != 0)
        return error;
    if (parser->token.kind != TOKEN_NUMBER && parser->token.kind != TOKEN_DURATION)
        return parser_problem(parser, parser->token.at,
                              "expected a duration such as 5m, found %s",
                              token_names[parser->token.kind]);
    double seconds = parser->token.number;
    if (!(seconds <= SPAN_SECONDS_MAX))
        return parser_problem(parser, at, "the duration is out of range");
    if (!signed_too && seconds * 1000 < 1)
        return parser_problem(parser, at, "the duration must be greater than 0");
    *out_span = (mspan_t)llround(sign * seconds * 1000);
    return parser_advance(parser);
}

static int parse_offset(struct parser *parser, struct node *node, size_t at)
{
    int error = parser_advance(parser);
    if (error != 0)
        return error;
    if (node->shift.has_offset)
        return parser_problem(parser, at, "offset may be given only once");
    node->shift.has_offset = true;
    return take_span(parser, true, &node->shift.offset_ms);
}

static int parse_at_word(struct parser *parser, struct node *node)
{
    if (parser_at_word(parser, "start"))
        node->shift.at = AT_START;
    else if (parser_at_word(parser, "end"))
        node->shift.at = AT_END;
    else
        return parser_problem(parser, parser->token.at,
                              "expected a time in seconds, start() or end() behind \"@\"");
    int error = parser_advance(parser);
    if (error == 0)
        error = parser_expect(parser, TOKEN_LEFT_PAREN);
    return error != 0 ? error : parser_expect(parser, TOKEN_RIGHT_PAREN);
}

static int parse_at(struct parser *parser, struct node *node, size_t at)
{
    int error = parser_advance(parser);
    if (error != 0)
        return error;
    if (node->shift.at != AT_NONE)
        return parser_problem(parser, at, "@ may be given only once");
    double sign = parser->token.kind == TOKEN_SUBTRACT ? -1 : 1;
    if (parser->token.kind == TOKEN_SUBTRACT || parser->token.kind == TOKEN_ADD)
        error = parser_advance(parser);
    if (error != 0)
        return error;
    if (parser->token.kind != TOKEN_NUMBER && parser->token.kind != TOKEN_DURATION)
        return parse_at_word(parser, node);
    double ms = sign * parser->token.number * 1000;
    if (!(fabs(ms) < 9e15))
        return parser_problem(parser, parser->token.at, "the time is out of range");
    node->shift.at = AT_FIXED;
    node->shift.at_ms = (msec_t)llround(ms);
    return parser_advance(parser);
}

/* [5m] or [5m:1m] behind an operand. */
static int parse_brackets(struct parser *parser, struct node **node)
{
    struct node *of = *node, *outer;
    size_t at = parser->token.at;
    mspan_t range = 0, step = 0;
    bool is_subquery = false;
    int error = parser_advance(parser);
    if (error == 0)
        error = take_span(parser, false, &range);
    if (error == 0)
        error = parser_accept(parser, TOKEN_COLON, &is_subquery);
    if (error == 0 && is_subquery && parser->token.kind != TOKEN_RIGHT_BRACKET)
        error = take_span(parser, false, &step);
    if (error == 0)
        error = parser_expect(parser, TOKEN_RIGHT_BRACKET);
    if (error != 0)
        return error;
    if (is_subquery && of->type != QUERY_VECTOR)
        return parser_problem(parser, at,
                              "a subquery is only possible of an instant vector, "
                              "this is a %s",
                              query_type_names[of->type]);
    if (!is_subquery && (of->kind != NODE_SELECTOR || of->parens > 0))
        return parser_problem(parser, at,
                              "a range is only possible of a selector; write "
                              "[range:step] for a subquery");
    if (!is_subquery && (of->shift.has_offset || of->shift.at != AT_NONE))
        return parser_problem(parser, at, "offset and @ belong behind the range");

    error = parser_new_node(parser, is_subquery ? NODE_SUBQUERY : NODE_RANGE, of->at, &outer);
    if (error != 0)
        return error;
    outer->start = of->start;
    outer->type = QUERY_MATRIX;
    outer->range_ms = range;
    outer->step_ms = step;
    outer->selector = is_subquery ? NULL : of->selector;
    outer->depth = of->depth + 1;
    if (is_subquery) {
        outer->children = arena_memdup(&parser->expr->arena, &of, sizeof(of));
        outer->n_children = 1;
        if (outer->children == NULL)
            return -ENOMEM;
    }
    *node = outer;
    return 0;
}

static bool is_shiftable(const struct node *node)
{
    return node->parens == 0 && (node->kind == NODE_SELECTOR || node->kind == NODE_RANGE ||
                                 node->kind == NODE_SUBQUERY);
}

int parse_suffixes(struct parser *parser, struct node **node)
{
    for (;;) {
        size_t at = parser->token.at;
        bool is_at = parser->token.kind == TOKEN_AT;
        int error;
        if (parser->token.kind == TOKEN_LEFT_BRACKET)
            error = parse_brackets(parser, node);
        else if (!is_at && !parser_at_word(parser, "offset"))
            return 0;
        else if (!is_shiftable(*node))
            return parser_problem(
                parser, at, "%s is only possible behind a selector, a range or a subquery",
                is_at ? "@" : "offset");
        else
            error = is_at ? parse_at(parser, *node, at) : parse_offset(parser, *node, at);
        if (error != 0)
            return error;
        if ((*node)->depth > EXPR_DEPTH_MAX)
            return parser_problem(parser, at, "the expression is nested too deeply");
    }
}
