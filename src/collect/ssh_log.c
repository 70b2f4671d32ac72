/* SPDX-License-Identifier: MIT */
#include "collect/ssh_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"

void ssh_log_init(struct ssh_log *log, const char *path)
{
    memset(log, 0, sizeof(*log));
    log->file = -1;
    text_copy(log->path, sizeof(log->path), path);
}

static void close_file(struct ssh_log *log)
{
    if (log->file >= 0)
        close(log->file);
    log->file = -1;
}

void ssh_log_deinit(struct ssh_log *log)
{
    close_file(log);
}

static int open_file(struct ssh_log *log, size_t look_back)
{
    int file = open(log->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return -errno;
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(file);
        return -EINVAL;
    }
    log->file = file;
    log->device = status.st_dev;
    log->inode = status.st_ino;
    log->offset = 0;
    log->is_skipping = false;
    if (!log->was_open && status.st_size > (off_t)look_back) {
        log->offset = status.st_size - (off_t)look_back;
        log->is_skipping = true; /* most likely in the middle of a line */
    }
    log->was_open = true;
    return 0;
}

/* Hands over the whole lines in `text`; returns how much of it is done with. */
static size_t take_lines(struct ssh_log *log, struct slice text, ssh_log_fn *take, void *arg)
{
    size_t done = 0;
    while (done < text.len) {
        const char *start = text.data + done;
        const char *end = memchr(start, '\n', text.len - done);
        if (end == NULL)
            break;
        struct slice line = {start, (size_t)(end - start)};
        if (!log->is_skipping && line.len <= SSH_LOG_LINE_BYTES)
            take(arg, line);
        log->is_skipping = false;
        done += line.len + 1;
    }
    if (text.len - done > SSH_LOG_LINE_BYTES) {
        log->is_skipping = true;
        done = text.len;
    }
    return done;
}

/* Reads on to the end or until `*budget` is used up. */
static int read_on(struct ssh_log *log, size_t *budget, ssh_log_fn *take, void *arg)
{
    char chunk[2 * SSH_LOG_LINE_BYTES];
    while (*budget > 0) {
        ssize_t got = pread(log->file, chunk, sizeof(chunk), log->offset);
        if (got < 0)
            return errno == EINTR ? 0 : -errno;
        size_t done = take_lines(log, (struct slice){chunk, (size_t)got}, take, arg);
        if (done == 0)
            return 0;
        log->offset += (off_t)done;
        *budget -= MIN_OF(*budget, done);
    }
    return 0;
}

/* True when the path leads to another file by now. */
static bool was_replaced(const struct ssh_log *log)
{
    struct stat status;
    return stat(log->path, &status) == 0 &&
           (status.st_dev != log->device || status.st_ino != log->inode);
}

int ssh_log_run(struct ssh_log *log, size_t look_back, ssh_log_fn *take, void *arg)
{
    size_t budget = SSH_LOG_RUN_BYTES;
    if (log->file < 0) {
        budget += log->was_open ? 0 : look_back; /* the newest lines come last */
        int error = open_file(log, look_back);
        if (error != 0)
            return error;
    }
    struct stat status;
    if (fstat(log->file, &status) != 0)
        return -errno;
    if (status.st_size < log->offset) {
        log->offset = 0;
        log->is_skipping = false;
    }

    int error = 0;
    bool is_replaced = was_replaced(log);
    if (status.st_size > log->offset)
        error = read_on(log, &budget, take, arg);
    if (error != 0 || budget == 0 || !is_replaced)
        return error;

    close_file(log);
    error = open_file(log, look_back);
    return error != 0 ? error : read_on(log, &budget, take, arg);
}
