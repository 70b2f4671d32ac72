/* SPDX-License-Identifier: MIT */
#include "state/outbox.h"

#include <errno.h>

#include "base/memory.h"
#include "base/text.h"
#include "state/channels.h"
#include "state/settings.h"
#include "state/state_test.h"

static int64_t add_channel(struct db *db, const char *name, bool enabled)
{
    char config[] = "{\"a\":1}";
    unsigned char sealed[] = {1, 0, 2};
    struct channel channel = {.org = 1,
                              .kind = "webhook",
                              .enabled = enabled,
                              .config = config,
                              .secrets = sealed,
                              .secrets_len = 3,
                              .created_ms = 5,
                              .updated_ms = 6};
    text_copy(channel.name, sizeof(channel.name), name);
    int64_t id;
    ck_assert_int_eq(channels_add(db, &channel, &id), 0);
    return id;
}

static void add_item(struct db *db, int64_t channel, int64_t alert, const char *key, msec_t at)
{
    char message[] = "{}";
    struct outbox_item item = {.org = 1,
                               .channel_id = channel,
                               .alert_id = alert,
                               .event_id = 1,
                               .message = message,
                               .next_ms = at,
                               .created_ms = at};
    text_copy(item.idempotency_key, sizeof(item.idempotency_key), key);
    ck_assert_int_eq(outbox_add(db, &item), 0);
}

struct ids {
    int64_t at[16];
    int len;
};

static int note_id(int64_t id, void *arg)
{
    struct ids *ids = arg;
    ids->at[ids->len++] = id;
    return 0;
}

static struct ids due(struct db *db, int64_t channel, msec_t now, int limit)
{
    struct ids ids = {.len = 0};
    ck_assert_int_eq(
        outbox_due(db, &(struct outbox_question){channel, now, limit}, note_id, &ids), 0);
    return ids;
}

START_TEST(one_alert_keeps_its_order_and_others_go_on)
{
    struct db *db = state_test_open();
    int64_t channel = add_channel(db, "one", true), other = add_channel(db, "two", true);
    add_item(db, channel, 1, "a1-fired", 100);
    add_item(db, channel, 1, "a1-resolved", 110);
    add_item(db, channel, 2, "a2-fired", 120);
    add_item(db, other, 1, "other", 110);

    struct ids ids = due(db, channel, 1000, 10);
    ck_assert_int_eq(ids.len, 2);
    ck_assert_int_eq(ids.at[0], 1);
    ck_assert_int_eq(ids.at[1], 3);
    ck_assert_int_eq(due(db, channel, 1000, 1).len, 1);
    ck_assert_int_eq(due(db, channel, 99, 10).len, 0);

    /* The first is tried again later: its alert waits, the other does not. */
    ck_assert_int_eq(outbox_mark_retry(db, 1, "refused", 5000), 0);
    ids = due(db, channel, 1000, 10);
    ck_assert_int_eq(ids.len, 1);
    ck_assert_int_eq(ids.at[0], 3);
    msec_t next;
    ck_assert_int_eq(outbox_next_due(db, 1000, &next), 0);
    ck_assert_int_eq(next, 5000);

    ck_assert_int_eq(outbox_mark_delivered(db, 1, "ok", 5001), 0);
    ck_assert_int_eq(due(db, channel, 6000, 10).at[0], 2);
    ck_assert_int_eq(outbox_mark_failed(db, 2, "no", 6000), 0);
    ck_assert_int_eq(outbox_mark_delivered(db, 3, "ok", 6000), 0);
    ck_assert_int_eq(outbox_mark_retry(db, 3, "finished rows stay", 7000), 0);
    ck_assert_int_eq(due(db, channel, 9000, 10).len, 0);
    state_test_close(db);
}
END_TEST

START_TEST(the_same_key_is_queued_once)
{
    struct db *db = state_test_open();
    int64_t channel = add_channel(db, "one", true);
    add_item(db, channel, 1, "key", 100);
    add_item(db, channel, 1, "key", 200);
    int64_t count;
    ck_assert_int_eq(outbox_count_queued(db, &count), 0);
    ck_assert_int_eq(count, 1);

    struct outbox_item item;
    ck_assert_int_eq(outbox_find(db, 1, &item), 0);
    ck_assert_str_eq(item.idempotency_key, "key");
    ck_assert_str_eq(item.message, "{}");
    ck_assert_int_eq(item.created_ms, 100);
    outbox_item_deinit(&item);
    ck_assert_int_eq(outbox_mark_delivered(db, 1, "ok", 300), 0);
    ck_assert_int_eq(outbox_find(db, 1, &item), -ENOENT);
    state_test_close(db);
}
END_TEST

