/* SPDX-License-Identifier: MIT */
/*
 * The log is read before the archive: what moves from the one to the other meanwhile is seen
 * twice, never not at all.  Series in both are told by their ids: the archive's are all below
 * archive_next_series().
 */
#include "store/inspect.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "model/labels.h"
#include "store/archive_parts.h"
#include "store/log.h"

#define LOG_FOLDER        "log"
#define SEGMENT_MAX_BYTES ((size_t)256 * 1024 * 1024)

/* A series that the log defines. */
struct logged {
    uint32_t id;
    struct slice labels; /* owned */
};

struct counting {
    struct inspection *inspection;
    struct map metrics, hosts, labels,
        values; /* to struct inspect_count; values: to a label's */
    VEC(struct logged) logged;
};

/* ---- counting ---- */

static struct inspect_count *find_count(struct map *map, struct inspect_counts *counts,
                                        struct slice name)
{
    struct inspect_count *count = map_find(map, name.data, name.len);
    if (count != NULL)
        return count;
    count = memory_calloc(1, sizeof(*count));
    count->name = memory_strndup(name.data, name.len);
    map_put(map, name.data, name.len, count);
    VEC_PUSH(&counts->items, count);
    return count;
}

static void count_value(struct counting *counting, struct inspect_count *label,
                        const struct label_slice *pair)
{
    char key[LABELS_NAME_MAX_BYTES + LABELS_VALUE_MAX_BYTES + 1];
    memcpy(key, pair->name.data, pair->name.len);
    key[pair->name.len] = '\0';
    memcpy(key + pair->name.len + 1, pair->value.data, pair->value.len);
    size_t len = pair->name.len + 1 + pair->value.len;
    if (map_find(&counting->values, key, len) != NULL)
        return;
    map_put(&counting->values, key, len, label);
    label->values++;
}

static void count_series(struct counting *counting, struct slice encoded)
{
    struct inspection *inspection = counting->inspection;
    struct label_slices labels;
    inspection->series++;
    if (labels_read_encoded(encoded.data, encoded.len, &labels) != 0)
        return;
    for (size_t i = 0; i < labels.len; i++) {
        const struct label_slice *pair = &labels.items[i];
        if (slice_is(pair->name, "__name__")) {
            find_count(&counting->metrics, &inspection->metrics, pair->value)->series++;
            continue;
        }
        struct inspect_count *label =
            find_count(&counting->labels, &inspection->labels, pair->name);
        label->series++;
        count_value(counting, label, pair);
        if (slice_is(pair->name, "instance"))
            find_count(&counting->hosts, &inspection->hosts, pair->value)->series++;
    }
}

/* ---- the log ---- */

static bool count_samples(void *arg, uint32_t id, const struct sample *samples, size_t n)
{
    struct counting *counting = arg;
    (void)id;
    (void)samples;
    counting->inspection->log_samples += n;
    return true;
}

static bool keep_series(void *arg, uint32_t id, org_id org, struct slice labels)
{
    struct counting *counting = arg;
    (void)org;
    char *copy = memory_alloc(labels.len + 1);
    memcpy(copy, labels.data, labels.len);
    VEC_PUSH(&counting->logged, ((struct logged){id, {copy, labels.len}}));
    return true;
}

static bool ignore_removed(void *arg, uint32_t id)
{
    (void)arg;
    (void)id;
    return true;
}

static int read_segment(struct counting *counting, const char *path)
{
    struct inspection *inspection = counting->inspection;
    struct log_reader reader = {.samples = count_samples,
                                .series = keep_series,
                                .removed = ignore_removed,
                                .arg = counting};
    struct log_losses losses = {0};
    struct buf bytes;
    buf_init(&bytes, SEGMENT_MAX_BYTES);
    int error = file_read(path, &bytes);
    if (error == 0) {
        inspection->log_segments++;
        inspection->log_bytes += bytes.len;
        log_read_bytes((const uint8_t *)bytes.data, bytes.len, &reader, &losses);
        inspection->log_damaged += losses.places;
    }
    sample_list_deinit(&reader.scratch);
    buf_deinit(&bytes);
    return error == -ENOENT ? 0 : error;
}

