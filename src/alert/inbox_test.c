/* SPDX-License-Identifier: MIT */
#include "alert/inbox.h"

#include "unit.h"

static struct inbox_entry arrival(int64_t host_id, msec_t newest_at, mono_t mono)
{
    return (struct inbox_entry){.org = ORG_FIRST,
                                .host_id = host_id,
                                .instance = "web",
                                .newest_at = newest_at,
                                .received = newest_at,
                                .received_mono = mono};
}

START_TEST(merges_per_host_and_keeps_order)
{
    struct inbox inbox;
    inbox_init(&inbox);
    struct inbox_entry posts[] = {arrival(7, 1000, 1), arrival(8, 1000, 2), arrival(7, 3000, 3),
                                  arrival(7, 2000, 4)};
    for (size_t i = 0; i < 4; i++)
        inbox_post_arrival(&inbox, &posts[i]);
    inbox_post_change(&inbox, ORG_FIRST, 7);
    inbox_post_change(&inbox, ORG_FIRST, 0);

    struct inbox_entry *first = inbox_take_all(&inbox, 0);
    ck_assert_int_eq(first->host_id, 7);
    ck_assert_int_eq(first->newest_at, 3000);
    ck_assert_int_eq(first->received_mono, 4);
    ck_assert(first->has_changed && first->was_seen);
    ck_assert_int_eq(first->next->host_id, 8);
    ck_assert(!first->next->has_changed);
    ck_assert_int_eq(first->next->next->host_id, 0);
    ck_assert(!first->next->next->was_seen);
    ck_assert_ptr_null(first->next->next->next);
    ck_assert_uint_eq(inbox.merged, 2);
    inbox_entries_free(first);
    ck_assert_ptr_null(inbox_take_all(&inbox, 0));
    inbox_deinit(&inbox);
}
END_TEST

START_TEST(a_sign_of_life_keeps_the_samples_that_wait)
{
    struct inbox inbox;
    inbox_init(&inbox);
    struct inbox_entry samples = arrival(7, 1000, 1);
    struct inbox_entry life = {
        .org = ORG_FIRST, .host_id = 7, .received = 5000, .received_mono = 9};
    inbox_post_arrival(&inbox, &samples);
    inbox_post_arrival(&inbox, &life);
    struct inbox_entry *first = inbox_take_all(&inbox, 0);
    ck_assert_int_eq(first->newest_at, 1000);
    ck_assert_str_eq(first->instance, "web");
    ck_assert_int_eq(first->received, 5000);
    ck_assert_int_eq(first->received_mono, 9);
    inbox_entries_free(first);
    inbox_deinit(&inbox);
}
END_TEST

START_TEST(closed_takes_no_more_and_gives_what_it_has)
{
    struct inbox inbox;
    inbox_init(&inbox);
    struct inbox_entry samples = arrival(7, 1000, 1);
    inbox_post_arrival(&inbox, &samples);
    inbox_close(&inbox);
    ck_assert(inbox_is_closed(&inbox));
    samples.host_id = 8;
    inbox_post_arrival(&inbox, &samples);
    ck_assert_uint_eq(inbox.refused, 1);
    struct inbox_entry *first = inbox_take_all(&inbox, clock_mono_ms() + MSEC_DAY);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(first->next);
    inbox_entries_free(first);
    ck_assert_ptr_null(inbox_take_all(&inbox, clock_mono_ms() + MSEC_DAY));
    inbox_deinit(&inbox);
}
END_TEST

#define POSTS 20000

static void *post_many(void *arg)
{
    for (int i = 1; i <= POSTS; i++) {
        struct inbox_entry entry = arrival(1 + i % 50, i, i);
        inbox_post_arrival(arg, &entry);
    }
    return NULL;
}

START_TEST(the_newest_of_every_host_arrives)
{
    struct inbox inbox;
    inbox_init(&inbox);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, &inbox), 0);
    msec_t newest[51] = {0};
    for (bool all = false; !all;) {
        struct inbox_entry *first = inbox_take_all(&inbox, clock_mono_ms() + 20000);
        ck_assert_ptr_nonnull(first);
        for (struct inbox_entry *entry = first; entry != NULL; entry = entry->next)
            newest[entry->host_id] = newest[entry->host_id] > entry->newest_at
                                         ? newest[entry->host_id]
                                         : entry->newest_at;
        inbox_entries_free(first);
        all = true;
        for (int host = 1; host <= 50; host++)
            all = all && newest[host] > POSTS - 50;
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    inbox_deinit(&inbox);
}
END_TEST

UNIT_MAIN("inbox", merges_per_host_and_keeps_order, a_sign_of_life_keeps_the_samples_that_wait,
          closed_takes_no_more_and_gives_what_it_has, the_newest_of_every_host_arrives)
