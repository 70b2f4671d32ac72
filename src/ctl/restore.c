/* SPDX-License-Identifier: MIT */
/*
 * restore - everything goes into DATA/restore.part first; only when all of it is there and right are
 * the names moved.  What was there before is moved away, not deleted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ctl/backup.h"
#include "ctl/database.h"

#define PART_FOLDER "restore.part"
#define KEPT_FOLDER "before-restore"
#define KEPT_MAX    1000

/* What may be in a directory that counts as empty. */
static const char *const empty_names[] = {"lock", "server.ready", "lost+found", PART_FOLDER};

struct job {
    const char *data;
    char part[PATH_MAX];
    struct stat owner; /* of the data directory: whom the files will belong to */
    int lock, folder;
    int out; /* file being written */
    char out_path[PATH_MAX];
    struct restore_result *result;
    struct problem *problem;
};

static int failed(struct job *job, const char *what, const char *path, int error)
{
    problem_set(job->problem, "cannot %s %s: %s", what, path, strerror(-error));
    return error;
}

static bool counts(const char *name)
{
    if (text_is(name, ".") || text_is(name, ".."))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(empty_names); i++) {
        if (text_is(name, empty_names[i]))
            return false;
    }
    return !text_has_prefix(name, KEPT_FOLDER);
}

typedef int name_fn(struct job *job, const char *name);

/* Calls fn for the names in a folder, those that count only when asked. */
static int each_name(struct job *job, const char *folder, bool all, name_fn *fn)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return errno == ENOENT ? 0 : failed(job, "read", folder, -errno);
    struct dirent *entry;
    int error = 0;
    while (error == 0 && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (all ? !text_is(name, ".") && !text_is(name, "..") : counts(name))
            error = fn(job, name);
    }
    closedir(dir);
    return error;
}

/* ---- getting everything into restore.part ---- */

static int give_to_owner(const struct job *job, int file)
{
    if (geteuid() != 0)
        return 0;
    return fchown(file, job->owner.st_uid, job->owner.st_gid) == 0 ? 0 : -errno;
}

static int make_folder(struct job *job, const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failed(job, "make", path, -errno);
    CLEANUP(file_closep) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = folder < 0 ? -errno : give_to_owner(job, folder);
    return error == 0 ? 0 : failed(job, "make", path, error);
}

