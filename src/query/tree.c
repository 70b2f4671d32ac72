/* SPDX-License-Identifier: MIT */
/* tree - an expression's tree in JSON, with the names that Prometheus gives its nodes. */
#include <assert.h>

#include "query/aggregate.h"
#include "query/function.h"
#include "query/number.h"
#include "query/print.h"

static void write_node(struct json *json, const struct node *node, unsigned parens);

static void write_child(struct json *json, const char *key, const struct node *child)
{
    json_key(json, key);
    if (child == NULL)
        json_none(json);
    else
        write_node(json, child, child->parens);
}

static void write_names(struct json *json, const char *key, const struct label_filter *filter)
{
    json_key(json, key);
    json_array_begin(json);
    for (size_t i = 0; i < filter->len; i++)
        json_text(json, filter->names[i]);
    json_array_end(json);
}

static void write_matcher(struct json *json, const struct matcher *matcher)
{
    json_object_begin(json);
    json_field_string(json, "name", matcher->name);
    json_field_string(json, "value", matcher->value);
    json_field_string(json, "type", matcher_op_names[matcher->op]);
    json_object_end(json);
}

/* A name before the braces comes last among the matchers. */
static void write_selector(struct json *json, const struct selector *selector)
{
    size_t from = selector->is_named ? 1 : 0;
    json_field_string(json, "name", selector->is_named ? selector->matchers[0].value : "");
    json_key(json, "matchers");
    json_array_begin(json);
    for (size_t i = from; i < selector->n_matchers - selector->has_implied_name; i++)
        write_matcher(json, &selector->matchers[i]);
    if (selector->is_named)
        write_matcher(json, &selector->matchers[0]);
    json_array_end(json);
}

static void write_shift(struct json *json, const struct time_shift *shift)
{
    json_field_int(json, "offset", shift->offset_ms);
    json_key(json, "timestamp");
    if (shift->at == AT_FIXED)
        json_int(json, shift->at_ms);
    else
        json_none(json);
    json_key(json, "startOrEnd");
    if (shift->at == AT_START || shift->at == AT_END)
        json_text(json, shift->at == AT_START ? "start" : "end");
    else
        json_none(json);
}

static void write_binary(struct json *json, const struct node *node)
{
    static const char *const cards[] = {"one-to-one", "many-to-one", "one-to-many"};
    bool vectors =
        node->children[0]->type == QUERY_VECTOR && node->children[1]->type == QUERY_VECTOR;
    json_field_string(json, "type", "binaryExpr");
    json_field_string(json, "op", print_op_names[node->op]);
    write_child(json, "lhs", node->children[0]);
    write_child(json, "rhs", node->children[1]);
    json_key(json, "matching");
    if (vectors) {
        json_object_begin(json);
        json_field_string(json, "card",
                          op_is_set(node->op) ? "many-to-many" : cards[node->cardinality]);
        write_names(json, "labels", &node->labels);
        json_field_bool(json, "on", node->labels.keep);
        write_names(json, "include", &node->include);
        json_object_end(json);
    } else {
        json_none(json);
    }
    json_field_bool(json, "bool", node->returns_bool);
}

static void write_function(struct json *json, const struct function *function)
{
    const char *arguments = function->arguments;
    bool repeats = strchr(arguments, '*') != NULL;
    size_t min = function_arguments_min(function);
    size_t listed = strlen(arguments) - repeats - (strchr(arguments, '?') != NULL);
    json_key(json, "func");
    json_object_begin(json);
    json_field_string(json, "name", function->name);
    json_key(json, "argTypes");
    json_array_begin(json);
    for (size_t i = 0; i < listed; i++)
        json_text(json, query_type_names[function_argument_type(function, i)]);
    json_array_end(json);
    json_field_int(json, "variadic", repeats ? -1 : (int64_t)(listed - min));
    json_field_string(json, "returnType", query_type_names[function->returns]);
    json_object_end(json);
}

static void write_call(struct json *json, const struct node *node)
{
    json_field_string(json, "type", "call");
    write_function(json, node->function);
    json_key(json, "args");
    json_array_begin(json);
    for (size_t i = 0; i < node->n_children; i++) {
        if (!node->children[i]->is_implied)
            write_node(json, node->children[i], node->children[i]->parens);
    }
    json_array_end(json);
}

static void write_aggregate(struct json *json, const struct node *node)
{
    json_field_string(json, "type", "aggregation");
    json_field_string(json, "op", node->aggregation->name);
    write_child(json, "expr", node->children[0]);
    write_child(json, "param", node->n_children > 1 ? node->children[1] : NULL);
    write_names(json, "grouping", &node->labels);
    json_field_bool(json, "without", !node->labels.keep);
}

static void write_range(struct json *json, const struct node *node)
{
    bool is_subquery = node->kind == NODE_SUBQUERY;
    json_field_string(json, "type", is_subquery ? "subquery" : "matrixSelector");
    if (is_subquery)
        write_child(json, "expr", node->children[0]);
    else
        write_selector(json, node->selector);
    json_field_int(json, "range", node->range_ms);
    if (is_subquery)
        json_field_int(json, "step", node->step_ms);
    write_shift(json, &node->shift);
}

static void write_fields(struct json *json, const struct node *node)
{
    char text[NUMBER_PLAIN_SIZE];
    switch (node->kind) {
    case NODE_NUMBER:
        number_format_plain(node->number, text);
        json_field_string(json, "type", "numberLiteral");
        json_field_string(json, "val", text);
        break;
    case NODE_STRING:
        json_field_string(json, "type", "stringLiteral");
        json_field_string(json, "val", node->text);
        break;
    case NODE_SELECTOR:
        json_field_string(json, "type", "vectorSelector");
        write_selector(json, node->selector);
        write_shift(json, &node->shift);
        break;
    case NODE_RANGE:
    case NODE_SUBQUERY: write_range(json, node); break;
    case NODE_CALL: write_call(json, node); break;
    case NODE_AGGREGATE: write_aggregate(json, node); break;
    case NODE_BINARY: write_binary(json, node); break;
    case NODE_NEGATE:
        json_field_string(json, "type", "unaryExpr");
        json_field_string(json, "op", "-");
        write_child(json, "expr", node->children[0]);
        break;
    case NODE_KIND_COUNT: assert(false);
    }
}

static void write_node(struct json *json, const struct node *node, unsigned parens)
{
    json_object_begin(json);
    if (parens > 0) {
        json_field_string(json, "type", "parenExpr");
        json_key(json, "expr");
        write_node(json, node, parens - 1);
    } else {
        write_fields(json, node);
    }
    json_object_end(json);
}

void expr_write_tree(const struct expr *expr, struct json *json)
{
    write_node(json, expr->root, expr->root->parens);
}
