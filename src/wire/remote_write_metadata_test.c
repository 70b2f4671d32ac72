/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "unit.h"
#include "wire/remote_write.h"

struct seen {
    size_t count;
    struct {
        char metric[512], help[2048], unit[128];
        enum metadata_type type;
    } items[4];
};

static void note(void *arg, const struct metadata *metadata)
{
    struct seen *seen = arg;
    ck_assert_uint_lt(seen->count, ARRAY_LEN(seen->items));
    snprintf(seen->items[seen->count].metric, 512, "%s", metadata->metric);
    snprintf(seen->items[seen->count].help, 2048, "%s", metadata->help);
    snprintf(seen->items[seen->count].unit, 128, "%s", metadata->unit);
    seen->items[seen->count++].type = metadata->type;
}

START_TEST(reads_what_it_wrote)
{
    struct buf body;
    buf_init(&body, 1 << 16);
    const struct metadata two[] = {
        {.metric = "a_total", .help = "All a.", .unit = "bytes", .type = METADATA_COUNTER},
        {.metric = "b", .help = "", .unit = "", .type = METADATA_UNKNOWN}};
    for (size_t i = 0; i < ARRAY_LEN(two); i++)
        ck_assert_int_eq(remote_write_encode_metadata(&two[i], &body), 0);
    struct seen seen = {0};
    remote_write_metadata(body.data, body.len, note, &seen);
    ck_assert_uint_eq(seen.count, 2);
    ck_assert_str_eq(seen.items[0].metric, "a_total");
    ck_assert_str_eq(seen.items[0].help, "All a.");
    ck_assert_str_eq(seen.items[0].unit, "bytes");
    ck_assert_int_eq(seen.items[0].type, METADATA_COUNTER);
    ck_assert_str_eq(seen.items[1].metric, "b");
    ck_assert_str_eq(seen.items[1].help, "");

    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct batch batch = {0};
    struct problem problem;
    ck_assert_int_eq(remote_write_decode(body.data, body.len, &arena, &batch, &problem), 0);
    ck_assert(batch.has_metadata);
    ck_assert_uint_eq(batch.n_series, 0);
    arena_deinit(&arena);
    buf_deinit(&body);
}
END_TEST

START_TEST(every_beginning_and_every_flip_is_survived)
{
    struct buf body;
    buf_init(&body, 1 << 16);
    const struct metadata one = {"metric", "Help.", "seconds", METADATA_GAUGE};
    ck_assert_int_eq(remote_write_encode_metadata(&one, &body), 0);
    for (size_t len = 0; len <= body.len; len++) {
        struct seen seen = {0};
        char *exact = malloc(len + 1);
        memcpy(exact, body.data, len);
        remote_write_metadata(exact, len, note, &seen);
        ck_assert_uint_eq(seen.count, len == body.len);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            seen.count = 0;
            exact[bit / 8] ^= (char)(1 << bit % 8);
            remote_write_metadata(exact, len, note, &seen);
            exact[bit / 8] ^= (char)(1 << bit % 8);
        }
        free(exact);
    }
    buf_deinit(&body);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
    static char help[5001];
    for (size_t i = 0; i < 2500; i++)
        memcpy(help + 2 * i, "\xc3\xa4", 2);
    struct buf body;
    buf_init(&body, 1 << 16);
    const struct metadata one = {"metric", help, "", METADATA_STATESET};
    ck_assert_int_eq(remote_write_encode_metadata(&one, &body), 0);
    struct seen seen = {0};
    remote_write_metadata(body.data, body.len, note, &seen);
    ck_assert_uint_eq(seen.count, 1);
    size_t len = strlen(seen.items[0].help);
    ck_assert_uint_eq(len % 2, 0);
    ck_assert_uint_gt(len, 2000);
    buf_deinit(&body);
}
END_TEST

UNIT_MAIN("remote_write_metadata", reads_what_it_wrote,
          every_beginning_and_every_flip_is_survived, long_texts_are_cut_between_characters)