START_TEST(disabled_channels_are_not_due)
{
    struct db *db = state_test_open();
    int64_t on = add_channel(db, "on", true), off = add_channel(db, "off", false);
    add_item(db, off, 1, "off", 100);
    add_item(db, on, 1, "on", 100);
    struct ids ids = {.len = 0};
    ck_assert_int_eq(outbox_due_channels(db, 1000, note_id, &ids), 0);
    ck_assert_int_eq(ids.len, 1);
    ck_assert_int_eq(ids.at[0], on);

    ck_assert_int_eq(outbox_fail_channel(db, off, "switched off", 2000), 0);
    int64_t queued, failed;
    ck_assert_int_eq(outbox_count_channel(db, off, &queued, &failed), 0);
    ck_assert_int_eq(queued, 0);
    ck_assert_int_eq(failed, 1);

    ck_assert_int_eq(outbox_hold_channel(db, on, 3000), 0);
    ck_assert_int_eq(due(db, on, 2999, 10).len, 0);
    ck_assert_int_eq(due(db, on, 3000, 10).len, 1);
    add_item(db, on, 2, "queued meanwhile", 2000);
    ck_assert_int_eq(due(db, on, 2999, 10).len, 0);
    ck_assert_int_eq(due(db, on, 3000, 10).len, 2);
    ck_assert_int_eq(outbox_release_channel(db, on, 500), 0);
    ck_assert_int_eq(due(db, on, 500, 10).len, 2);
    add_item(db, on, 3, "queued after", 600);
    ck_assert_int_eq(due(db, on, 600, 10).len, 3);
    state_test_close(db);
}
END_TEST

static int note_delivery(const struct outbox_delivery *delivery, void *arg)
{
    int *count = arg;
    if ((*count)++ == 0) {
        ck_assert_str_eq(delivery->channel, "one");
        ck_assert_str_eq(delivery->state, "failed");
        ck_assert_str_eq(delivery->answer, "no");
        ck_assert_int_eq(delivery->attempts, 1);
        ck_assert_int_eq(delivery->finished_ms, 200);
    }
    return 0;
}

START_TEST(tells_what_became_of_an_alerts_messages)
{
    struct db *db = state_test_open();
    int64_t channel = add_channel(db, "one", true);
    add_item(db, channel, 7, "a", 100);
    add_item(db, channel, 7, "b", 100);
    outbox_mark_failed(db, 1, "no", 200);
    int count = 0;
    ck_assert_int_eq(outbox_each_of_alert(db, 1, 7, note_delivery, &count), 0);
    ck_assert_int_eq(count, 2);
    count = 0;
    ck_assert_int_eq(outbox_each_of_alert(db, 2, 7, note_delivery, &count), 0);
    ck_assert_int_eq(count, 0);

    int64_t removed;
    ck_assert_int_eq(outbox_prune(db, 200, 10, &removed), 0);
    ck_assert_int_eq(removed, 0);
    ck_assert_int_eq(state_test_count(db, "SELECT COUNT(*) FROM outbox"), 2);
    ck_assert_int_eq(outbox_prune(db, 201, 10, &removed), 0);
    ck_assert_int_eq(removed, 1);
    ck_assert_int_eq(state_test_count(db, "SELECT COUNT(*) FROM outbox"), 1);
    ck_assert_int_eq(channels_remove(db, 1, channel), 0);
    ck_assert_int_eq(state_test_count(db, "SELECT COUNT(*) FROM outbox"), 0);
    state_test_close(db);
}
END_TEST

