/* SPDX-License-Identifier: MIT */
#include "api/board.h"

#include <assert.h>
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

void vitals_reset(struct vitals *vitals)
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

static_assert(ARRAY_LEN(kinds) <= BOARD_TAG_MASK, "a tag for each kind");

uint8_t board_tag_of(const char *metric)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (text_is(kinds[i].metric, metric))
            return (uint8_t)(i + 1);
    }
    return 0;
}

uint8_t board_tag(const struct labels *labels)
{
    return board_tag_of(labels_metric_name(labels));
}

static const struct vital_kind *kind_of(uint8_t tag)
{
    size_t number = tag & BOARD_TAG_MASK;
    return number == 0 || number > ARRAY_LEN(kinds) ? NULL : &kinds[number - 1];
}

bool board_tag_needs_labels(uint8_t tag)
{
    const struct vital_kind *kind = kind_of(tag);
    return kind != NULL && kind->fold == FOLD_MAX_DISK;
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
            const char *mountpoint = labels == NULL ? NULL : labels_value(labels, "mountpoint");
            text_copy(vitals->disk_mountpoint, sizeof(vitals->disk_mountpoint),
                      mountpoint == NULL ? "" : mountpoint);
            *total = value;
        }
        break;
    }
}

void vitals_fold(struct vitals *vitals, uint8_t tag, struct sample newest,
                 const struct labels *labels)
{
    const struct vital_kind *kind = kind_of(tag);
    if (kind == NULL || isnan(newest.value))
        return;
    vitals->at_ms = MAX_OF(vitals->at_ms, newest.at_ms);
    fold_in(vitals, kind, labels, newest.value);
}

void board_update(struct board *board, int64_t host_id, const struct vitals *fresh)
{
    if (fresh->at_ms == 0)
        return;
    pthread_mutex_lock(&board->lock);
    struct vitals *known = map_find(&board->hosts, &host_id, sizeof(int64_t));
    if (known == NULL) {
        known = memory_alloc(sizeof(*known));
        vitals_reset(known);
        map_put(&board->hosts, &host_id, sizeof(int64_t), known);
    }
    if (fresh->at_ms >= known->at_ms) {
        known->at_ms = fresh->at_ms;
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
            double value;
            memcpy(&value, (const char *)fresh + kinds[i].offset, sizeof(value));
            if (isnan(value))
                continue;
            memcpy((char *)known + kinds[i].offset, &value, sizeof(value));
            if (kinds[i].fold == FOLD_MAX_DISK)
                memcpy(known->disk_mountpoint, fresh->disk_mountpoint,
                       sizeof(fresh->disk_mountpoint));
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
        vitals_reset(out_vitals);
    else
        *out_vitals = *known;
    pthread_mutex_unlock(&board->lock);
}
