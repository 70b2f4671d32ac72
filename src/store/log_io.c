/* SPDX-License-Identifier: MIT */
#include "store/log_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int io_create(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    return file < 0 ? -errno : file;
}

static ssize_t io_write(int file, const void *data, size_t len)
{
    ssize_t written;
    do
        written = write(file, data, len);
    while (written < 0 && errno == EINTR);
    return written < 0 ? -errno : written;
}

static int io_truncate(int file, uint64_t len)
{
    return ftruncate(file, (off_t)len) != 0 ? -errno : 0;
}

static int io_sync(int file)
{
    return fdatasync(file) != 0 ? -errno : 0;
}

static int io_close(int file)
{
    return close(file) != 0 ? -errno : 0;
}

static int io_remove(const char *path)
{
    return unlink(path) != 0 ? -errno : 0;
}

static int io_sync_folder(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    int error = fsync(folder) != 0 ? -errno : 0;
    close(folder);
    return error;
}

const struct log_io log_io_posix = {
    io_create, io_write, io_truncate, io_sync, io_close, io_remove, io_sync_folder,
};
