/* SPDX-License-Identifier: MIT */
/* fn_label - changing labels, and putting series in order. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "model/regex.h"
#include "query/function.h"
#include "query/maths.h"

/* ---- label_replace ---- */

struct replacement {
    const char *to, *from; /* labels */
    const char *template;  /* with $1, ${1}, ${name}, $$ */
    struct regex *regex;   /* owned */
    struct slice groups[REGEX_GROUPS_MAX + 1];
};

static int init_replacement(struct eval *eval, const struct node *node,
                            struct replacement *replacement)
{
    *replacement = (struct replacement){.to = node->children[1]->text,
                                        .template = node->children[2]->text,
                                        .from = node->children[3]->text};
    if (*replacement->to == '\0')
        return eval_bad(eval, "label_replace() needs the name of the label to set");
    struct problem problem = {0};
    if (regex_new(node->children[4]->text, REGEX_CAPTURES, &problem, &replacement->regex) != 0)
        return eval_bad(eval, "label_replace(): %s", problem.text);
    return 0;
}

/* Reads the group named behind the '$' at *at; empty when there is none. */
static struct slice read_group_name(const char **at)
{
    const char *start = *at;
    bool braces = *start == '{';
    start += braces;
    size_t len = 0;
    while (isalnum((unsigned char)start[len]) || start[len] == '_')
        len++;
    if (len == 0 || (braces && start[len] != '}'))
        return (struct slice){NULL, 0};
    *at = start + len + braces;
    return (struct slice){start, len};
}

static void append_group(const struct replacement *replacement, struct slice name,
                         struct buf *out)
{
    char text[64];
    uint64_t number;
    if (!text_copy_slice(text, sizeof(text), name))
        return;
    if (text_to_u64(text, &number) != 0) {
        number = regex_find_group(replacement->regex, name);
        if (number == 0)
            return;
    }
    if (number <= regex_group_count(replacement->regex) &&
        replacement->groups[number].data != NULL)
        buf_append(out, replacement->groups[number].data, replacement->groups[number].len);
}

/* Fills in what the groups of the last match caught. */
static void expand(const struct replacement *replacement, struct buf *out)
{
    for (const char *at = replacement->template; *at != '\0';) {
        if (*at != '$') {
            buf_append_char(out, *at++);
            continue;
        }
        at++;
        if (*at == '$') {
            buf_append_char(out, *at++);
            continue;
        }
        struct slice name = read_group_name(&at);
        if (name.len == 0)
            buf_append_char(out, '$');
        else
            append_group(replacement, name, out);
    }
}

static int replace_in(struct eval *eval, struct replacement *replacement, struct labels *labels,
                      struct labels **out_labels)
{
    const char *value = labels_value(labels, replacement->from);
    value = value == NULL ? "" : value;
    *out_labels = labels;
    if (!regex_capture(replacement->regex, slice_of(value), replacement->groups))
        return 0;
    struct buf text;
    buf_init(&text, LABELS_VALUE_MAX_BYTES);
    expand(replacement, &text);
    int error = text.error != 0
                    ? eval_bad(eval,
                               "label_replace(): the new value of label \"%.100s\" is "
                               "too long",
                               replacement->to)
                    : relabel_set(eval, labels, replacement->to, buf_text(&text), out_labels);
    buf_deinit(&text);
    return error;
}

