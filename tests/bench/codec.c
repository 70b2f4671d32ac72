/* SPDX-License-Identifier: MIT */
/*
 * What the codecs of the store make of a matrix of doubles ([series][step], a step is 10 s):
 * bytes and nanoseconds for a sample, as JSON.
 *
 *     meson compile -C build codec_bench && build/src/store/codec_bench FILE STEPS [BLOCK...]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"
#include "store/block.h"
#include "store/block_values.h"
#include "store/run.h"

#define START_MS 1763600000000
#define STEP_MS  10000
#define REPEATS  3

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

struct tally {
    double n, bytes, encode_ns, decode_ns, part_ns, part_n;
};

static void fill(struct sample *samples, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        samples[i] = (struct sample){START_MS + (msec_t)i * STEP_MS, values[i]};
}

/* Best of a few: other programs run on this machine too. */
static double time_encode(const struct sample *samples, size_t n, struct buf *out)
{
    double best = HUGE_VAL;
    for (int i = 0; i < REPEATS; i++) {
        double start = now_ns();
        buf_reset(out);
        block_encode_values(samples, n, out);
        best = fmin(best, now_ns() - start);
    }
    return best;
}

static double time_decode(const struct block_times *times, struct block_bytes bytes,
                          msec_t from_ms, msec_t to_ms, struct sample_list *list)
{
    double best = HUGE_VAL;
    for (int i = 0; i < REPEATS; i++) {
        double start = now_ns();
        list->len = 0;
        if (block_read(times, bytes, from_ms, to_ms, list) != 0)
            abort();
        best = fmin(best, now_ns() - start);
    }
    return best;
}

static void measure_block(const double *values, size_t n, struct tally *tally)
{
    static struct sample_list list;
    static struct buf out;
    if (out.ceiling == 0)
        buf_init(&out, 64 << 20);
    struct sample *samples = malloc(n * sizeof(*samples));
    fill(samples, values, n);
    struct block_times times = {(uint32_t)n, START_MS, samples[n - 1].at_ms, STEP_MS, NULL};
    tally->encode_ns += time_encode(samples, n, &out);
    struct block_bytes bytes = {(const uint8_t *)out.data, out.len};
    tally->decode_ns += time_decode(&times, bytes, INT64_MIN, INT64_MAX, &list);
    if (list.len != n || memcmp(list.items, samples, n * sizeof(*samples)) != 0)
        abort();
    msec_t quarter = (msec_t)(n / 4) * STEP_MS;
    tally->part_ns +=
        time_decode(&times, bytes, START_MS + quarter, START_MS + 2 * quarter, &list);
    tally->part_n += (double)list.len;
    tally->n += (double)n;
    tally->bytes += (double)out.len;
    free(samples);
}

static const char *const kinds[] = {"constant", "sparse", "value", "line", "last", "all"};

static size_t kind_of(const double *values, size_t n)
{
    struct buf out;
    buf_init(&out, 64 << 20);
    struct sample *samples = malloc(n * sizeof(*samples));
    fill(samples, values, n);
    block_encode_values(samples, n, &out);
    const uint8_t *at = (const uint8_t *)out.data;
    while (*at++ & 0x80) {
    }
    size_t kind = *at <= VALUES_CONSTANT_MAX ? 0
                  : (*at & VALUES_SPARSE)    ? 1
                                             : 2 + (*at & VALUES_PREDICTOR);
    free(samples);
    buf_deinit(&out);
    return kind;
}

static void measure_blocks(const double *values, size_t n_series, size_t steps, size_t block)
{
    struct tally tallies[ARRAY_LEN(kinds)] = {0}, *all = &tallies[ARRAY_LEN(kinds) - 1];
    for (size_t i = 0; i < n_series; i++) {
        for (size_t at = 0; at + block <= steps; at += block) {
            const double *start = values + i * steps + at;
            measure_block(start, block, &tallies[kind_of(start, block)]);
        }
    }
    for (size_t i = 0; i + 1 < ARRAY_LEN(kinds); i++) {
        all->n += tallies[i].n;
        all->bytes += tallies[i].bytes;
        all->encode_ns += tallies[i].encode_ns;
        all->decode_ns += tallies[i].decode_ns;
        all->part_ns += tallies[i].part_ns;
        all->part_n += tallies[i].part_n;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct tally *t = &tallies[i];
        if (t->n > 0)
            printf("{\"block\":%zu,\"kind\":\"%s\",\"share\":%.3f,\"bytes_per_sample\":%.4f,"
                   "\"encode_ns\":%.1f,\"decode_ns\":%.2f,\"decode_quarter_ns\":%.2f}\n",
                   block, kinds[i], t->n / all->n, t->bytes / t->n, t->encode_ns / t->n,
                   t->decode_ns / t->n, t->part_ns / t->part_n);
    }
}

/* All series side by side, as they come in. */
static void measure_runs(const double *values, size_t n_series, size_t steps, size_t len)
{
    struct run *runs = calloc(n_series, sizeof(*runs));
    double *row = malloc(n_series * sizeof(*row));
    struct sample_list list = {0};
    double append_ns = 0, read_ns = 0, bytes = 0, memory = 0;
    for (size_t i = 0; i < len && i < steps; i++) {
        for (size_t series = 0; series < n_series; series++)
            row[series] = values[series * steps + i];
        double start = now_ns();
        for (size_t series = 0; series < n_series; series++)
            run_append(&runs[series],
                       (struct sample){START_MS + (msec_t)i * STEP_MS, row[series]});
        append_ns += now_ns() - start;
    }
    for (size_t series = 0; series < n_series; series++) {
        bytes += runs[series].len + runs[series].tail_len;
        memory += (double)run_memory(&runs[series]);
        double start = now_ns();
        list.len = 0;
        run_read(&runs[series], INT64_MIN, INT64_MAX, &list);
        read_ns += now_ns() - start;
        run_reset(&runs[series]);
    }
    double n = (double)(n_series * len);
    printf("{\"run\":%zu,\"bytes_per_sample\":%.3f,\"heap_bytes_per_series\":%.1f,"
           "\"append_ns\":%.1f,\"read_ns\":%.2f}\n",
           len, bytes / n, memory / (double)n_series, append_ns / n, read_ns / n);
    sample_list_deinit(&list);
    free(row);
    free(runs);
}

static double *read_matrix(const char *path, size_t steps, size_t *out_series)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    double *values = malloc(size);
    if (values == NULL || fread(values, 1, size, file) != size)
        exit(EXIT_FAILURE);
    fclose(file);
    *out_series = size / sizeof(*values) / steps;
    return values;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: codec_bench FILE STEPS [BLOCK...]\n");
        return 2;
    }
    size_t steps = strtoul(argv[2], NULL, 10), n_series;
    double *values = read_matrix(argv[1], steps, &n_series);
    measure_runs(values, n_series, steps, 20);
    measure_runs(values, n_series, steps, 120);
    for (int i = 3; i < argc; i++)
        measure_blocks(values, n_series, steps, strtoul(argv[i], NULL, 10));
    free(values);
    return 0;
}
