/* SPDX-License-Identifier: MIT */
#include "server/keeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mailbox.h"
#include "base/memory.h"
#include "server/retention.h"

struct keeper {
    struct db *db;           /* borrowed from the server */
    struct account *account; /* likewise */
    struct mailbox wake;     /* only ever closed */
    bool more_to_forget;     /* the keeper's thread only */
    pthread_t thread;
};

/* A step a second while there is something left, else a look once a minute. */
static void forget(struct keeper *keeper)
{
    keeper->more_to_forget = false;
    int error = retention_step(keeper->db, clock_wall_ms(), &keeper->more_to_forget);
    if (error != 0)
        log_warn("state", "cannot remove what is long over: %s", strerror(-error));
}

static void keep(struct keeper *keeper, bool is_minute)
{
    int error = db_sync(keeper->db);
    if (error != 0)
        log_error("state", "cannot sync the database: %s", strerror(-error));
    if (is_minute || keeper->more_to_forget)
        forget(keeper);
    if (!is_minute)
        return;
    error = account_tick(keeper->account, clock_wall_ms());
    if (error != 0)
        log_warn("account", "cannot write when tokens were used last: %s", strerror(-error));
}

static void *run(void *arg)
{
    struct keeper *keeper = arg;
    mono_t next_second = clock_mono_ms() + MSEC_SECOND;
    mono_t next_minute = clock_mono_ms() + MSEC_MINUTE;
    while (!mailbox_is_closed(&keeper->wake)) {
        mailbox_pop(&keeper->wake, next_second);
        mono_t now = clock_mono_ms();
        keep(keeper, now >= next_minute);
        next_second = now + MSEC_SECOND;
        if (now >= next_minute)
            next_minute = now + MSEC_MINUTE;
    }
    keep(keeper, true);
    return NULL;
}

struct keeper *keeper_start(struct db *db, struct account *account)
{
    struct keeper *keeper = memory_calloc(1, sizeof(*keeper));
    keeper->db = db;
    keeper->account = account;
    mailbox_init(&keeper->wake, 1);
    if (pthread_create(&keeper->thread, NULL, run, keeper) != 0)
        abort();
    return keeper;
}

void keeper_stop(struct keeper *keeper)
{
    if (keeper == NULL)
        return;
    mailbox_close(&keeper->wake);
    pthread_join(keeper->thread, NULL);
    mailbox_deinit(&keeper->wake);
    free(keeper);
}
