/* SPDX-License-Identifier: MIT */
#include "collect/host_root.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define READ_BYTES ((size_t)16 << 10)

int host_root_init(struct host_root *root, const char *path)
{
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    if (len == 0 && path[0] != '/')
        return -EINVAL;
    if (len >= sizeof(root->path) / 2)
        return -ENAMETOOLONG;

    struct stat status;
    if (stat(path, &status) != 0)
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return -ENOTDIR;

    memcpy(root->path, path, len);
    root->path[len] = '\0';
    root->is_live = len == 0;
    buf_init(&root->text, HOST_FILE_MAX_BYTES);
    return 0;
}

void host_root_deinit(struct host_root *root)
{
    buf_deinit(&root->text);
}

bool host_path(const struct host_root *root, const char *path, char *out, size_t size)
{
    while (path[0] == '/')
        path++;
    int len = snprintf(out, size, "%s/%s", root->path, path);
    return len > 0 && (size_t)len < size;
}

static bool is_regular(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

static int open_below(const struct host_root *root, const char *path, int *out_file)
{
    char full[HOST_PATH_SIZE];
    if (!host_path(root, path, full, sizeof(full)))
        return -ENAMETOOLONG;

    /* A FIFO or a device in a captured tree must not hold us up. */
    int file = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return -errno;
    if (!is_regular(file)) {
        close(file);
        return -EINVAL;
    }
    *out_file = file;
    return 0;
}

/* The end is where a read gives nothing; of a file that is made in one piece, where it gives less
 * than it could. */
static int read_from_start(int file, bool is_whole, struct buf *text)
{
    buf_reset(text);
    for (;;) {
        int error = buf_reserve(text, READ_BYTES);
        if (error != 0)
            return error;
        ssize_t got = pread(file, text->data + text->len, READ_BYTES, (off_t)text->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        text->len += (size_t)got;
        if (is_whole && (size_t)got < READ_BYTES)
            return 0;
    }
}

static bool stays_open(int file)
{
    struct statfs status;
    return fstatfs(file, &status) == 0 &&
           (status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC);
}

int host_file_read(struct host_root *root, struct host_file *file, const char **out_text)
{
    bool was_open = file->file >= 0, is_kept = true;
    if (!was_open) {
        int error = open_below(root, file->path, &file->file);
        if (error != 0)
            return error;
    }
    if (!was_open)
        is_kept = stays_open(file->file);
    int error = read_from_start(file->file, file->is_whole && is_kept, &root->text);
    if (error != 0 || !is_kept)
        host_file_close(file);
    if (error != 0)
        return error;
    *out_text = buf_text(&root->text);
    return root->text.error;
}

void host_file_close(struct host_file *file)
{
    if (file->file >= 0)
        close(file->file);
    file->file = -1;
}

int host_read(struct host_root *root, const char *path, const char **out_text)
{
    struct host_file file = HOST_FILE(path);
    int error = host_file_read(root, &file, out_text);
    host_file_close(&file);
    return error;
}

/* Small files are read by the hundred, so with as few calls as can be: one read gives all of them,
 * and below the live root nobody has put anything in the place of a file of /sys. */
static ssize_t read_small(struct host_root *root, int file)
{
    if (!root->is_live && !is_regular(file))
        return -1;
    buf_reset(&root->text);
    if (buf_reserve(&root->text, READ_BYTES) != 0)
        return -1;
    ssize_t got;
    do
        got = read(file, root->text.data, READ_BYTES);
    while (got < 0 && errno == EINTR);
    return got;
}

bool host_read_line(struct host_root *root, const char *path, char *out, size_t size)
{
    char full[HOST_PATH_SIZE];
    if (!host_path(root, path, full, sizeof(full)))
        return false;
    int file = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return false;
    ssize_t got = read_small(root, file);
    close(file);
    if (got <= 0)
        return false;
    const char *text = root->text.data;
    const char *end = memchr(text, '\n', (size_t)got);
    struct slice line = {text, end != NULL ? (size_t)(end - text) : (size_t)got};
    line.len = strnlen(line.data, line.len);
    line = text_trim(line);
    return line.len > 0 && text_copy_slice(out, size, line);
}

const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\n' ? line + 1 : line;
}
