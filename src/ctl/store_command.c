/* SPDX-License-Identifier: MIT */
/* store_command - `sentora store inspect` and `sentora store verify`: what the history is made of. */
#include <limits.h>
#include <stdint.h>

#include "base/file.h"
#include "base/json.h"
#include "ctl/answer.h"
#include "ctl/command.h"
#include "store/inspect.h"

#define AT(field) .offset = offsetof(struct ctl_settings, field)

#define JSON_MAX_BYTES ((size_t)64 * 1024 * 1024)

static const char *in_data(const struct ctl *ctl, char path[PATH_MAX])
{
    return file_join(path, PATH_MAX, ctl->settings.data, "store.db") ? path : "";
}

static double per(uint64_t bytes, uint64_t samples)
{
    return samples == 0 ? 0 : (double)bytes / (double)samples;
}

/* ---- for people ---- */

static void add_tier(struct table *table, const char *name,
                     const struct archive_tier_stats *tier)
{
    if (tier->packs == 0)
        return;
    table_add(table, "%s", name);
    table_add(table, "%llu", (unsigned long long)tier->packs);
    table_add(table, "%llu", (unsigned long long)tier->samples);
    table_add(table, "%llu", (unsigned long long)tier->bytes);
    table_add(table, "%.3f", per(tier->bytes, tier->samples));
    answer_add_time(table, tier->from_ms);
    answer_add_time(table, tier->to_ms);
}

static void print_tiers(const struct inspection *inspection)
{
    static const char *const titles[] = {"TIER",          ">PACKS", ">SAMPLES", ">BYTES",
                                         ">BYTES/SAMPLE", "FROM",   "TO"};
    const struct archive_stats *archive = &inspection->archive;
    struct table table;
    table_init(&table, titles, ARRAY_LEN(titles));
    for (int i = 0; i < TIER_COUNT; i++)
        add_tier(&table, archive_tier_names[i], &archive->tiers[i]);
    for (int i = 0; i < ARCHIVE_LEVELS; i++) {
        char name[32];
        snprintf(name, sizeof(name), "  raw, level %d", i);
        add_tier(&table, name, &archive->levels[i]);
    }
    table_print(&table, stdout);
    table_deinit(&table);
}

static void print_counts(const char *title, const struct inspect_counts *counts, int64_t limit,
                         bool with_values)
{
    const char *titles[] = {title, ">SERIES", ">VALUES"};
    size_t n = MIN_OF(counts->items.len, (size_t)limit);
    struct table table;
    if (n == 0)
        return;
    table_init(&table, titles, with_values ? 3 : 2);
    for (size_t i = 0; i < n; i++) {
        const struct inspect_count *count = counts->items.items[i];
        table_add(&table, "%s", count->name);
        table_add(&table, "%llu", (unsigned long long)count->series);
        if (with_values)
            table_add(&table, "%llu", (unsigned long long)count->values);
    }
    putchar('\n');
    table_print(&table, stdout);
    table_deinit(&table);
    if (n < counts->items.len)
        printf("and %zu more\n", counts->items.len - n);
}

static uint64_t total_samples(const struct inspection *inspection)
{
    return inspection->archive.tiers[TIER_RAW].samples + inspection->log_samples;
}

static uint64_t total_bytes(const struct inspection *inspection)
{
    const struct archive_stats *archive = &inspection->archive;
    return archive->file_bytes + archive->wal_bytes + inspection->log_bytes;
}

static void print_inspection(const struct inspection *inspection, int64_t limit)
{
    const struct archive_stats *archive = &inspection->archive;
    uint64_t samples = total_samples(inspection), bytes = total_bytes(inspection);
    printf("%llu series, %llu raw samples, %llu bytes on disk: %.3f bytes per sample with "
           "everything\n",
           (unsigned long long)inspection->series, (unsigned long long)samples,
           (unsigned long long)bytes, per(bytes, samples));
    printf("store.db %llu bytes (%llu free), its WAL %llu; log %llu bytes in %llu segments, "
           "%llu samples\n\n",
           (unsigned long long)archive->file_bytes, (unsigned long long)archive->free_bytes,
           (unsigned long long)archive->wal_bytes, (unsigned long long)inspection->log_bytes,
           (unsigned long long)inspection->log_segments,
           (unsigned long long)inspection->log_samples);
    print_tiers(inspection);
    print_counts("METRIC", &inspection->metrics, limit, false);
    print_counts("HOST", &inspection->hosts, limit, false);
    print_counts("LABEL", &inspection->labels, limit, true);
}

/* ---- for programs ---- */

static void write_tier(struct json *json, const char *name,
                       const struct archive_tier_stats *tier)
{
    json_object_begin(json);
    json_field_string(json, "name", name);
    json_field_int(json, "packs", (int64_t)tier->packs);
    json_field_int(json, "samples", (int64_t)tier->samples);
    json_field_int(json, "bytes", (int64_t)tier->bytes);
    json_field_int(json, "from_ms", tier->packs == 0 ? 0 : tier->from_ms);
    json_field_int(json, "to_ms", tier->packs == 0 ? 0 : tier->to_ms);
    json_object_end(json);
}

