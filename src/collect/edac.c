/* SPDX-License-Identifier: MIT */
/*
 * edac - errors of memory that has parity or ECC.
 */
#include <stdio.h>

#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define DIRECTORY "sys/devices/system/edac/mc"

static const struct metric correctable_metric = {
    "node_edac_correctable_errors_total", "Total correctable memory errors.", METRIC_COUNTER};
static const struct metric uncorrectable_metric = {"node_edac_uncorrectable_errors_total",
                                                   "Total uncorrectable memory errors.",
                                                   METRIC_COUNTER};
static const struct metric row_correctable_metric = {
    "node_edac_csrow_correctable_errors_total",
    "Total correctable memory errors for this csrow.", METRIC_COUNTER};
static const struct metric row_uncorrectable_metric = {
    "node_edac_csrow_uncorrectable_errors_total",
    "Total uncorrectable memory errors for this csrow.", METRIC_COUNTER};

struct place {
    const char *directory, *controller, *row; /* row NULL = the whole controller */
};

static void emit_count(struct host_root *root, const struct place *place, const char *file,
                       const struct metric *metric, const struct emitter *out)
{
    double count;
    const struct label labels[] = {{"controller", place->controller}, {"csrow", place->row}};
    if (host_dir_number(root, place->directory, file, &count))
        out->emit(out->arg, metric, labels, place->row != NULL ? 2 : 1, count);
}

static void emit_controller(struct host_root *root, const char *directory,
                            const char *controller, const struct emitter *out)
{
    struct place whole = {directory, controller, NULL};
    struct place unknown = {directory, controller, "unknown"};
    emit_count(root, &whole, "ce_count", &correctable_metric, out);
    emit_count(root, &whole, "ue_count", &uncorrectable_metric, out);
    emit_count(root, &unknown, "ce_noinfo_count", &row_correctable_metric, out);
    emit_count(root, &unknown, "ue_noinfo_count", &row_uncorrectable_metric, out);

    struct host_dir rows;
    host_dir_read(root, directory, &rows);
    for (size_t i = 0; i < rows.len; i++) {
        char below[400];
        const char *number = text_after(rows.names[i], "csrow");
        if (number == NULL)
            continue;
        snprintf(below, sizeof(below), "%s/%s", directory, rows.names[i]);
        struct place row = {below, controller, number};
        emit_count(root, &row, "ce_count", &row_correctable_metric, out);
        emit_count(root, &row, "ue_count", &row_uncorrectable_metric, out);
    }
    host_dir_deinit(&rows);
}

static int edac_collect(struct source *source, const struct tick *tick,
                        const struct emitter *out)
{
    (void)tick;
    struct host_dir controllers;
    host_dir_read(source->root, DIRECTORY, &controllers);
    for (size_t i = 0; i < controllers.len; i++) {
        char directory[320];
        const char *number = text_after(controllers.names[i], "mc");
        if (number == NULL || *number < '0' || *number > '9')
            continue;
        snprintf(directory, sizeof(directory), DIRECTORY "/%s", controllers.names[i]);
        emit_controller(source->root, directory, number, out);
    }
    host_dir_deinit(&controllers);
    return 0;
}

const struct collector edac_collector = {
    .name = "edac",
    .help = "Errors of ECC memory, from /sys/devices/system/edac.",
    .period_ms = MSEC_MINUTE,
    .is_wanted = wants_memory,
    .collect = edac_collect,
};
