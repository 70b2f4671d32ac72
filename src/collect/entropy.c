/* SPDX-License-Identifier: MIT */
/*
 * entropy - how many random bits the kernel holds ready.  Containers often hide the files,
 * which is no problem.
 */
#include "base/text.h"
#include "collect/registry.h"

static const struct field {
    const char *path;
    struct metric metric;
} fields[] = {
    {"proc/sys/kernel/random/entropy_avail",
     {"node_entropy_available_bits", "Bits of available entropy.", METRIC_GAUGE}},
    {"proc/sys/kernel/random/poolsize",
     {"node_entropy_pool_size_bits", "Bits of entropy pool.", METRIC_GAUGE}},
};

struct entropy_state {
    struct host_file files[ARRAY_LEN(fields)];
};

static int entropy_collect(struct source *source, const struct tick *tick,
                           const struct emitter *out)
{
    (void)tick;
    struct entropy_state *state = source->state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *at;
        uint64_t bits;
        if (host_file_read(source->root, &state->files[i], &at) == 0 &&
            text_scan_u64(&at, &bits))
            emit_value(out, &fields[i].metric, (double)bits);
    }
    return 0;
}

static void entropy_setup(struct source *source)
{
    struct entropy_state *state = source->state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        state->files[i] = HOST_FILE_WHOLE(fields[i].path);
}

static void entropy_teardown(struct source *source)
{
    struct entropy_state *state = source->state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        host_file_close(&state->files[i]);
}

const struct collector entropy_collector = {
    .name = "entropy",
    .help = "Random bits in the kernel's pool, from /proc/sys/kernel/random.",
    .state_size = sizeof(struct entropy_state),
    .setup = entropy_setup,
    .collect = entropy_collect,
    .teardown = entropy_teardown,
};
