/* SPDX-License-Identifier: MIT */
#include "collect/families.h"

#include <string.h>

#include "base/memory.h"

#define NAME_MAX_BYTES 200

struct family {
    struct metric metric;
    char text[]; /* name, help */
};

void families_init(struct families *families)
{
    map_init(&families->by_name);
}

void families_deinit(struct families *families)
{
    for (struct map_slot *slot = NULL; (slot = map_next(&families->by_name, slot)) != NULL;)
        free(slot->value);
    map_deinit(&families->by_name);
}

static bool is_name(const char *name)
{
    size_t len =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
    return len > 0 && name[len] == '\0' && len <= NAME_MAX_BYTES &&
           (name[0] < '0' || name[0] > '9');
}

const struct metric *families_get(struct families *families, const char *name, const char *help,
                                  enum metric_type type)
{
    struct family *family = map_find_text(&families->by_name, name);
    if (family != NULL)
        return &family->metric;
    if (!is_name(name) || families->by_name.len >= FAMILIES_MAX)
        return NULL;
    size_t name_size = strlen(name) + 1, help_size = strlen(help) + 1;
    family = memory_alloc(sizeof(*family) + name_size + help_size);
    memcpy(family->text, name, name_size);
    memcpy(family->text + name_size, help, help_size);
    family->metric = (struct metric){family->text, family->text + name_size, type};
    map_put_text(&families->by_name, name, family);
    return &family->metric;
}
