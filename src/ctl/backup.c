/* SPDX-License-Identifier: MIT */
#include "ctl/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/vec.h"
#include "ctl/database.h"

#define LOG_FOLDER   "log"
#define STORE_FILE   "store.db"
#define NAMES_MAX    20000
#define SEGMENTS_MAX 900 /* files that are held open at once */

/* Files that say something about the moment only, or belong to another one. */
static const char *const passing[] = {"lock", "server.ready"};
static const char *const passing_ends[] = {".lock", "-wal", "-shm", "-journal"};

struct job {
    const char *data, *target;
    char part[PATH_MAX], copy[PATH_MAX]; /* the target, and a database, on their way */
    int file;                            /* of `part` */
    struct bundle_writer writer;
    struct backup_result *result;
    struct problem *problem;
};

struct names {
    VEC(char *) list; /* owned */
};

static void names_deinit(struct names *names)
{
    for (size_t i = 0; i < names->list.len; i++)
        free(names->list.items[i]);
    VEC_DEINIT(&names->list);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int failed(struct problem *problem, const char *what, const char *path, int error)
{
    problem_set(problem, "cannot %s %s: %s", what, path, strerror(-error));
    return error;
}

/* The regular files of a folder, by name; none when it does not exist. */
static int list_files(const char *folder, struct names *out_names, struct problem *problem)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return errno == ENOENT ? 0 : failed(problem, "read", folder, -errno);
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL && out_names->list.len < NAMES_MAX) {
        struct stat info;
        if (entry->d_name[0] != '.' &&
            fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(info.st_mode))
            VEC_PUSH(&out_names->list, memory_strdup(entry->d_name));
    }
    closedir(dir);
    if (out_names->list.len > 1)
        qsort(out_names->list.items, out_names->list.len, sizeof(char *), by_name);
    return 0;
}

/* ---- the log ---- */

struct segments {
    int files[SEGMENTS_MAX]; /* owned */
    const char *names[SEGMENTS_MAX];
    size_t n;
};

static void close_segments(struct segments *segments)
{
    for (size_t i = 0; i < segments->n; i++)
        close(segments->files[i]);
    segments->n = 0;
}

/* Opens all segments in their order.  Segments are deleted in that order too, and only what
 * store.db has: one that is gone says that those before it were not needed either. */
static int open_segments(struct job *job, const char *folder, const struct names *names,
                         struct segments *segments)
{
    for (size_t i = 0; i < names->list.len; i++) {
        char path[PATH_MAX];
        const char *name = names->list.items[i];
        if (segments->n == SEGMENTS_MAX)
            return failed(job->problem, "open that many files of", folder, -EMFILE);
        int file =
            file_join(path, sizeof(path), folder, name) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (file < 0 && errno != ENOENT)
            return failed(job->problem, "open", path, -errno);
        if (file < 0) {
            close_segments(segments);
            continue;
        }
        segments->files[segments->n] = file;
        segments->names[segments->n++] = name;
    }
    return 0;
}

static int add_segments(struct job *job, const struct segments *segments)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < segments->n; i++) {
        char name[BUNDLE_NAME_MAX];
        if ((size_t)snprintf(name, sizeof(name), LOG_FOLDER "/%s", segments->names[i]) >=
            sizeof(name))
            continue;
        error = bundle_add(&job->writer, name, segments->files[i]);
        if (error != 0)
            failed(job->problem, "write", job->part, error);
    }
    return error;
}

/* ---- files and databases ---- */

static int add_path(struct job *job, const char *name, const char *path)
{
    CLEANUP(file_closep) int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT ? 0 : failed(job->problem, "open", path, -errno);
    int error = bundle_add(&job->writer, name, file);
    return error == 0 ? 0 : failed(job->problem, "write", job->part, error);
}

static int add_database(struct job *job, const char *name, const char *path)
{
    struct problem problem = {0};
    struct stat info;
    int error = database_copy(path, job->copy, job->problem);
    if (error != 0)
        return error;
    if (stat(path, &info) == 0 && chmod(job->copy, info.st_mode & 0777) != 0)
        return failed(job->problem, "write", job->copy, -errno);
    if (database_check(job->copy, &problem) != 0)
        snprintf(job->result->damage, sizeof(job->result->damage), "%s: %.200s", name,
                 problem.text);
    error = add_path(job, name, job->copy);
    unlink(job->copy);
    return error;
}

static bool is_passing(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(passing); i++) {
        if (text_is(name, passing[i]))
            return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(passing_ends); i++) {
        if (text_has_suffix(name, passing_ends[i]))
            return true;
    }
    return false;
}

