/* SPDX-License-Identifier: MIT */
#include "collect/host_dir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void host_dir_read(const struct host_root *root, const char *path, struct host_dir *out_dir)
{
    char full[HOST_PATH_SIZE];
    *out_dir = (struct host_dir){0};
    DIR *dir = host_path(root, path, full, sizeof(full)) ? opendir(full) : NULL;
    if (dir == NULL)
        return;
    size_t capacity = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL && out_dir->len < HOST_DIR_MAX;) {
        if (entry->d_name[0] == '.')
            continue;
        if (out_dir->len == capacity) {
            capacity = MAX_OF(capacity * 2, 16);
            out_dir->names = memory_realloc(out_dir->names, capacity * sizeof(char *));
        }
        out_dir->names[out_dir->len++] = memory_strdup(entry->d_name);
    }
    closedir(dir);
    if (out_dir->len > 1)
        qsort(out_dir->names, out_dir->len, sizeof(char *), compare);
}

void host_dir_deinit(struct host_dir *dir)
{
    for (size_t i = 0; i < dir->len; i++)
        free(dir->names[i]);
    free(dir->names);
    *dir = (struct host_dir){0};
}

bool host_dir_line(struct host_root *root, const char *directory, const char *name, char *out,
                   size_t size)
{
    char path[HOST_PATH_SIZE];
    int len = snprintf(path, sizeof(path), "%s/%s", directory, name);
    return len > 0 && (size_t)len < sizeof(path) && host_read_line(root, path, out, size);
}

bool host_dir_number(struct host_root *root, const char *directory, const char *name,
                     double *out_number)
{
    char line[64];
    int64_t number;
    if (!host_dir_line(root, directory, name, line, sizeof(line)))
        return false;
    if (text_to_i64(line, &number) == 0) {
        *out_number = (double)number;
        return true;
    }
    if (text_has_prefix(line, "0x")) {
        char *end;
        *out_number = (double)strtoull(line + 2, &end, 16);
        return end != line + 2 && *end == '\0';
    }
    return text_to_double(line, out_number) == 0;
}