static int begin_entry(void *arg, const struct bundle_entry *entry)
{
    struct job *job = arg;
    if (!file_join(job->out_path, sizeof(job->out_path), job->part, entry->name))
        return failed(job, "write", job->part, -ENAMETOOLONG);
    char *slash = strrchr(job->out_path, '/');
    *slash = '\0';
    int error = make_folder(job, job->out_path);
    *slash = '/';
    if (error != 0)
        return error;
    job->out = open(job->out_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (job->out < 0)
        return failed(job, "write", job->out_path, -errno);
    error = fchmod(job->out, entry->mode) == 0 ? give_to_owner(job, job->out) : -errno;
    return error == 0 ? 0 : failed(job, "write", job->out_path, error);
}

static int write_entry(void *arg, const void *bytes, size_t len)
{
    struct job *job = arg;
    for (const char *at = bytes; len > 0;) {
        ssize_t wrote = write(job->out, at, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return failed(job, "write", job->out_path, -errno);
        at += wrote;
        len -= (size_t)wrote;
    }
    return 0;
}

static int end_entry(void *arg)
{
    struct job *job = arg;
    int error = fsync(job->out) == 0 ? 0 : -errno;
    file_closep(&job->out);
    if (error != 0)
        return failed(job, "write", job->out_path, error);
    struct problem problem = {0};
    if (database_is_one(job->out_path) && database_check(job->out_path, &problem) != 0)
        snprintf(job->result->damage, sizeof(job->result->damage), "%.200s", problem.text);
    return 0;
}

static const struct bundle_sink extract = {begin_entry, write_entry, end_entry};

static int remove_part_name(struct job *job, const char *name)
{
    char path[PATH_MAX];
    if (file_join(path, sizeof(path), job->out_path, name))
        unlink(path);
    return 0;
}

/* What an earlier restore that did not end has left. */
static void remove_part(struct job *job)
{
    if (file_join(job->out_path, sizeof(job->out_path), job->part, "log")) {
        each_name(job, job->out_path, true, remove_part_name);
        rmdir(job->out_path);
    }
    text_copy(job->out_path, sizeof(job->out_path), job->part);
    each_name(job, job->out_path, true, remove_part_name);
    rmdir(job->part);
}

/* ---- moving names ---- */

static int keep_name(struct job *job, const char *name)
{
    char to[PATH_MAX];
    if (!file_join(to, sizeof(to), job->result->kept, name) ||
        renameat(job->folder, name, job->folder, to) != 0)
        return failed(job, "move away", name, -errno);
    return 0;
}

static int keep_old(struct job *job)
{
    char *kept = job->result->kept;
    for (int i = 1; i <= KEPT_MAX; i++) {
        snprintf(kept, sizeof(job->result->kept), KEPT_FOLDER "-%d", i);
        if (mkdirat(job->folder, kept, 0700) == 0)
            return each_name(job, job->data, false, keep_name);
        if (errno != EEXIST)
            break;
    }
    return failed(job, "make", kept, -errno);
}

static int move_in(struct job *job, const char *name)
{
    char from[PATH_MAX];
    if (!file_join(from, sizeof(from), PART_FOLDER, name) ||
        renameat(job->folder, from, job->folder, name) != 0)
        return failed(job, "move in", name, -errno);
    return 0;
}

static int find_any(struct job *job, const char *name)
{
    problem_set(job->problem,
                "%s is not empty: there is %s. With --force it is moved away, into a folder "
                "beside.",
                job->data, name);
    return -ENOTEMPTY;
}

/* ---- the directory ---- */

static int lock_data(struct job *job)
{
    char path[PATH_MAX];
    int error = file_make_dirs(job->data, 0700);
    if (error != 0)
        return failed(job, "make", job->data, error);
    job->folder = open(job->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (job->folder < 0 || fstat(job->folder, &job->owner) != 0 ||
        !file_join(path, sizeof(path), job->data, "lock") ||
        !file_join(job->part, sizeof(job->part), job->data, PART_FOLDER))
        return failed(job, "open", job->data, -errno);
    job->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (job->lock < 0)
        return failed(job, "write", path, -errno);
    give_to_owner(job, job->lock);
    if (flock(job->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    problem_set(job->problem, "a server uses %s. Stop it first.", job->data);
    return -EBUSY;
}

static int restore(struct job *job, int file, bool force)
{
    struct problem empty = {0};
    int error = lock_data(job);
    if (error != 0)
        return error;
    bool occupied = each_name(job, job->data, false, find_any) == -ENOTEMPTY;
    if (occupied && !force)
        return -ENOTEMPTY;
    *job->problem = empty;
    remove_part(job);
    error = make_folder(job, job->part);
    if (error == 0)
        error = bundle_read(file, &extract, job, &job->result->summary, job->problem);
    file_closep(&job->out);
    if (error == 0 && occupied)
        error = keep_old(job);
    if (error == 0)
        error = each_name(job, job->part, true, move_in);
    if (error != 0) {
        if (job->result->kept[0] == '\0')
            remove_part(job);
        return error;
    }
    rmdir(job->part);
    fsync(job->folder);
    return 0;
}

int backup_restore(const char *file, const char *data, bool force,
                   struct restore_result *out_result, struct problem *problem)
{
    struct restore_result result = {0};
    struct job job = {.data = data,
                      .lock = -1,
                      .folder = -1,
                      .out = -1,
                      .result = &result,
                      .problem = problem};
    CLEANUP(file_closep) int source = open(file, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return failed(&job, "open", file, -errno);
    struct problem why = {0};
    int error = bundle_read(source, NULL, NULL, &result.summary, &why);
    if (error != 0)
        problem_set(problem, "%s cannot be restored: %s", file, why.text);
    else
        error = restore(&job, source, force);
    file_closep(&job.lock);
    file_closep(&job.folder);
    if (error == 0)
        *out_result = result;
    return error;
}
