/* SPDX-License-Identifier: MIT */
/*
 * print - an expression as text again, laid out as Prometheus lays it out.
 *
 * On one line while that is at most LINE_MAX_BYTES long; else operators, arguments and operands
 * go to lines of their own, two blanks deeper for each level.
 */
#include "query/print.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "query/aggregate.h"
#include "query/function.h"
#include "query/number.h"

#define LINE_MAX_BYTES   100
#define PRINT_BYTES_MAX  ((size_t)16 * 1024 * 1024)
#define MATCHERS_MAX     256
#define MATCHER_TEXT_MAX ((size_t)256 * 1024)

const char *const print_op_names[] = {"+",  "-", "*",  "/", "%",  "^",   "atan2", "==",
                                      "!=", "<", "<=", ">", ">=", "and", "or",    "unless"};
_Static_assert(ARRAY_LEN(print_op_names) == OP_COUNT, "a text for each operator");

static void print_flat(struct buf *out, const struct node *node, unsigned parens);
static void print_pretty(struct buf *out, const struct node *node, unsigned parens, int level);

/* ---- words ---- */

static bool is_plain_label(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name != '\0'; name++) {
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    }
    return true;
}

static void print_quoted(struct buf *out, const char *text)
{
    static const char letters[] = "abfnrtv\\\"", values[] = "\a\b\f\n\r\t\v\\\"";
    buf_append_char(out, '"');
    for (; *text != '\0'; text++) {
        const char *special = strchr(values, *text);
        if (special != NULL)
            buf_printf(out, "\\%c", letters[special - values]);
        else if ((unsigned char)*text < ' ' || *text == 0x7f)
            buf_printf(out, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            buf_append_char(out, *text);
    }
    buf_append_char(out, '"');
}

static void print_label(struct buf *out, const char *name)
{
    if (is_plain_label(name))
        buf_append_text(out, name);
    else
        print_quoted(out, name);
}

static void print_labels(struct buf *out, const struct label_filter *filter)
{
    buf_append_char(out, '(');
    for (size_t i = 0; i < filter->len; i++) {
        buf_append_text(out, i > 0 ? ", " : "");
        print_label(out, filter->names[i]);
    }
    buf_append_char(out, ')');
}

/* 1h30m; years and weeks only when nothing is left over, since 90d reads better than 12w6d. */
static void print_duration(struct buf *out, mspan_t span)
{
    static const struct {
        const char *name;
        mspan_t ms;
        bool whole;
    } units[] = {{"y", 365 * MSEC_DAY, true},
                 {"w", 7 * MSEC_DAY, true},
                 {"d", MSEC_DAY, false},
                 {"h", MSEC_HOUR, false},
                 {"m", MSEC_MINUTE, false},
                 {"s", MSEC_SECOND, false},
                 {"ms", 1, false}};
    if (span == 0)
        buf_append_text(out, "0s");
    if (span < 0)
        buf_append_char(out, '-');
    uint64_t rest = span < 0 ? -(uint64_t)span : (uint64_t)span;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        uint64_t unit = (uint64_t)units[i].ms;
        if (rest < unit || (units[i].whole && rest % unit != 0))
            continue;
        buf_printf(out, "%" PRIu64 "%s", rest / unit, units[i].name);
        rest %= unit;
    }
}

static void print_shift(struct buf *out, const struct time_shift *shift)
{
    if (shift->at == AT_FIXED)
        buf_printf(out, " @ %.3f", (double)shift->at_ms / 1000);
    else if (shift->at != AT_NONE)
        buf_append_text(out, shift->at == AT_START ? " @ start()" : " @ end()");
    if (shift->offset_ms != 0) {
        buf_append_text(out, " offset ");
        print_duration(out, shift->offset_ms);
    }
}

static void print_number(struct buf *out, const struct node *node)
{
    char text[NUMBER_PLAIN_SIZE];
    if (node->is_duration) {
        print_duration(out, (mspan_t)(node->number * 1000 + (node->number < 0 ? -0.5 : 0.5)));
        return;
    }
    number_format_plain(node->number, text);
    buf_append_text(out, text);
}

