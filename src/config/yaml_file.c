/* SPDX-License-Identifier: MIT */
/*
 * The configuration file as a source of values: its tree is walked beside the option table.
 */
#include <string.h>

#include "base/text.h"
#include "config/source.h"
#include "config/tree.h"

#define KEY_SIZE  256
#define NAMES_MAX 128

static void keep_error(struct config *config, const char *file, const struct tree_node *node,
                       const char *key, const char *text)
{
    struct problem problem = {0};
    problem_set_at(&problem, node->line, node->column, "%s: %s", key, text);
    source_keep(config, true, file, &problem);
}

static bool is_section(const struct config *config, const char *path)
{
    for (size_t i = 0; i < config->n_options; i++) {
        const char *rest =
            config->options[i].path != NULL ? text_after(config->options[i].path, path) : NULL;
        if (rest != NULL && rest[0] == '.')
            return true;
    }
    return false;
}

static void keep_unknown_key(struct config *config, const char *file,
                             const struct tree_node *node, const char *path)
{
    const char *names[NAMES_MAX];
    size_t n_names = 0;
    for (size_t i = 0; i < config->n_options && n_names < ARRAY_LEN(names); i++) {
        if (config->options[i].path != NULL)
            names[n_names++] = config->options[i].path;
    }
    const char *nearest = option_nearest(path, names, n_names);
    struct problem problem = {0};
    if (nearest != NULL)
        problem_set_at(&problem, node->key_line, node->key_column,
                       "%.200s: unknown key, ignored (did you mean %s?)", path, nearest);
    else
        problem_set_at(&problem, node->key_line, node->key_column,
                       "%.200s: unknown key, ignored", path);
    source_keep(config, false, file, &problem);
}

static bool read_list(struct config *config, const char *file, const struct option *option,
                      const struct tree_node *node, struct option_list *out_list)
{
    size_t count = 0;
    for (const struct tree_node *item = node->first; item != NULL; item = item->next)
        count++;
    const char **items = arena_calloc(&config->arena, count + 1, sizeof(*items));
    if (items == NULL) {
        keep_error(config, file, node, option->path, "the configuration is too large");
        return false;
    }
    size_t len = 0;
    bool is_good = true;
    for (const struct tree_node *item = node->first; item != NULL; item = item->next) {
        if (item->kind == TREE_SCALAR) {
            items[len++] = item->text;
            continue;
        }
        struct problem problem = {0};
        problem_set_at(&problem, item->line, item->column,
                       "%s: expected text in the list, not %s", option->path,
                       tree_kind_names[item->kind]);
        source_keep(config, true, file, &problem);
        is_good = false;
    }
    *out_list = (struct option_list){items, len};
    return is_good;
}

/* The value of an option's node; false with its problems kept. */
static bool read_value(struct config *config, const char *file, const struct option *option,
                       const struct tree_node *node, union option_value *out_value)
{
    struct problem problem = {0};
    if (node->kind == TREE_LIST && option->type == OPTION_LIST)
        return read_list(config, file, option, node, &out_value->list);
    if (node->kind == TREE_SCALAR) {
        if (source_parse(config, option, node->text, out_value, &problem) == 0)
            return true;
        keep_error(config, file, node, option->path, problem.text);
        return false;
    }
    char expected[256];
    option_expected(option, expected, sizeof(expected));
    problem_set(&problem, "expected %s, not %s", expected, tree_kind_names[node->kind]);
    keep_error(config, file, node, option->path, problem.text);
    return false;
}

static void read_node(struct config *config, const char *file, const struct option *option,
                      const struct tree_node *node)
{
    union option_value value = {0};
    if (node->kind == TREE_NULL) /* "key:" alone leaves the default */
        return;
    if (!read_value(config, file, option, node, &value))
        return;
    source_offer(config, option, value, CONFIG_FILE,
                 arena_printf(&config->arena, "%s:%d", file, node->line));
}

static void read_section(struct config *config, const char *file,
                         const struct tree_node *section, const char *prefix)
{
    for (const struct tree_node *node = section->first; node != NULL; node = node->next) {
        char path[KEY_SIZE];
        bool fits = (size_t)snprintf(path, sizeof(path), "%s%s%s", prefix,
                                     prefix[0] != '\0' ? "." : "", node->key) < sizeof(path);
        const struct option *option = fits ? source_find_path(config, path) : NULL;
        if (option != NULL)
            read_node(config, file, option, node);
        else if (!fits || !is_section(config, path))
            keep_unknown_key(config, file, node, path);
        else if (node->kind == TREE_MAP)
            read_section(config, file, node, path);
        else if (node->kind != TREE_NULL)
            keep_error(config, file, node, path, "expected a section (lines \"key: value\")");
    }
}

void config_read_file(struct config *config, const char *path, bool must_exist)
{
    CLEANUP(buf_deinit) struct buf text;
    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    if (!source_read_text(config, path, must_exist, &text))
        return;

    const struct tree_node *root = NULL;
    struct problem problem = {0};
    if (tree_parse(buf_text(&text), text.len, &config->arena, &root, &problem) != 0)
        source_keep(config, true, path, &problem);
    else if (root->kind == TREE_MAP)
        read_section(config, path, root, "");
    else if (root->kind != TREE_NULL)
        keep_error(config, path, root, "file", "expected lines \"key: value\"");
}