static int read_log(struct counting *counting, const char *path, struct problem *problem)
{
    char folder[PATH_MAX], file[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int dir_len = slash == NULL ? 1 : (int)(slash - path);
    snprintf(folder, sizeof(folder), "%.*s/" LOG_FOLDER, dir_len, slash == NULL ? "." : path);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int error = 0;
    while (dir != NULL && error == 0 && (entry = readdir(dir)) != NULL) {
        if (text_has_suffix(entry->d_name, ".log") &&
            file_join(file, sizeof(file), folder, entry->d_name))
            error = read_segment(counting, file);
    }
    if (dir != NULL)
        closedir(dir);
    if (error != 0)
        problem_set(problem, "cannot read the log in %s: %s", folder, strerror(-error));
    return error;
}

/* ---- the archive ---- */

static int count_archived(const struct archive_series *series, void *arg)
{
    count_series(arg, series->labels);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct logged *left = a, *right = b;
    return (left->id > right->id) - (left->id < right->id);
}

/* Those that the archive does not know, each once. */
static void count_logged(struct counting *counting, uint32_t first)
{
    size_t n = counting->logged.len;
    if (n > 1)
        qsort(counting->logged.items, n, sizeof(struct logged), by_id);
    for (size_t i = 0; i < n; i++) {
        const struct logged *logged = &counting->logged.items[i];
        if (logged->id >= first && (i == 0 || logged[-1].id != logged->id))
            count_series(counting, logged->labels);
    }
}

static int read_archive(struct counting *counting, const char *path, struct problem *problem)
{
    struct archive archive;
    int error = archive_open_readonly(&archive, path, problem);
    if (error != 0)
        return error;
    error = archive_load(&archive, count_archived, counting);
    if (error == 0) {
        archive_publish(&archive);
        archive_stats(&archive, &counting->inspection->archive);
        counting->inspection->archive.series = counting->inspection->series;
        count_logged(counting, archive_next_series(&archive));
    } else {
        problem_set(problem, "cannot read the series in %s: %s", path, strerror(-error));
    }
    archive_close_readonly(&archive);
    return error;
}

/* ---- all of it ---- */

static int by_series(const void *a, const void *b)
{
    const struct inspect_count *left = *(struct inspect_count *const *)a;
    const struct inspect_count *right = *(struct inspect_count *const *)b;
    if (left->series != right->series)
        return left->series < right->series ? 1 : -1;
    return strcmp(left->name, right->name);
}

static void sort_counts(struct inspect_counts *counts)
{
    if (counts->items.len > 1)
        qsort(counts->items.items, counts->items.len, sizeof(counts->items.items[0]),
              by_series);
}

int inspect_store(const char *path, struct inspection *out_inspection, struct problem *problem)
{
    struct inspection inspection = {.series = 0};
    struct counting counting = {.inspection = &inspection};
    map_init(&counting.metrics);
    map_init(&counting.hosts);
    map_init(&counting.labels);
    map_init(&counting.values);
    int error = read_log(&counting, path, problem);
    if (error == 0)
        error = read_archive(&counting, path, problem);
    map_deinit(&counting.metrics);
    map_deinit(&counting.hosts);
    map_deinit(&counting.labels);
    map_deinit(&counting.values);
    for (size_t i = 0; i < counting.logged.len; i++)
        free((char *)(uintptr_t)counting.logged.items[i].labels.data);
    VEC_DEINIT(&counting.logged);
    sort_counts(&inspection.metrics);
    sort_counts(&inspection.hosts);
    sort_counts(&inspection.labels);
    if (error != 0)
        inspection_deinit(&inspection);
    else
        *out_inspection = inspection;
    return error;
}

static void free_counts(struct inspect_counts *counts)
{
    for (size_t i = 0; i < counts->items.len; i++) {
        free(counts->items.items[i]->name);
        free(counts->items.items[i]);
    }
    VEC_DEINIT(&counts->items);
}

void inspection_deinit(struct inspection *inspection)
{
    free_counts(&inspection->metrics);
    free_counts(&inspection->hosts);
    free_counts(&inspection->labels);
}
