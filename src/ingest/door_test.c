/* SPDX-License-Identifier: MIT */
/* Who may write what, which hosts are made, and whom the news is about. */
#include "ingest/door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "unit.h"

#define ORG    1
#define WEB_ID 11
#define DB_ID  12

struct bench {
    char path[96];
    struct store *store;
    struct directory *directory;
    struct door *door;
    struct arena arena;
    struct batch batch;
    struct batch_series series[16];
    struct sample samples[16];
    char news[512]; /* "web:2 db:1 ", in the order it came */
    char adopted[256];
    int64_t next_id; /* of an adopted host; 0 = none can be added */
};

static void arrived(void *arg, const struct arrival *arrival)
{
    struct bench *bench = arg;
    size_t len = strlen(bench->news);
    ck_assert_int_eq(arrival->org, ORG);
    for (size_t i = 0; i < arrival->n_series; i++)
        ck_assert_ptr_nonnull(arrival->series[i].encoded);
    ck_assert_int_le(arrival->newest_ms, arrival->received_ms);
    snprintf(bench->news + len, sizeof(bench->news) - len, "%s:%zu ", arrival->host_name,
             arrival->n_series);
}

static int64_t adopt(void *arg, org_id org, const char *name)
{
    struct bench *bench = arg;
    size_t len = strlen(bench->adopted);
    snprintf(bench->adopted + len, sizeof(bench->adopted) - len, "%s ", name);
    if (bench->next_id == 0)
        return 0;
    directory_add(bench->directory, org, bench->next_id, name);
    return bench->next_id++;
}

static void open_bench(struct bench *bench)
{
    char folder[64];
    unit_make_folder(folder, sizeof(folder));
    *bench = (struct bench){.next_id = 100};
    snprintf(bench->path, sizeof(bench->path), "%s/series.db", folder);
    struct store_options options = store_defaults;
    options.path = bench->path;
    struct problem problem = {0};
    ck_assert_msg(store_open(&options, &bench->store, &problem) == 0, "%s", problem.text);
    bench->directory = directory_new();
    directory_add(bench->directory, ORG, WEB_ID, "web");
    directory_add(bench->directory, ORG, DB_ID, "db");
    const struct door_sink sink = {arrived, adopt, bench};
    bench->door = door_new(bench->store, bench->directory, &sink);
    arena_init(&bench->arena, 1 << 20);
}

static void close_bench(struct bench *bench)
{
    door_free(bench->door);
    directory_free(bench->directory);
    store_close(bench->store);
    arena_deinit(&bench->arena);
}

/* A series with one sample; NULL = without that label. */
static void add(struct bench *bench, const char *metric, const char *instance, const char *job)
{
    struct buf text;
    buf_init(&text, 4096);
    labels_encode_pair(&text, LABEL_METRIC_NAME, metric);
    if (instance != NULL)
        labels_encode_pair(&text, LABEL_INSTANCE, instance);
    if (job != NULL)
        labels_encode_pair(&text, LABEL_JOB, job);
    size_t at = bench->batch.n_series++;
    ck_assert_uint_lt(at, ARRAY_LEN(bench->series));
    bench->samples[at] = (struct sample){clock_wall_ms() - 1000, 1};
    bench->series[at] =
        (struct batch_series){.encoded = arena_memdup(&bench->arena, text.data, text.len),
                              .encoded_len = (uint32_t)text.len,
                              .n_samples = 1,
                              .samples = &bench->samples[at]};
    bench->batch.series = bench->series;
    bench->batch.n_samples++;
    buf_deinit(&text);
}

static int deliver(struct bench *bench, unsigned rights, int64_t host_id,
                   struct door_outcome *out_outcome)
{
    const struct principal who = {.org = ORG, .rights = rights, .host_id = host_id};
    bench->news[0] = bench->adopted[0] = '\0';
    int error = door_accept(bench->door, &who, &bench->batch, out_outcome);
    bench->batch = (struct batch){0};
    return error;
}

static uint64_t stored(const struct bench *bench)
{
    struct store_stats stats;
    store_stats(bench->store, &stats);
    return stats.series;
}

START_TEST(news_goes_by_runs_of_neighbours)
{
    struct bench bench;
    struct door_outcome outcome;
    open_bench(&bench);
    add(&bench, "cpu", "web", "node");
    add(&bench, "load", "web", "node");
    add(&bench, "cpu", "db", "node");
    add(&bench, "up", NULL, NULL);
    add(&bench, "mem", "web", "other");
    add(&bench, "cpu", "stranger", "other");
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST, 0, &outcome), 0);
    ck_assert_str_eq(bench.news, "web:2 db:1 web:1 ");
    ck_assert_str_eq(bench.adopted, "");
    ck_assert_uint_eq(outcome.foreign, 0);
    ck_assert_uint_eq(stored(&bench), 6); /* what belongs to no host is stored as well */
    close_bench(&bench);
}
END_TEST