static void write_counts(struct json *json, const char *key,
                         const struct inspect_counts *counts, int64_t limit)
{
    json_key(json, key);
    json_array_begin(json);
    for (size_t i = 0; i < MIN_OF(counts->items.len, (size_t)limit); i++) {
        const struct inspect_count *count = counts->items.items[i];
        json_object_begin(json);
        json_field_string(json, "name", count->name);
        json_field_int(json, "series", (int64_t)count->series);
        if (count->values > 0)
            json_field_int(json, "values", (int64_t)count->values);
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_tiers(struct json *json, const struct archive_stats *archive)
{
    json_key(json, "tiers");
    json_array_begin(json);
    for (int i = 0; i < TIER_COUNT; i++)
        write_tier(json, archive_tier_names[i], &archive->tiers[i]);
    json_array_end(json);
    json_key(json, "raw_levels");
    json_array_begin(json);
    for (int i = 0; i < ARCHIVE_LEVELS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        if (archive->levels[i].packs > 0)
            write_tier(json, name, &archive->levels[i]);
    }
    json_array_end(json);
}

static void write_inspection(const struct inspection *inspection, int64_t limit,
                             struct buf *out)
{
    const struct archive_stats *archive = &inspection->archive;
    struct json json;
    json_init(&json, out);
    json_object_begin(&json);
    json_field_int(&json, "series", (int64_t)inspection->series);
    json_field_int(&json, "raw_samples", (int64_t)total_samples(inspection));
    json_field_int(&json, "bytes", (int64_t)total_bytes(inspection));
    json_field_double(&json, "bytes_per_sample",
                      per(total_bytes(inspection), total_samples(inspection)));
    json_field_int(&json, "file_bytes", (int64_t)archive->file_bytes);
    json_field_int(&json, "free_bytes", (int64_t)archive->free_bytes);
    json_field_int(&json, "wal_bytes", (int64_t)archive->wal_bytes);
    json_field_int(&json, "log_segments", (int64_t)inspection->log_segments);
    json_field_int(&json, "log_bytes", (int64_t)inspection->log_bytes);
    json_field_int(&json, "log_samples", (int64_t)inspection->log_samples);
    json_field_int(&json, "losses", (int64_t)(archive->losses + inspection->log_damaged));
    write_tiers(&json, archive);
    write_counts(&json, "metrics", &inspection->metrics, limit);
    write_counts(&json, "hosts", &inspection->hosts, limit);
    write_counts(&json, "labels", &inspection->labels, limit);
    json_object_end(&json);
}

static int run_inspect(struct ctl *ctl)
{
    char path[PATH_MAX];
    struct inspection inspection;
    struct problem problem = {0};
    if (inspect_store(in_data(ctl, path), &inspection, &problem) != 0)
        return ctl_fail("%s", problem.text);
    if (ctl->settings.json) {
        struct buf out;
        buf_init(&out, JSON_MAX_BYTES);
        write_inspection(&inspection, ctl->settings.limit, &out);
        puts(buf_text(&out));
        buf_deinit(&out);
    } else {
        print_inspection(&inspection, ctl->settings.limit);
    }
    uint64_t losses = inspection.archive.losses + inspection.log_damaged;
    inspection_deinit(&inspection);
    if (losses > 0)
        return ctl_fail("%llu places are damaged; `sentora store verify` names them",
                        (unsigned long long)losses);
    return CTL_FINE;
}

/* ---- verify ---- */

static void print_loss(const struct archive_loss *loss, void *arg)
{
    (void)arg;
    printf("damaged: %s, shard %u", loss->what, loss->shard);
    if (loss->pack != 0)
        printf(", pack %lld", (long long)loss->pack);
    if (loss->tier < TIER_COUNT)
        printf(", tier %s", archive_tier_names[loss->tier]);
    if (loss->from_series <= loss->to_series)
        printf(", series %u to %u", loss->from_series, loss->to_series);
    if (loss->from_ms <= loss->to_ms && loss->from_ms != INT64_MIN) {
        char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
        printf(", %s to %s", clock_format_rfc3339(loss->from_ms, from),
               clock_format_rfc3339(loss->to_ms, to));
    }
    putchar('\n');
}

static int run_verify(struct ctl *ctl)
{
    char path[PATH_MAX];
    size_t losses = 0;
    struct problem problem = {0};
    if (archive_verify(in_data(ctl, path), print_loss, NULL, &losses, &problem) != 0)
        return ctl_fail("%s", problem.text);
    if (losses > 0)
        return ctl_fail("%zu places are damaged; everything else is served", losses);
    puts("Every checksum is right.");
    return CTL_FINE;
}

static const struct option inspect_options[] = {
    {.type = OPTION_INT,
     .flag = "--limit",
     .value_name = "N",
     .preset = "10",
     .min = 1,
     .max = 1000000,
     .help = "no more than so many metrics, hosts and labels, those with the most series",
     AT(limit)},
    {.help = NULL},
};

static const struct option verify_options[] = {{.help = NULL}};

const struct command store_inspect_command = {
    .name = "store inspect",
    .args = "",
    .summary = "Say what the history is made of, and what makes it large",
    .help =
        "Reads the files in the data directory only; the server may run. Levels are those of\n"
        "merging: a pack is written at 0 and ends as one of a day.",
    .options = inspect_options,
    .run = run_inspect,
};

const struct command store_verify_command = {
    .name = "store verify",
    .args = "",
    .summary = "Read all of the history and check every checksum",
    .help = "Reads the files only; the server may run.",
    .options = verify_options,
    .run = run_verify,
};
