/* SPDX-License-Identifier: MIT */
/*
 * pressure - how long tasks waited for CPU, memory and I/O.
 *
 * "some" is time in which at least one task waited, "full" in which none could go on.  Kernels
 * without PSI, or with it switched off, lack the files or refuse to read them: no pressure is
 * told then, and that is no problem.
 */
#include <errno.h>

#include "base/text.h"
#include "collect/registry.h"

#define MICROSECONDS 1e6

static const struct resource {
    const char *path;
    struct metric some, full; /* a family without a name is not published */
} resources[] = {
    {"proc/pressure/cpu",
     {"node_pressure_cpu_waiting_seconds_total",
      "Total time in seconds that processes have waited for CPU time", METRIC_COUNTER},
     {NULL}},
    {"proc/pressure/io",
     {"node_pressure_io_waiting_seconds_total",
      "Total time in seconds that processes have waited due to IO congestion", METRIC_COUNTER},
     {"node_pressure_io_stalled_seconds_total",
      "Total time in seconds no process could make progress due to IO congestion",
      METRIC_COUNTER}},
    {"proc/pressure/memory",
     {"node_pressure_memory_waiting_seconds_total",
      "Total time in seconds that processes have waited for memory", METRIC_COUNTER},
     {"node_pressure_memory_stalled_seconds_total",
      "Total time in seconds no process could make progress due to memory congestion",
      METRIC_COUNTER}},
};

struct pressure_state {
    struct host_file files[ARRAY_LEN(resources)];
};

/* "some avg10=0.18 avg60=0.34 avg300=0.10 total=159886802" */
static void emit_line(const struct metric *metric, const char *line, const struct emitter *out)
{
    struct slice word;
    uint64_t total;
    while (text_next_word(&line, &word)) {
        const char *at = text_after(word.data, "total=");
        if (at != NULL && text_scan_u64(&at, &total))
            emit_value(out, metric, (double)total / MICROSECONDS);
    }
}

static int pressure_collect(struct source *source, const struct tick *tick,
                            const struct emitter *out)
{
    (void)tick;
    struct pressure_state *state = source->state;
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        const char *line;
        if (host_file_read(source->root, &state->files[i], &line) != 0)
            continue;
        for (; *line != '\0'; line = next_line(line)) {
            if (text_has_prefix(line, "some "))
                emit_line(&resources[i].some, line, out);
            else if (text_has_prefix(line, "full ") && resources[i].full.name != NULL)
                emit_line(&resources[i].full, line, out);
        }
    }
    return 0;
}

static void pressure_setup(struct source *source)
{
    struct pressure_state *state = source->state;
    for (size_t i = 0; i < ARRAY_LEN(resources); i++)
        state->files[i] = HOST_FILE_WHOLE(resources[i].path);
}

static void pressure_teardown(struct source *source)
{
    struct pressure_state *state = source->state;
    for (size_t i = 0; i < ARRAY_LEN(resources); i++)
        host_file_close(&state->files[i]);
}

const struct collector pressure_collector = {
    .name = "pressure",
    .help = "Time lost waiting for CPU, memory and I/O, from /proc/pressure.",
    .state_size = sizeof(struct pressure_state),
    .is_wanted = wants_cpu,
    .setup = pressure_setup,
    .collect = pressure_collect,
    .teardown = pressure_teardown,
};
