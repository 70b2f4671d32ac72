/* SPDX-License-Identifier: MIT */
#include "api/board.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "model/vitals.h"

struct board {
    pthread_mutex_t lock;
    struct map hosts; /* host id → struct vitals, owned */
};

static void set_unknown(struct vitals *vitals)
{
    const double unknown = (double)NAN;
    *vitals = (struct vitals){
        .cpu = unknown,
        .memory = unknown,
        .load1 = unknown,
        .ssh_failed = unknown,
        .uptime_s = unknown,
        .receive = unknown,
        .transmit = unknown,
        .disk = unknown,
        .services_down = unknown,
    };
}

struct board *board_new(void)
{
    struct board *board = memory_calloc(1, sizeof(*board));
    pthread_mutex_init(&board->lock, NULL);
    map_init(&board->hosts);
    return board;
}

void board_free(struct board *board)
{
    if (board == NULL)
        return;
    for (struct map_slot *slot = NULL; (slot = map_next(&board->hosts, slot)) != NULL;)
        free(slot->value);
    map_deinit(&board->hosts);
    pthread_mutex_destroy(&board->lock);
    free(board);
}

/* How the series of one metric become one number. */
enum fold {
    FOLD_LAST,
    FOLD_SUM,
    FOLD_MAX_DISK,
    FOLD_COUNT_ZERO,
};

static const struct vital_kind {
    const char *metric;
    enum fold fold;
    size_t offset;
} kinds[] = {
    {VITAL_CPU, FOLD_LAST, offsetof(struct vitals, cpu)},
    {VITAL_MEMORY, FOLD_LAST, offsetof(struct vitals, memory)},
    {VITAL_LOAD1, FOLD_LAST, offsetof(struct vitals, load1)},
    {VITAL_SSH_FAILED, FOLD_LAST, offsetof(struct vitals, ssh_failed)},
    {VITAL_UPTIME, FOLD_LAST, offsetof(struct vitals, uptime_s)},
    {VITAL_NET_RECEIVE, FOLD_SUM, offsetof(struct vitals, receive)},
    {VITAL_NET_TRANSMIT, FOLD_SUM, offsetof(struct vitals, transmit)},
    {VITAL_DISK, FOLD_MAX_DISK, offsetof(struct vitals, disk)},
    {VITAL_SERVICE_UP, FOLD_COUNT_ZERO, offsetof(struct vitals, services_down)},
};

static const struct vital_kind *kind_of(const char *metric)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (text_is(kinds[i].metric, metric))
            return &kinds[i];
    }
    return NULL;
}

static void fold_in(struct vitals *vitals, const struct vital_kind *kind,
                    const struct labels *labels, double value)
{
    double *total = (double *)(void *)((char *)vitals + kind->offset);
    double before = isnan(*total) ? 0 : *total;
    switch (kind->fold) {
    case FOLD_LAST: *total = value; break;
    case FOLD_SUM: *total = before + value; break;
    case FOLD_COUNT_ZERO: *total = before + (value == 0 ? 1 : 0); break;
    case FOLD_MAX_DISK:
        if (isnan(*total) || value > *total) {
            const char *mountpoint = labels_value(labels, "mountpoint");
            text_copy(vitals->disk_mountpoint, sizeof(vitals->disk_mountpoint),
                      mountpoint == NULL ? "" : mountpoint);
            *total = value;
        }
        break;
    }
}

/* Adds up what one arrival says.  False when it has no vitals. */
static bool read_arrival(const struct arrival *arrival, struct vitals *out_fresh)
{
    bool any = false;
    set_unknown(out_fresh);
    for (size_t i = 0; i < arrival->n_series; i++) {
        const struct batch_series *series = &arrival->series[i];
        if (series->labels == NULL || series->n_samples == 0)
            continue;
        const struct vital_kind *kind = kind_of(labels_metric_name(series->labels));
        const struct sample *newest = &series->samples[series->n_samples - 1];
        if (kind == NULL || isnan(newest->value))
            continue;
        out_fresh->at_ms = MAX_OF(out_fresh->at_ms, newest->at_ms);
        fold_in(out_fresh, kind, series->labels, newest->value);
        any = true;
    }
    return any;
}

void board_update(struct board *board, const struct arrival *arrival)
{
    struct vitals fresh;
    if (!read_arrival(arrival, &fresh))
        return;

    pthread_mutex_lock(&board->lock);
    struct vitals *known = map_find(&board->hosts, &arrival->host_id, sizeof(int64_t));
    if (known == NULL) {
        known = memory_alloc(sizeof(*known));
        set_unknown(known);
        map_put(&board->hosts, &arrival->host_id, sizeof(int64_t), known);
    }
    if (fresh.at_ms >= known->at_ms) {
        known->at_ms = fresh.at_ms;
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
            double value;
            memcpy(&value, (char *)&fresh + kinds[i].offset, sizeof(value));
            if (isnan(value))
                continue;
            memcpy((char *)known + kinds[i].offset, &value, sizeof(value));
            if (kinds[i].fold == FOLD_MAX_DISK)
                memcpy(known->disk_mountpoint, fresh.disk_mountpoint,
                       sizeof(fresh.disk_mountpoint));
        }
    }
    pthread_mutex_unlock(&board->lock);
}

void board_remove(struct board *board, int64_t host_id)
{
    pthread_mutex_lock(&board->lock);
    free(map_remove(&board->hosts, &host_id, sizeof(host_id)));
    pthread_mutex_unlock(&board->lock);
}

void board_read(struct board *board, int64_t host_id, struct vitals *out_vitals)
{
    pthread_mutex_lock(&board->lock);
    const struct vitals *known = map_find(&board->hosts, &host_id, sizeof(host_id));
    if (known == NULL)
        set_unknown(out_vitals);
    else
        *out_vitals = *known;
    pthread_mutex_unlock(&board->lock);
}