/* ---- selectors ---- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted by what they look like. */
static void print_matchers(struct buf *out, const struct matcher *matchers, size_t count)
{
    size_t starts[MATCHERS_MAX];
    const char *texts[MATCHERS_MAX];
    struct buf all;
    buf_init(&all, MATCHER_TEXT_MAX);
    count = MIN_OF(count, (size_t)MATCHERS_MAX);
    for (size_t i = 0; i < count; i++) {
        starts[i] = all.len;
        print_label(&all, matchers[i].name);
        buf_append_text(&all, matcher_op_names[matchers[i].op]);
        print_quoted(&all, matchers[i].value);
        buf_append_char(&all, '\0');
    }
    if (all.error != 0)
        out->error = all.error;
    for (size_t i = 0; i < count && all.error == 0; i++)
        texts[i] = all.data + starts[i];
    if (all.error == 0 && count > 0) {
        qsort(texts, count, sizeof(texts[0]), compare_texts);
        for (size_t i = 0; i < count; i++)
            buf_printf(out, "%s%s", i == 0 ? "{" : ",", texts[i]);
        buf_append_char(out, '}');
    }
    buf_deinit(&all);
}

static void print_selector(struct buf *out, const struct selector *selector)
{
    size_t from = selector->is_named ? 1 : 0;
    size_t count = selector->n_matchers - from - (selector->has_implied_name ? 1 : 0);
    if (selector->is_named)
        buf_append_text(out, selector->matchers[0].value);
    print_matchers(out, selector->matchers + from, count);
    if (!selector->is_named && count == 0)
        buf_append_text(out, "{}");
}

static void print_brackets(struct buf *out, const struct node *node)
{
    buf_append_char(out, '[');
    print_duration(out, node->range_ms);
    if (node->kind == NODE_SUBQUERY) {
        buf_append_char(out, ':');
        if (node->step_ms > 0)
            print_duration(out, node->step_ms);
    }
    buf_append_char(out, ']');
    print_shift(out, &node->shift);
}

/* ---- on one line ---- */

static size_t count_arguments(const struct node *node)
{
    size_t count = node->n_children;
    while (count > 0 && node->children[count - 1]->is_implied)
        count--;
    return count;
}

/* sum by (job) */
static void print_aggregation(struct buf *out, const struct node *node)
{
    buf_append_text(out, node->aggregation->name);
    if (node->labels.keep && node->labels.len == 0)
        return;
    buf_append_text(out, node->labels.keep ? " by " : " without ");
    print_labels(out, &node->labels);
    buf_append_char(out, ' ');
}

/* == bool on (instance) group_left () */
static void print_operator(struct buf *out, const struct node *node)
{
    buf_append_text(out, print_op_names[node->op]);
    buf_append_text(out, node->returns_bool ? " bool" : "");
    bool grouped = node->cardinality != MATCH_ONE_TO_ONE;
    if (node->labels.keep || node->labels.len > 0 || grouped) {
        buf_append_text(out, node->labels.keep ? " on " : " ignoring ");
        print_labels(out, &node->labels);
    }
    if (grouped) {
        bool left = node->cardinality == MATCH_MANY_TO_ONE;
        buf_append_text(out, left ? " group_left " : " group_right ");
        print_labels(out, &node->include);
    }
}

static void print_call(struct buf *out, const struct node *node)
{
    bool has_parameter = node->kind == NODE_AGGREGATE && node->n_children > 1;
    if (node->kind == NODE_CALL)
        buf_append_text(out, node->function->name);
    else
        print_aggregation(out, node);
    buf_append_char(out, '(');
    if (has_parameter) {
        print_flat(out, node->children[1], node->children[1]->parens);
        buf_append_text(out, ", ");
    }
    size_t count = has_parameter ? 1 : count_arguments(node);
    for (size_t i = 0; i < count; i++) {
        buf_append_text(out, i > 0 ? ", " : "");
        print_flat(out, node->children[i], node->children[i]->parens);
    }
    buf_append_char(out, ')');
}

static void print_binary(struct buf *out, const struct node *node)
{
    print_flat(out, node->children[0], node->children[0]->parens);
    buf_append_char(out, ' ');
    print_operator(out, node);
    buf_append_char(out, ' ');
    print_flat(out, node->children[1], node->children[1]->parens);
}

