/* SPDX-License-Identifier: MIT */
/*
 * The power goes at any moment: at each call that the log makes of the file system, and in the
 * middle of each write.  Of each file what was synced remains, and as much of the rest as chance
 * will have; names that were not synced may be gone.
 */
#include <limits.h>

#include "base/macros.h"
#include "store/log_test.h"

#define FILES_MAX 64

/* What the medium has of a file, and what the system has. */
static struct file {
    char path[PATH_MAX];
    uint64_t written, synced;
    bool named; /* its name is on the medium */
    bool removed;
} files[FILES_MAX];
static int numbers[1024]; /* file descriptor to file + 1 */
static size_t n_files;

static size_t calls, cut_at; /* the power goes at call number cut_at */
static unsigned cut_part;    /* so many eighths of a write are done then */
static uint64_t random_state;

static uint64_t chance(uint64_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return below == 0 ? 0 : (random_state >> 33) % below;
}

static bool is_dark(void)
{
    return ++calls >= cut_at;
}

static int dark_create(const char *path)
{
    if (is_dark())
        return -EIO;
    int number = log_io_posix.create(path);
    if (number < 0)
        return number;
    ck_assert(number < (int)ARRAY_LEN(numbers) && n_files < FILES_MAX);
    numbers[number] = (int)++n_files;
    files[n_files - 1] = (struct file){0};
    snprintf(files[n_files - 1].path, PATH_MAX, "%s", path);
    return number;
}

static ssize_t dark_write(int number, const void *data, size_t len)
{
    struct file *file = &files[numbers[number] - 1];
    bool was_dark = calls >= cut_at;
    if (is_dark()) {
        if (!was_dark && log_io_posix.write(number, data, len * cut_part / 8) > 0)
            file->written += len * cut_part / 8;
        return -EIO;
    }
    ssize_t written = log_io_posix.write(number, data, len);
    if (written > 0)
        file->written += (size_t)written;
    return written;
}

static int dark_truncate(int number, uint64_t len)
{
    (void)number;
    (void)len;
    return is_dark() ? -EIO : 0; /* not reached with the light on: nothing fails then */
}

static int dark_sync(int number)
{
    if (is_dark())
        return -EIO;
    struct file *file = &files[numbers[number] - 1];
    file->synced = file->written;
    return 0;
}

static int dark_remove(const char *path)
{
    if (is_dark())
        return -EIO;
    for (size_t i = 0; i < n_files; i++) {
        if (strcmp(files[i].path, path) == 0)
            files[i].removed = true;
    }
    return log_io_posix.remove(path);
}

static int dark_sync_folder(const char *path)
{
    (void)path;
    if (is_dark())
        return -EIO;
    for (size_t i = 0; i < n_files; i++)
        files[i].named = true;
    return 0;
}

static const struct log_io dark_io = {
    dark_create, dark_write, dark_truncate, dark_sync, NULL, dark_remove, dark_sync_folder,
};

/* What is left when the light comes on again. */
static void lose_what_was_not_synced(void)
{
    for (size_t i = 0; i < n_files; i++) {
        const struct file *file = &files[i];
        if (file->removed)
            continue;
        if (!file->named && chance(2) == 0) {
            unlink(file->path);
            continue;
        }
        uint64_t left = file->synced + chance(file->written - file->synced + 1);
        ck_assert_int_eq(truncate(file->path, (off_t)left), 0);
    }
}

/* What had been promised when the power went. */
struct promises {
    uint32_t synced;  /* records up to this one are on the medium */
    uint32_t removed; /* records up to this one may be gone */
    uint32_t last;    /* that was tried */
};

/* Appends, syncs, rolls and removes until the end or the cut.  False when it was cut. */
static bool run(struct log *log, struct promises *out)
{
    uint32_t rolled_at = 0; /* the last record before the roll before */
    *out = (struct promises){0};
    for (uint32_t number = 1; number <= 60; number++) {
        out->last = number;
        if (test_put(log, number) != 0)
            return false;
        if (number % 7 == 0) {
            if (log_sync(log) != 0)
                return false;
            out->synced = number;
        }
        if (number % 20 == 0) {
            uint64_t through = log_roll(log);
            uint32_t upto = rolled_at;
            rolled_at = number;
            if (upto == 0)
                continue;
            out->removed = upto; /* begins now */
            if (log_remove(log, through - 1) != 0)
                return false;
        }
    }
    return true;
}

static bool cut_once(size_t at, unsigned part)
{
    struct log_io io = dark_io;
    struct log log;
    struct promises promises;
    io.close = log_io_posix.close;
    calls = n_files = 0;
    cut_at = at;
    cut_part = part;
    random_state = at * 8 + part;
    test_new_folder();
    ck_assert_int_eq(log_open(&log, test_folder, &io), 0);
    bool complete = run(&log, &promises);
    log_close(&log);
    lose_what_was_not_synced();

    const struct log_losses losses = test_read(); /* asserts that nothing wrong is read */
    size_t missing = 0, invented = 0;
    for (uint32_t number = 1; number < RECORDS_MAX; number++) {
        missing += number > promises.removed && number <= promises.synced && !found[number];
        invented += number > promises.last && found[number];
    }
    ck_assert_msg(missing == 0 && invented == 0, "cut %zu.%u: %zu missing, %zu invented", at,
                  part, missing, invented);
    ck_assert_uint_le(losses.places, 2); /* a segment whose name is gone may be missed */
    unit_remove_tree(test_folder);
    return complete;
}

START_TEST(what_was_synced_survives_a_power_cut_at_any_point)
{
    size_t cuts = 0;
    bool complete = false;
    for (size_t at = 1; !complete; at++) {
        complete = true;
        for (unsigned part = 0; part < 8; part++, cuts++)
            complete = cut_once(at, part) && complete;
    }
    ck_assert_uint_gt(cuts, 600);
}
END_TEST

UNIT_MAIN("log_power", what_was_synced_survives_a_power_cut_at_any_point)