START_TEST(a_host_writes_only_itself)
{
    struct bench bench;
    struct door_outcome outcome;
    struct door_stats stats;
    open_bench(&bench);
    add(&bench, "cpu", "db", "node");
    add(&bench, "cpu", "web", "node");
    add(&bench, "cpu", "webb", "node");
    add(&bench, "cpu", NULL, "node");
    add(&bench, "load", "web", "node");
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST_HOST, WEB_ID, &outcome), 0);
    ck_assert_str_eq(bench.news, "web:2 ");
    ck_assert_uint_eq(outcome.foreign, 3);
    ck_assert_ptr_nonnull(strstr(outcome.refusals.detail, "instance=\"web\""));
    ck_assert_uint_eq(stored(&bench), 2);

    add(&bench, "cpu", "db", "node");
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST_HOST, WEB_ID, &outcome), -EACCES);
    ck_assert_uint_eq(outcome.foreign, 1);
    add(&bench, "cpu", "web", "node");
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST_HOST, 99, &outcome), -EACCES); /* deleted */
    add(&bench, "cpu", "web", "node");
    ck_assert_int_eq(deliver(&bench, RIGHT_READ | RIGHT_CONFIGURE, 0, &outcome), -EACCES);
    ck_assert_str_eq(bench.news, "");
    door_stats(bench.door, &stats);
    ck_assert_uint_eq(stats.batches, 1);
    ck_assert_uint_eq(stats.series_foreign, 4);
    close_bench(&bench);
}
END_TEST

START_TEST(new_hosts_are_made_of_node_series_alone)
{
    struct bench bench;
    struct door_outcome outcome;
    struct door_stats stats;
    char long_name[HOST_NAME_MAX_BYTES + 2];
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    open_bench(&bench);
    add(&bench, "cpu", "new", "node");
    add(&bench, "load", "new", "node");
    add(&bench, "cpu", "exporter", "mysql");
    add(&bench, "cpu", "jobless", NULL);
    add(&bench, "cpu", long_name, "node");
    add(&bench, "cpu", "web", "node");
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST | RIGHT_ENROL, 0, &outcome), 0);
    ck_assert_str_eq(bench.adopted, "new ");
    ck_assert_str_eq(bench.news, "new:2 web:1 ");

    add(&bench, "cpu", "other", "node"); /* may write, may not add */
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST, 0, &outcome), 0);
    ck_assert_str_eq(bench.adopted, "");
    bench.next_id = 0; /* no room: stored, but nobody's */
    add(&bench, "cpu", "third", "node");
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST | RIGHT_ENROL, 0, &outcome), 0);
    ck_assert_str_eq(bench.adopted, "third ");
    ck_assert_str_eq(bench.news, "");
    door_stats(bench.door, &stats);
    ck_assert_uint_eq(stats.hosts_adopted, 1);
    close_bench(&bench);
}
END_TEST

/* Encoded labels as an attacker's decoder might hand them over. */
START_TEST(malformed_labels_are_refused_and_told_of)
{
    static const uint8_t bad[][6] = {
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0}, {5, 'a'}, {1, 'a', 9, 'b'}};
    struct bench bench;
    struct door_outcome outcome;
    open_bench(&bench);
    add(&bench, "cpu", "web", "node");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        add(&bench, "cpu", "web", "node");
        bench.series[bench.batch.n_series - 1].encoded = bad[i];
        bench.series[bench.batch.n_series - 1].encoded_len = sizeof(bad[i]);
    }
    ck_assert_int_eq(deliver(&bench, RIGHT_INGEST | RIGHT_ENROL, 0, &outcome), 0);
    ck_assert_uint_eq(outcome.refusals.bad_labels, ARRAY_LEN(bad));
    ck_assert_str_ne(outcome.refusals.detail, "");
    ck_assert_str_eq(bench.news, "web:1 ");
    ck_assert_str_eq(bench.adopted, "");
    close_bench(&bench);
}
END_TEST

UNIT_MAIN("door", news_goes_by_runs_of_neighbours, a_host_writes_only_itself,
          new_hosts_are_made_of_node_series_alone, malformed_labels_are_refused_and_told_of)