START_TEST(channels_keep_what_they_are_given)
{
    struct db *db = state_test_open();
    int64_t id = add_channel(db, "one", true);
    struct channel channel;
    ck_assert_int_eq(channels_find(db, 2, id, &channel), -ENOENT);
    ck_assert_int_eq(channels_find(db, 1, id, &channel), 0);
    ck_assert_str_eq(channel.config, "{\"a\":1}");
    ck_assert_uint_eq(channel.secrets_len, 3);
    ck_assert_int_eq(channel.secrets[2], 2);

    int64_t two = add_channel(db, "two", true);
    text_copy(channel.name, sizeof(channel.name), "two");
    ck_assert_int_eq(channels_update(db, &channel), -EEXIST);
    text_copy(channel.name, sizeof(channel.name), "three");
    channel.enabled = false;
    ck_assert_int_eq(channels_update(db, &channel), 0);
    channel_deinit(&channel);

    int64_t ids[2];
    size_t count;
    ck_assert_int_eq(channels_enabled(db, 1, ids, 2, &count), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(ids[0], two);
    ck_assert_int_eq(channels_enabled(db, 1, ids, 0, &count), -E2BIG);

    ck_assert_int_eq(channels_note_failed(db, id, "refused", 50), 0);
    ck_assert_int_eq(channels_note_failed(db, id, "refused", 60), 0);
    ck_assert_int_eq(channels_load(db, id, &channel), 0);
    ck_assert_int_eq(channel.failures, 2);
    ck_assert_int_eq(channel.last_failed_ms, 60);
    ck_assert_str_eq(channel.last_error, "refused");
    channel_deinit(&channel);
    ck_assert_int_eq(channels_note_delivered(db, id, 70), 0);
    ck_assert_int_eq(channels_load(db, id, &channel), 0);
    ck_assert_int_eq(channel.failures, 0);
    ck_assert_str_eq(channel.last_error, "");
    channel_deinit(&channel);
    ck_assert_int_eq(channels_remove(db, 2, id), -ENOENT);
    ck_assert_int_eq(channels_remove(db, 1, id), 0);
    ck_assert_int_eq(channels_load(db, id, &channel), -ENOENT);
    state_test_close(db);
}
END_TEST

START_TEST(settings_are_texts_by_key)
{
    struct db *db = state_test_open();
    char value[8];
    ck_assert_int_eq(settings_get(db, 1, SETTING_PUBLIC_URL, value, sizeof(value)), 0);
    ck_assert_str_eq(value, "");
    ck_assert_int_eq(settings_put(db, 1, SETTING_PUBLIC_URL, "a"), 0);
    ck_assert_int_eq(settings_put(db, 1, SETTING_PUBLIC_URL, "seven c"), 0);
    ck_assert_int_eq(settings_get(db, 1, SETTING_PUBLIC_URL, value, sizeof(value)), 0);
    ck_assert_str_eq(value, "seven c");
    ck_assert_int_eq(settings_get(db, 2, SETTING_PUBLIC_URL, value, sizeof(value)), 0);
    ck_assert_str_eq(value, "");
    ck_assert_int_eq(settings_get(db, 1, SETTING_PUBLIC_URL, value, 7), 0 - ENOBUFS);
    state_test_close(db);
}
END_TEST

static int count_message(int64_t id, const char *message, void *arg)
{
    ck_assert_int_ge(id, 1);
    ck_assert_str_eq(message, "{}");
    (*(int *)arg)++;
    return 0;
}

START_TEST(a_digest_decides_for_what_it_tells_of)
{
    struct db *db = state_test_open();
    int64_t channel = add_channel(db, "one", true);
    for (int alert = 1; alert <= 4; alert++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", alert);
        add_item(db, channel, alert, key, 100);
    }
    add_item(db, channel, 2, "k5", 100);                             /* the end of alert 2 */
    ck_assert_int_eq(outbox_mark_retry(db, 1, "try again", 150), 0); /* not fresh any more */

    const struct outbox_question question = {channel, 200, 10};
    int64_t fresh;
    int visited = 0;
    ck_assert_int_eq(outbox_count_fresh(db, &question, &fresh), 0);
    ck_assert_int_eq(fresh, 4);
    ck_assert_int_eq(outbox_each_fresh(db, &question, count_message, &visited), 0);
    ck_assert_int_eq(visited, 4);

    add_item(db, channel, 0, "digest", 200); /* row 6, of no alert */
    ck_assert_int_eq(outbox_fold(db, &question, 4, "digest"), 0);
    struct ids ids = due(db, channel, 200, 10);
    ck_assert_int_eq(ids.len,
                     2); /* the one that is tried again, and the digest; 5 waits for 2 */
    ck_assert_int_eq(ids.at[0], 1);
    ck_assert_int_eq(ids.at[1], 6);

    ck_assert_int_eq(outbox_mark_retry(db, 6, "busy", 300), 0);
    ck_assert_int_eq(state_test_count(db, "SELECT COUNT(*) FROM outbox WHERE attempts = 1"), 5);
    ck_assert_int_eq(outbox_mark_delivered(db, 6, "ok", 400), 0);
    ck_assert_int_eq(
        state_test_count(db, "SELECT COUNT(*) FROM outbox WHERE state = 'delivered'"), 4);
    ids = due(db, channel, 400, 10);
    ck_assert_int_eq(ids.len, 2);
    ck_assert_int_eq(ids.at[1], 5);
    state_test_close(db);
}
END_TEST

UNIT_MAIN("outbox", one_alert_keeps_its_order_and_others_go_on, the_same_key_is_queued_once,
          disabled_channels_are_not_due, tells_what_became_of_an_alerts_messages,
          channels_keep_what_they_are_given, settings_are_texts_by_key,
          a_digest_decides_for_what_it_tells_of)
