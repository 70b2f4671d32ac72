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

/* Bytes of the UTF-8 sequence at `at`; 0 when it is none. */
static size_t sequence_len(const char *at, size_t rest)
{
    for (size_t len = 1; len <= MIN_OF(rest, 4); len++) {
        if (text_is_utf8(at, len))
            return len;
    }
    return 0;
}

bool host_dir_text(struct host_root *root, const char *directory, const char *name, char *out,
                   size_t size)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char line[512];
    if (!host_dir_line(root, directory, name, line, sizeof(line)))
        return false;
    size_t len = 0, end = strlen(line);
    bool was_bad = false; /* a run of bad bytes gives one replacement */
    for (size_t i = 0; i < end;) {
        size_t good = sequence_len(line + i, end - i);
        size_t taken = good > 0 ? good : 1;
        const char *from = good > 0 ? line + i : replacement;
        size_t added = good > 0 ? good : was_bad ? 0 : sizeof(replacement) - 1;
        if (len + added >= size)
            return false;
        memcpy(out + len, from, added);
        len += added;
        was_bad = good == 0;
        i += taken;
    }
    out[len] = '\0';
    return len > 0;
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
