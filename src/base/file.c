/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define FILE_READ_BYTES 4096

void file_closep(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

int file_read(const char *path, struct buf *out)
{
    CLEANUP(file_closep) int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;

    for (;;) {
        char chunk[FILE_READ_BYTES];
        ssize_t got = read(file, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        int error = buf_append(out, chunk, (size_t)got);
        if (error != 0)
            return error;
    }
}

static int write_fully(int file, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(file, data, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -errno;
        data += wrote;
        len -= (size_t)wrote;
    }
    return fsync(file) == 0 ? 0 : -errno;
}

void file_sync_parent(const char *path)
{
    char parent[PATH_MAX];
    text_copy(parent, sizeof(parent), path);
    char *slash = strrchr(parent, '/');
    if (slash == NULL)
        text_copy(parent, sizeof(parent), ".");
    else
        slash[slash == parent ? 1 : 0] = '\0';
    CLEANUP(file_closep) int dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0)
        fsync(dir);
}

int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode)
{
    char temporary[PATH_MAX];
    if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= sizeof(temporary))
        return -ENAMETOOLONG;

    int file = mkostemp(temporary, O_CLOEXEC);
    if (file < 0)
        return -errno;
    int error = fchmod(file, mode) == 0 ? 0 : -errno;
    if (error == 0)
        error = write_fully(file, data, len);
    close(file);
    if (error == 0 && rename(temporary, path) != 0)
        error = -errno;
    if (error != 0)
        unlink(temporary);
    else
        file_sync_parent(path);
    return error;
}

int file_make_dirs(const char *path, mode_t mode)
{
    char partial[PATH_MAX];
    if (!text_copy(partial, sizeof(partial), path))
        return -ENAMETOOLONG;
    for (char *slash = partial + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(partial, mode) != 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return mkdir(partial, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_join(char *out, size_t size, const char *dir, const char *name)
{
    size_t len = strlen(dir);
    const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";
    return (size_t)snprintf(out, size, "%s%s%s", dir, slash, name) < size;
}