static int call_label_replace(struct eval *eval, const struct node *node,
                              const struct times *times, struct grid *out_grid)
{
    struct grid operand, grid;
    struct replacement replacement = {0};
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        error = grid_init(eval, operand.n_rows, &grid);
    if (error == 0)
        error = init_replacement(eval, node, &replacement);
    for (size_t i = 0; error == 0 && i < operand.n_rows; i++) {
        grid.rows[i].values = operand.rows[i].values;
        error = replace_in(eval, &replacement, operand.rows[i].labels, &grid.rows[i].labels);
        if (error == 0)
            error = eval_work(eval, 100);
    }
    regex_free(replacement.regex);
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, true, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

/* ---- label_join ---- */

static int join_in(struct eval *eval, const struct node *node, struct labels *labels,
                   struct labels **out_labels)
{
    struct buf text;
    buf_init(&text, LABELS_VALUE_MAX_BYTES);
    for (size_t i = 3; i < node->n_children; i++) {
        const char *value = labels_value(labels, node->children[i]->text);
        if (i > 3)
            buf_append_text(&text, node->children[2]->text);
        buf_append_text(&text, value == NULL ? "" : value);
    }
    const char *to = node->children[1]->text;
    int error =
        text.error != 0
            ? eval_bad(eval, "label_join(): the new value of label \"%.100s\" is too long", to)
            : relabel_set(eval, labels, to, buf_text(&text), out_labels);
    buf_deinit(&text);
    return error;
}

static int call_label_join(struct eval *eval, const struct node *node,
                           const struct times *times, struct grid *out_grid)
{
    struct grid operand, grid;
    if (*node->children[1]->text == '\0')
        return eval_bad(eval, "label_join() needs the name of the label to set");
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        error = grid_init(eval, operand.n_rows, &grid);
    for (size_t i = 0; error == 0 && i < operand.n_rows; i++) {
        grid.rows[i].values = operand.rows[i].values;
        error = join_in(eval, node, operand.rows[i].labels, &grid.rows[i].labels);
        if (error == 0)
            error = eval_work(eval, 100);
    }
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, true, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

/* ---- order: of an instant query's series; those of a range query go by labels ---- */

static int by_value(const void *a, const void *b)
{
    double left = ((const struct row *)a)->values[0],
           right = ((const struct row *)b)->values[0];
    if ((left != left) != (right != right))
        return left != left ? 1 : -1; /* NaN last, whichever the direction */
    return compare_doubles(&left, &right);
}

static int by_value_desc(const void *a, const void *b)
{
    double left = ((const struct row *)a)->values[0],
           right = ((const struct row *)b)->values[0];
    bool has_nan = left != left || right != right;
    return has_nan ? by_value(a, b) : by_value(b, a);
}

static int copy_rows(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid)
{
    struct grid operand;
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error != 0)
        return error;
    struct row *rows =
        arena_memdup(eval->arena, operand.rows, operand.n_rows * sizeof(*operand.rows));
    if (rows == NULL)
        return QUERY_TOO_LARGE;
    *out_grid = (struct grid){rows, operand.n_rows};
    return 0;
}

static int call_sort(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid)
{
    bool descending = text_is(node->function->name, "sort_desc");
    int error = copy_rows(eval, node, times, out_grid);
    if (error == 0 && times->n == 1 && out_grid->n_rows > 1)
        qsort(out_grid->rows, out_grid->n_rows, sizeof(*out_grid->rows),
              descending ? by_value_desc : by_value);
    return error;
}

/* Runs of digits compare as numbers, so that disk2 comes before disk10. */
static int compare_natural(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            const char *a_start = a += strspn(a, "0"), *b_start = b += strspn(b, "0");
            a += strspn(a, "0123456789");
            b += strspn(b, "0123456789");
            long a_len = a - a_start, b_len = b - b_start;
            int order = a_len != b_len ? (a_len < b_len ? -1 : 1)
                                       : memcmp(a_start, b_start, (size_t)a_len);
            if (order != 0)
                return order;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return *a != '\0' ? 1 : *b != '\0' ? -1 : 0;
}

struct label_order {
    const struct node *node; /* its arguments from the second on are the labels */
    int direction;
};

static int by_labels(const void *a, const void *b, void *context)
{
    const struct label_order *order = context;
    const struct labels *left = ((const struct row *)a)->labels;
    const struct labels *right = ((const struct row *)b)->labels;
    for (size_t i = 1; i < order->node->n_children; i++) {
        const char *in_left = labels_value(left, order->node->children[i]->text);
        const char *in_right = labels_value(right, order->node->children[i]->text);
        int found =
            compare_natural(in_left == NULL ? "" : in_left, in_right == NULL ? "" : in_right);
        if (found != 0)
            return order->direction * found;
    }
    return order->direction * labels_compare(left, right);
}

static int call_sort_by_label(struct eval *eval, const struct node *node,
                              const struct times *times, struct grid *out_grid)
{
    bool descending = text_is(node->function->name, "sort_by_label_desc");
    struct label_order order = {node, descending ? -1 : 1};
    int error = copy_rows(eval, node, times, out_grid);
    if (error == 0 && times->n == 1 && out_grid->n_rows > 1)
        qsort_r(out_grid->rows, out_grid->n_rows, sizeof(*out_grid->rows), by_labels, &order);
    return error;
}

const struct function fn_label[] = {
    {"label_replace", "vtttt", QUERY_VECTOR, .call = call_label_replace},
    {"label_join", "vtt?t*", QUERY_VECTOR, .call = call_label_join},
    {"sort", "v", QUERY_VECTOR, .call = call_sort},
    {"sort_desc", "v", QUERY_VECTOR, .call = call_sort},
    {"sort_by_label", "v?t*", QUERY_VECTOR, .call = call_sort_by_label},
    {"sort_by_label_desc", "v?t*", QUERY_VECTOR, .call = call_sort_by_label},
    {NULL},
};
