/* SPDX-License-Identifier: MIT */
/*
 * libyaml delivers events; each node is built by one call of build_node(), which calls itself
 * for children, TREE_DEPTH_MAX deep at most.
 */
#include "config/tree.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"

const char *const tree_kind_names[] = {"nothing", "a value", "a list", "a section"};
_Static_assert(ARRAY_LEN(tree_kind_names) == TREE_KIND_COUNT, "a name for each kind");

struct builder {
    yaml_parser_t parser;
    struct arena *arena;
    struct problem *problem;
    size_t n_nodes;
};

static int refuse(struct builder *builder, yaml_mark_t mark, const char *why)
{
    return problem_set_at(builder->problem, (int)mark.line + 1, (int)mark.column + 1, "%s",
                          why);
}

static int syntax_problem(struct builder *builder)
{
    const yaml_parser_t *parser = &builder->parser;
    const char *what = parser->problem != NULL ? parser->problem : "cannot be read";
    if (parser->error == YAML_READER_ERROR)
        return problem_set_at(builder->problem, (int)parser->mark.line + 1, 0,
                              "not valid UTF-8 text: %s at byte %zu", what,
                              parser->problem_offset);
    if (parser->context != NULL)
        return problem_set_at(builder->problem, (int)parser->problem_mark.line + 1,
                              (int)parser->problem_mark.column + 1,
                              "not valid YAML: %s, %s that began in line %zu", what,
                              parser->context, parser->context_mark.line + 1);
    return problem_set_at(builder->problem, (int)parser->problem_mark.line + 1,
                          (int)parser->problem_mark.column + 1, "not valid YAML: %s", what);
}

static int next_event(struct builder *builder, yaml_event_t *out_event)
{
    return yaml_parser_parse(&builder->parser, out_event) == 1 ? 0 : syntax_problem(builder);
}

/* What YAML 1.1 resolves to null when it is written without quotes. */
static bool is_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == '\0' || text_is(text, "~") || text_is_nocase(text, "null"));
}

static int build_scalar(struct builder *builder, const yaml_event_t *event,
                        struct tree_node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (memchr(text, '\0', len) != NULL)
        return refuse(builder, event->start_mark, "a NUL character is not allowed");
    node->kind = is_null(event) ? TREE_NULL : TREE_SCALAR;
    node->text = arena_strndup(builder->arena, text, len);
    return node->text != NULL ? 0 : refuse(builder, event->start_mark, "file is too large");
}

static int build_node(struct builder *builder, const yaml_event_t *event, int depth,
                      struct tree_node **out_node);

static const struct tree_node *find_key(const struct tree_node *map, const char *key)
{
    for (const struct tree_node *child = map->first; child != NULL; child = child->next) {
        if (text_is(child->key, key))
            return child;
    }
    return NULL;
}

/* Reads a key of `map` from its event, and the value behind it. */
static int build_pair(struct builder *builder, const yaml_event_t *key_event,
                      const struct tree_node *map, int depth, struct tree_node **out_node)
{
    if (key_event->type != YAML_SCALAR_EVENT)
        return refuse(builder, key_event->start_mark, "a key must be plain text");
    struct tree_node key = {0};
    int error = build_scalar(builder, key_event, &key);
    if (error != 0)
        return error;
    const struct tree_node *twin = find_key(map, key.text);
    if (twin != NULL)
        return problem_set_at(builder->problem, (int)key_event->start_mark.line + 1,
                              (int)key_event->start_mark.column + 1,
                              "key \"%.64s\" is given twice, first in line %d", key.text,
                              twin->key_line);

    yaml_event_t event;
    error = next_event(builder, &event);
    if (error != 0)
        return error;
    struct tree_node *node = NULL;
    error = build_node(builder, &event, depth, &node);
    yaml_event_delete(&event);
    if (error != 0)
        return error;
    node->key = key.text;
    node->key_line = (int)key_event->start_mark.line + 1;
    node->key_column = (int)key_event->start_mark.column + 1;
    *out_node = node;
    return 0;
}

static int build_children(struct builder *builder, struct tree_node *parent, int depth)
{
    struct tree_node **link = &parent->first;
    for (;;) {
        yaml_event_t event;
        int error = next_event(builder, &event);
        if (error != 0)
            return error;
        bool at_end =
            event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (!at_end && parent->kind == TREE_MAP)
            error = build_pair(builder, &event, parent, depth, link);
        else if (!at_end)
            error = build_node(builder, &event, depth, link);
        yaml_event_delete(&event);
        if (at_end || error != 0)
            return error;
        link = &(*link)->next;
    }
}

static int build_node(struct builder *builder, const yaml_event_t *event, int depth,
                      struct tree_node **out_node)
{
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(builder, event->start_mark, "aliases (*name) are not allowed");
    if (depth > TREE_DEPTH_MAX)
        return refuse(builder, event->start_mark, "nested too deeply");
    struct tree_node *node = arena_calloc(builder->arena, 1, sizeof(*node));
    if (node == NULL || ++builder->n_nodes > TREE_NODES_MAX)
        return refuse(builder, event->start_mark, "file has too many entries");
    node->line = (int)event->start_mark.line + 1;
    node->column = (int)event->start_mark.column + 1;

    int error = 0;
    if (event->type == YAML_SCALAR_EVENT) {
        error = build_scalar(builder, event, node);
    } else {
        assert(event->type == YAML_SEQUENCE_START_EVENT ||
               event->type == YAML_MAPPING_START_EVENT);
        node->kind = event->type == YAML_MAPPING_START_EVENT ? TREE_MAP : TREE_LIST;
        error = build_children(builder, node, depth + 1);
    }
    if (error == 0)
        *out_node = node;
    return error;
}

/* Stream and document events around the one root node. */
static int build_document(struct builder *builder, struct tree_node **out_root)
{
    for (;;) {
        yaml_event_t event;
        int error = next_event(builder, &event);
        if (error != 0)
            return error;
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && *out_root != NULL)
            error = refuse(builder, event.start_mark, "a second document (---) is not allowed");
        else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT &&
                 type != YAML_DOCUMENT_START_EVENT && type != YAML_DOCUMENT_END_EVENT)
            error = build_node(builder, &event, 0, out_root);
        yaml_event_delete(&event);
        if (error != 0 || type == YAML_STREAM_END_EVENT)
            return error;
    }
}

int tree_parse(const char *text, size_t len, struct arena *arena,
               const struct tree_node **out_root, struct problem *problem)
{
    static const struct tree_node nothing = {.kind = TREE_NULL, .line = 1, .column = 1};
    struct builder builder = {.arena = arena, .problem = problem};

    if (len > TREE_BYTES_MAX)
        return problem_set(problem, "file is larger than %zu KiB", TREE_BYTES_MAX / 1024);
    if (yaml_parser_initialize(&builder.parser) != 1)
        return problem_set(problem, "out of memory");
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, len);
    struct tree_node *root = NULL;
    int error = build_document(&builder, &root);
    yaml_parser_delete(&builder.parser);
    if (error == 0)
        *out_root = root != NULL ? root : &nothing;
    return error;
}
