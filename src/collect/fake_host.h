/* SPDX-License-Identifier: MIT */
/*
 * fake_host - for tests: a host root in a temporary directory, and what was collected from it.
 */
#pragma once

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "collect/collect.h"
#include "unit.h"

struct fake_host {
    char path[64];
    struct buf samples; /* name{a="b"} value, one per line */
};

static inline void fake_host_init(struct fake_host *host)
{
    unit_make_folder(host->path, sizeof(host->path));
    buf_init(&host->samples, (size_t)4 << 20);
}

static inline void fake_host_deinit(struct fake_host *host)
{
    char command[256];
    snprintf(command, sizeof(command), "rm -rf %s", host->path);
    ck_assert_int_eq(system(command), 0);
    buf_deinit(&host->samples);
}

static inline void fake_host_write(const struct fake_host *host, const char *path,
                                   const char *text)
{
    char full[512];
    snprintf(full, sizeof(full), "%s/%s", host->path, path);
    char *slash = strrchr(full, '/');
    *slash = '\0';
    ck_assert_int_eq(file_make_dirs(full, 0755), 0);
    *slash = '/';
    FILE *file = fopen(full, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static inline void fake_host_emit(void *arg, const struct metric *metric,
                                  const struct label *labels, size_t n_labels, double value)
{
    struct fake_host *host = arg;
    buf_append_text(&host->samples, metric->name);
    for (size_t i = 0; i < n_labels; i++) {
        ck_assert(i == 0 || strcmp(labels[i - 1].name, labels[i].name) < 0);
        buf_printf(&host->samples, "%s%s=\"%s\"", i == 0 ? "{" : ",", labels[i].name,
                   labels[i].value);
    }
    char number[TEXT_DOUBLE_SIZE];
    text_from_double(value, number);
    buf_printf(&host->samples, "%s %s\n", n_labels > 0 ? "}" : "", number);
}

static inline struct collect *fake_host_collect_new(const struct fake_host *host,
                                                    struct collect_options options)
{
    struct collect *collect;
    options.root = host->path;
    ck_assert_int_eq(collect_new(&options, &collect), 0);
    return collect;
}

/* One collection; what it gave replaces what was there. */
static inline void fake_host_run(struct fake_host *host, struct collect *collect)
{
    struct emitter out = {fake_host_emit, host};
    buf_reset(&host->samples);
    collect_run(collect, &out);
    ck_assert_int_eq(host->samples.error, 0);
}

/* The value of the series as fake_host_emit() spells it; NaN when there is none. */
static inline double fake_host_value(struct fake_host *host, const char *series)
{
    size_t len = strlen(series);
    for (const char *line = buf_text(&host->samples); line != NULL && *line != '\0';) {
        double value;
        char number[64];
        if (strncmp(line, series, len) == 0 && line[len] == ' ') {
            text_copy_slice(number, sizeof(number),
                            (struct slice){line + len + 1, strcspn(line + len + 1, "\n")});
            if (text_to_double(number, &value) == 0)
                return value;
        }
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return (double)NAN;
}

static inline bool fake_host_has(struct fake_host *host, const char *series)
{
    return !isnan(fake_host_value(host, series));
}

static inline size_t fake_host_count(struct fake_host *host, const char *prefix)
{
    size_t count = 0;
    for (const char *line = buf_text(&host->samples); line != NULL && *line != '\0';) {
        count += text_has_prefix(line, prefix);
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return count;
}

static inline void fake_host_problems(struct collect *collect, char *out, size_t size)
{
    struct buf text;
    buf_init(&text, 4096);
    collect_problems(collect, &text);
    text_copy(out, size, buf_text(&text));
    buf_deinit(&text);
}