static void print_flat(struct buf *out, const struct node *node, unsigned parens)
{
    for (unsigned i = 0; i < parens; i++)
        buf_append_char(out, '(');
    switch (node->kind) {
    case NODE_NUMBER: print_number(out, node); break;
    case NODE_STRING: print_quoted(out, node->text); break;
    case NODE_SELECTOR:
        print_selector(out, node->selector);
        print_shift(out, &node->shift);
        break;
    case NODE_RANGE:
        print_selector(out, node->selector);
        print_brackets(out, node);
        break;
    case NODE_SUBQUERY:
        print_flat(out, node->children[0], node->children[0]->parens);
        print_brackets(out, node);
        break;
    case NODE_CALL:
    case NODE_AGGREGATE: print_call(out, node); break;
    case NODE_BINARY: print_binary(out, node); break;
    case NODE_NEGATE:
        buf_append_char(out, '-');
        print_flat(out, node->children[0], node->children[0]->parens);
        break;
    case NODE_KIND_COUNT: assert(false);
    }
    for (unsigned i = 0; i < parens; i++)
        buf_append_char(out, ')');
}

/* ---- on several lines ---- */

static bool fits(struct buf *out, const struct node *node, unsigned parens)
{
    struct buf line;
    buf_init(&line, PRINT_BYTES_MAX);
    print_flat(&line, node, parens);
    bool short_enough = line.error == 0 && line.len <= LINE_MAX_BYTES;
    if (line.error != 0)
        out->error = line.error;
    buf_deinit(&line);
    return short_enough;
}

static void indent(struct buf *out, int level)
{
    for (int i = 0; i < level; i++)
        buf_append_text(out, "  ");
}

static void print_child(struct buf *out, const struct node *child, int level)
{
    print_pretty(out, child, child->parens, level);
}

static void pretty_call(struct buf *out, const struct node *node, int level)
{
    bool has_parameter = node->kind == NODE_AGGREGATE && node->n_children > 1;
    indent(out, level);
    if (node->kind == NODE_CALL)
        buf_append_text(out, node->function->name);
    else
        print_aggregation(out, node);
    buf_append_text(out, "(\n");
    if (has_parameter) {
        print_child(out, node->children[1], level + 1);
        buf_append_text(out, ",\n");
    }
    size_t count = has_parameter ? 1 : count_arguments(node);
    for (size_t i = 0; i < count; i++) {
        buf_append_text(out, i > 0 ? ",\n" : "");
        print_child(out, node->children[i], level + 1);
    }
    buf_append_char(out, '\n');
    indent(out, level);
    buf_append_char(out, ')');
}

static void pretty_binary(struct buf *out, const struct node *node, int level)
{
    print_child(out, node->children[0], level + 1);
    buf_append_char(out, '\n');
    indent(out, level);
    print_operator(out, node);
    buf_append_char(out, '\n');
    print_child(out, node->children[1], level + 1);
}

static void pretty_negate(struct buf *out, const struct node *node, int level)
{
    struct buf operand;
    buf_init(&operand, PRINT_BYTES_MAX);
    print_child(&operand, node->children[0], level);
    indent(out, level);
    buf_append_char(out, '-');
    if (operand.error != 0)
        out->error = operand.error;
    else
        buf_append_text(out, buf_text(&operand) + strspn(buf_text(&operand), " "));
    buf_deinit(&operand);
}

static void print_pretty(struct buf *out, const struct node *node, unsigned parens, int level)
{
    bool is_flat = node->kind == NODE_NUMBER || node->kind == NODE_STRING ||
                   node->kind == NODE_SELECTOR || node->kind == NODE_RANGE;
    if ((is_flat && parens == 0) || fits(out, node, parens)) {
        indent(out, level);
        print_flat(out, node, parens);
    } else if (parens > 0) {
        indent(out, level);
        buf_append_text(out, "(\n");
        print_pretty(out, node, parens - 1, level + 1);
        buf_append_char(out, '\n');
        indent(out, level);
        buf_append_char(out, ')');
    } else if (node->kind == NODE_SUBQUERY) {
        print_child(out, node->children[0], level);
        print_brackets(out, node);
    } else if (node->kind == NODE_BINARY) {
        pretty_binary(out, node, level);
    } else if (node->kind == NODE_NEGATE) {
        pretty_negate(out, node, level);
    } else {
        pretty_call(out, node, level);
    }
}

int expr_print(const struct expr *expr, struct buf *out)
{
    print_pretty(out, expr->root, expr->root->parens, 0);
    return out->error;
}
