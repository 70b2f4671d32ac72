/* SPDX-License-Identifier: MIT */
#include "wire/exposition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_TEXT_MAX_BYTES ((size_t)256 * 1024) /* of one line */

struct line {
    struct line *next;
    const char *text;
};

struct exposition_group {
    struct exposition_family family;
    struct line *first, **last;
};

void exposition_init(struct exposition *text, struct arena *arena)
{
    *text = (struct exposition){.arena = arena};
    map_init(&text->by_name);
}

void exposition_deinit(struct exposition *text)
{
    map_deinit(&text->by_name);
    VEC_DEINIT(&text->groups);
}

/* Quotes are escaped only in label values; backslash and newline everywhere. */
static void write_escaped(struct buf *out, const char *text, bool in_quotes)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n')
            buf_append_text(out, "\\n");
        else if (*c == '\\')
            buf_append_text(out, "\\\\");
        else if (*c == '"' && in_quotes)
            buf_append_text(out, "\\\"");
        else
            buf_append_char(out, *c);
    }
}

void exposition_write_head(struct buf *out, const struct exposition_family *family)
{
    if (family->help != NULL) {
        buf_printf(out, "# HELP %s ", family->name);
        write_escaped(out, family->help, false);
        buf_append_char(out, '\n');
    }
    buf_printf(out, "# TYPE %s %s\n", family->name, family->type);
}

void exposition_write_sample(struct buf *out, const char *name, const struct label *labels,
                             size_t n_labels, double value)
{
    char number[TEXT_DOUBLE_SIZE];
    buf_append_text(out, name);
    for (size_t i = 0; i < n_labels; i++) {
        buf_printf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        write_escaped(out, labels[i].value, true);
        buf_append_char(out, '"');
    }
    text_from_double(value, number);
    buf_printf(out, "%s %s\n", n_labels > 0 ? "}" : "", number);
}

static struct exposition_group *find_or_add(struct exposition *text,
                                            const struct exposition_family *family)
{
    struct exposition_group *group = map_find_text(&text->by_name, family->name);
    if (group != NULL)
        return group;
    group = arena_calloc(text->arena, 1, sizeof(*group));
    if (group == NULL)
        return NULL;
    group->family = (struct exposition_family){
        .name = arena_strdup(text->arena, family->name),
        .help = family->help != NULL ? arena_strdup(text->arena, family->help) : NULL,
        .type = arena_strdup(text->arena, family->type),
    };
    if (group->family.name == NULL || group->family.type == NULL)
        return NULL;
    group->last = &group->first;
    map_put_text(&text->by_name, family->name, group);
    VEC_PUSH(&text->groups, group);
    return group;
}

int exposition_add(struct exposition *text, const struct exposition_family *family,
                   const struct label *labels, size_t n_labels, double value)
{
    CLEANUP(buf_deinit) struct buf sample;
    buf_init(&sample, SAMPLE_TEXT_MAX_BYTES);
    exposition_write_sample(&sample, family->name, labels, n_labels, value);
    if (sample.error != 0)
        return -ENOBUFS;

    struct line *line = arena_alloc(text->arena, sizeof(*line));
    char *copy = arena_strndup(text->arena, sample.data, sample.len);
    struct exposition_group *group = find_or_add(text, family);
    if (line == NULL || copy == NULL || group == NULL)
        return -ENOBUFS;
    *line = (struct line){NULL, copy};
    *group->last = line;
    group->last = &line->next;
    return 0;
}

static int compare_groups(const void *a, const void *b)
{
    const struct exposition_group *const *left = a, *const *right = b;
    return strcmp((*left)->family.name, (*right)->family.name);
}

void exposition_write(struct exposition *text, struct buf *out)
{
    if (text->groups.len > 0)
        qsort(text->groups.items, text->groups.len, sizeof(*text->groups.items),
              compare_groups);
    for (size_t i = 0; i < text->groups.len; i++) {
        exposition_write_head(out, &text->groups.items[i]->family);
        for (const struct line *line = text->groups.items[i]->first; line != NULL;
             line = line->next)
            buf_append_text(out, line->text);
    }
}