static int add_named(struct job *job, const char *name)
{
    char path[PATH_MAX];
    if (is_passing(name) || !file_join(path, sizeof(path), job->data, name))
        return 0;
    return database_is_one(path) ? add_database(job, name, path) : add_path(job, name, path);
}

/* The history first: it is what the log belongs to. */
static int add_files(struct job *job)
{
    CLEANUP(names_deinit) struct names names = {0};
    char store[PATH_MAX];
    int error = list_files(job->data, &names, job->problem);
    if (error == 0 && file_join(store, sizeof(store), job->data, STORE_FILE) &&
        file_exists(store))
        error = add_named(job, STORE_FILE);
    for (size_t i = 0; error == 0 && i < names.list.len; i++) {
        if (!text_is(names.list.items[i], STORE_FILE))
            error = add_named(job, names.list.items[i]);
    }
    return error;
}

static int fill(struct job *job)
{
    CLEANUP(names_deinit) struct names names = {0};
    CLEANUP(close_segments) struct segments segments = {.n = 0};
    char folder[PATH_MAX];
    if (!file_join(folder, sizeof(folder), job->data, LOG_FOLDER))
        return failed(job->problem, "read", job->data, -ENAMETOOLONG);
    int error = list_files(folder, &names, job->problem);
    if (error == 0)
        error = open_segments(job, folder, &names, &segments);
    if (error == 0)
        error = add_segments(job, &segments);
    if (error == 0)
        error = add_files(job);
    if (error != 0)
        return error;
    error = bundle_finish(&job->writer);
    return error == 0 ? 0 : failed(job->problem, "write", job->part, error);
}

/* ---- the file ---- */

static int check_places(struct job *job)
{
    char state[PATH_MAX], data[PATH_MAX], folder[PATH_MAX], real[PATH_MAX];
    if (!file_join(state, sizeof(state), job->data, "state.db") || !file_exists(state)) {
        problem_set(job->problem,
                    "%s is no data directory of sentora-server. Name it with --data.",
                    job->data);
        return -ENOENT;
    }
    text_copy(folder, sizeof(folder), job->target);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    if (realpath(job->data, data) == NULL ||
        realpath(slash == NULL ? "." : folder, real) == NULL)
        return failed(job->problem, "write", job->target, -errno);
    const char *rest = text_after(real, data);
    if (rest != NULL && (*rest == '\0' || *rest == '/')) {
        problem_set(job->problem, "the backup would lie in the directory that it is of");
        return -EINVAL;
    }
    return 0;
}

static int open_part(struct job *job)
{
    size_t size = sizeof(job->part);
    if ((size_t)snprintf(job->part, size, "%s.part", job->target) >= size ||
        (size_t)snprintf(job->copy, size, "%s.part-db", job->target) >= size)
        return failed(job->problem, "write", job->target, -ENAMETOOLONG);
    job->file = open(job->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (job->file < 0)
        return failed(job->problem, "write", job->part, -errno);
    if (flock(job->file, LOCK_EX | LOCK_NB) != 0) {
        problem_set(job->problem, "another backup to %s is under way", job->target);
        file_closep(&job->file);
        return -EBUSY;
    }
    if (ftruncate(job->file, 0) != 0 || fchmod(job->file, 0600) != 0)
        return failed(job->problem, "write", job->part, -errno);
    int error = bundle_begin(&job->writer, job->file, clock_wall_ms());
    return error == 0 ? 0 : failed(job->problem, "write", job->part, error);
}

/* Reads all of it back before it gets its name. */
static int publish(struct job *job)
{
    struct problem problem = {0};
    struct stat info;
    int error = bundle_read(job->file, NULL, NULL, &job->result->summary, &problem);
    if (error != 0) {
        problem_set(job->problem, "what was written to %s reads back wrong: %.200s", job->part,
                    problem.text);
        return error;
    }
    if (fstat(job->file, &info) != 0 || rename(job->part, job->target) != 0)
        return failed(job->problem, "write", job->target, -errno);
    job->result->file_bytes = (uint64_t)info.st_size;
    file_sync_parent(job->target);
    return 0;
}

int backup_make(const char *data, const char *file, struct backup_result *out_result,
                struct problem *problem)
{
    struct backup_result result = {0};
    struct job job = {
        .data = data, .target = file, .file = -1, .result = &result, .problem = problem};
    mode_t mask = umask(0077);
    int error = check_places(&job);
    if (error == 0)
        error = open_part(&job);
    if (error == 0)
        error = fill(&job);
    if (error == 0)
        error = publish(&job);
    umask(mask);
    if (error != 0 && job.file >= 0) {
        unlink(job.part);
        unlink(job.copy);
    }
    file_closep(&job.file);
    if (error == 0)
        *out_result = result;
    return error;
}
