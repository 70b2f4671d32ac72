/* SPDX-License-Identifier: MIT */
/*
 * ingest - what the store's part of taking samples costs: names, look-up, memory and log, without
 * HTTP, protobuf and the door.
 *
 *     ingest_bench [HOSTS] [STEPS]: HOSTS x 200 series, a batch for each host and step
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "model/labels.h"
#include "store/store.h"

#define SERIES_PER_HOST 200
#define STEP_MS         10000

struct host {
    struct batch_series series[SERIES_PER_HOST];
    struct sample samples[SERIES_PER_HOST];
    struct buf labels;
};

static int64_t thread_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void make_host(struct host *host, int number)
{
    size_t ends[SERIES_PER_HOST];
    char instance[32], metric[48], device[32];
    buf_init(&host->labels, 1 << 20);
    snprintf(instance, sizeof(instance), "host-%05d.example.com", number);
    for (int i = 0; i < SERIES_PER_HOST; i++) {
        snprintf(metric, sizeof(metric), "node_metric_number_%d_bytes_total", i / 4);
        snprintf(device, sizeof(device), "device-%d", i % 4);
        labels_encode_pair(&host->labels, "__name__", metric);
        labels_encode_pair(&host->labels, "device", device);
        labels_encode_pair(&host->labels, "instance", instance);
        labels_encode_pair(&host->labels, "job", "node");
        ends[i] = host->labels.len;
    }
    for (size_t i = 0, at = 0; i < SERIES_PER_HOST; at = ends[i++])
        host->series[i] = (struct batch_series){
            .encoded = (const uint8_t *)host->labels.data + at,
            .encoded_len = (uint32_t)(ends[i] - at),
            .n_samples = 1,
            .samples = &host->samples[i],
        };
}

/* One step of all hosts: ns of this thread for each sample. */
static double step(struct store *store, struct host *hosts, int n_hosts, msec_t at_ms)
{
    int64_t spent = 0;
    for (int h = 0; h < n_hosts; h++) {
        struct host *host = &hosts[h];
        for (int i = 0; i < SERIES_PER_HOST; i++) {
            double grown = host->samples[i].value + (double)(i % 3) * (double)(1 + at_ms % 7);
            host->samples[i] = (struct sample){at_ms, grown};
        }
        struct batch batch = {1, host->series, SERIES_PER_HOST, SERIES_PER_HOST};
        struct store_refusals refusals;
        int64_t start = thread_cpu_ns();
        int error = store_append(store, &batch, &refusals);
        spent += thread_cpu_ns() - start;
        if (error != 0)
            fprintf(stderr, "not taken: %d\n", error);
    }
    return (double)spent / n_hosts / SERIES_PER_HOST;
}

int main(int argc, char **argv)
{
    int n_hosts = argc > 1 ? atoi(argv[1]) : 500, steps = argc > 2 ? atoi(argv[2]) : 60;
    char folder[] = "/tmp/sentora-ingest-XXXXXX", path[64], command[128];
    struct store_options options = store_defaults;
    struct store *store;
    struct problem problem = {0};
    if (n_hosts < 1 || mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof(path), "%s/store.db", folder);
    options.path = path;
    options.max_series_per_org = SIZE_MAX;
    if (store_open(&options, &store, &problem) != 0) {
        fprintf(stderr, "%s\n", problem.text);
        return 1;
    }
    struct host *hosts = memory_calloc((size_t)n_hosts, sizeof(*hosts));
    for (int h = 0; h < n_hosts; h++)
        make_host(&hosts[h], h);
    msec_t start_ms = clock_wall_ms() - (msec_t)steps * STEP_MS;
    double first = step(store, hosts, n_hosts, start_ms), rest = 0;
    for (int s = 1; s <= steps; s++)
        rest += step(store, hosts, n_hosts, start_ms + s * STEP_MS) / steps;
    store_close(store);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"series\": %d, \"first_sample_ns\": %.0f, \"sample_ns\": %.1f, "
           "\"peak_rss_mib\": %ld}\n",
           n_hosts * SERIES_PER_HOST, first, rest, usage.ru_maxrss / 1024);
    for (int h = 0; h < n_hosts; h++)
        buf_deinit(&hosts[h].labels);
    free(hosts);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 1;
}
