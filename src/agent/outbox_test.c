/* SPDX-License-Identifier: MIT */
#include "agent/outbox.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "unit.h"

static const struct spool_limits limits = {(uint64_t)4 << 20, 7 * MSEC_DAY};
static char folder[64];
static char block[100 * 1024];

static struct spool_record record(msec_t at_ms, size_t len)
{
    return (struct spool_record){at_ms, 10, block, len};
}

static struct spool *begin(void)
{
    struct spool *spool = NULL;
    unit_make_folder(folder, sizeof(folder));
    ck_assert_int_eq(spool_open(folder, &limits, &spool), 0);
    return spool;
}

static void end(struct spool *spool)
{
    struct buf body;
    struct spool_record got;
    buf_init(&body, (size_t)64 << 20);
    while (!spool_is_empty(spool)) {
        while (spool_next(spool, 0, &body, &got) == 0)
            ;
        spool_ack(spool);
    }
    buf_deinit(&body);
    spool_close(spool);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(a_healthy_server_costs_no_disk)
{
    struct spool *spool = begin();
    struct outbox outbox;
    outbox_init(&outbox, spool);
    for (int i = 0; i < 100; i++) {
        struct spool_record pushed = record(i, 1000);
        outbox_push(&outbox, &pushed);
        struct parcel *parcel = outbox_pop(&outbox);
        ck_assert_int_eq(parcel->at_ms, i);
        free(parcel);
    }
    ck_assert(outbox_is_clear(&outbox) && !outbox_has_spooled(&outbox));
    outbox_deinit(&outbox);
    end(spool);
}
END_TEST

START_TEST(spills_in_order_when_it_is_full_and_at_the_end)
{
    struct spool *spool = begin();
    struct outbox outbox;
    struct buf body;
    struct spool_record got;
    outbox_init(&outbox, spool);
    buf_init(&body, (size_t)64 << 20);
    for (int i = 0; i < 8; i++) {
        struct spool_record pushed = record(i, sizeof(block));
        outbox_push(&outbox, &pushed);
        ck_assert_uint_le(outbox.queue.bytes, OUTBOX_MEMORY_MAX_BYTES);
    }
    ck_assert(outbox_has_spooled(&outbox) && !outbox_is_clear(&outbox));
    outbox_deinit(&outbox);
    msec_t next = 0;
    while (!spool_is_empty(spool)) {
        while (spool_next(spool, 0, &body, &got) == 0)
            ck_assert_int_eq(got.at_ms, next++);
        spool_ack(spool);
    }
    ck_assert_int_eq(next, 8);
    ck_assert_uint_eq(outbox.dropped, 0);
    buf_deinit(&body);
    end(spool);
}
END_TEST

START_TEST(keeps_the_newest_in_memory_when_the_disk_is_full_and_recovers)
{
    struct spool *spool = begin();
    struct outbox outbox;
    struct rlimit before, full;
    log_set_level(LOG_LEVEL_ERROR);
    signal(SIGXFSZ, SIG_IGN);
    outbox_init(&outbox, spool);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = (struct rlimit){0, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    for (int i = 0; i < 20; i++) {
        struct spool_record pushed = record(i, sizeof(block));
        outbox_push(&outbox, &pushed);
        ck_assert_uint_le(outbox.queue.bytes, OUTBOX_MEMORY_MAX_BYTES);
    }
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_ne(outbox.spool_error, 0);
    ck_assert_uint_eq(outbox.queue.n_parcels, 5);
    ck_assert_uint_eq(outbox.dropped, 15 * 10);
    ck_assert_int_eq(outbox.queue.first->at_ms, 15);
    outbox_spill(&outbox);
    ck_assert_int_eq(outbox.spool_error, 0);
    ck_assert(outbox_is_clear(&outbox) && outbox_has_spooled(&outbox));
    outbox_deinit(&outbox);
    end(spool);
}
END_TEST

START_TEST(works_without_a_disk)
{
    struct outbox outbox;
    outbox_init(&outbox, NULL);
    for (int i = 0; i < 20; i++) {
        struct spool_record pushed = record(i, sizeof(block));
        outbox_push(&outbox, &pushed);
    }
    ck_assert_uint_eq(outbox.queue.n_parcels, 5);
    ck_assert_uint_eq(outbox.dropped, 15 * 10);
    ck_assert(!outbox_has_spooled(&outbox));
    outbox_deinit(&outbox);
}
END_TEST

UNIT_MAIN("outbox", a_healthy_server_costs_no_disk,
          spills_in_order_when_it_is_full_and_at_the_end,
          keeps_the_newest_in_memory_when_the_disk_is_full_and_recovers, works_without_a_disk)
