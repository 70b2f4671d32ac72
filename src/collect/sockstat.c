/* SPDX-License-Identifier: MIT */
/*
 * sockstat - sockets in use, by protocol.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/vec.h"
#include "collect/families.h"
#include "collect/registry.h"

#define PREFIX    "node_sockstat_"
#define SLOTS_MAX 128

static const struct metric used_metric = {"node_sockstat_sockets_used",
                                          "Number of IPv4 sockets in use.", METRIC_GAUGE};

static const char *const paths[] = {"proc/net/sockstat", "proc/net/sockstat6"};

struct sockstat_state {
    struct host_file files[ARRAY_LEN(paths)];
    struct families families;
    const struct metric *slots[SLOTS_MAX]; /* what was emitted there last time */
    size_t at;
};

/* Is it the family of "TCP" and "inuse"? */
static bool is_family(const struct metric *metric, struct slice protocol, const char *name)
{
    const char *key = metric->name + sizeof(PREFIX) - 1;
    return strncmp(key, protocol.data, protocol.len) == 0 && key[protocol.len] == '_' &&
           strcmp(key + protocol.len + 1, name) == 0;
}

static const struct metric *find_family(struct sockstat_state *state, struct slice protocol,
                                        const char *name)
{
    if (state->at == SLOTS_MAX)
        return NULL;
    const struct metric **slot = &state->slots[state->at++];
    if (*slot == NULL || !is_family(*slot, protocol, name)) {
        char full[128], help[128];
        snprintf(full, sizeof(full), PREFIX "%.*s_%s", (int)protocol.len, protocol.data, name);
        snprintf(help, sizeof(help), "Number of %.*s sockets in state %s.", (int)protocol.len,
                 protocol.data, name);
        *slot = families_get(&state->families, full, help, METRIC_GAUGE);
    }
    return *slot;
}

static void emit(struct sockstat_state *state, struct slice protocol, const char *name,
                 double value, const struct emitter *out)
{
    const struct metric *metric = find_family(state, protocol, name);
    if (metric != NULL)
        emit_value(out, metric, value);
}

/* "TCP: inuse 4 orphan 0 tw 4 alloc 17 mem 1" */
static void emit_line(struct sockstat_state *state, const char *line, const struct emitter *out)
{
    struct slice protocol, word;
    uint64_t count;
    if (!text_next_word(&line, &protocol) || protocol.len < 2)
        return;
    protocol.len--; /* the colon */
    while (text_next_word(&line, &word) && text_scan_u64(&line, &count)) {
        char name[32];
        if (!text_copy_slice(name, sizeof(name), word))
            continue;
        if (slice_is(protocol, "sockets"))
            emit_value(out, &used_metric, (double)count);
        else
            emit(state, protocol, name, (double)count, out);
        if (text_is(name, "mem"))
            emit(state, protocol, "mem_bytes", (double)count * (double)sysconf(_SC_PAGESIZE),
                 out);
    }
}

static int sockstat_collect(struct source *source, const struct tick *tick,
                            const struct emitter *out)
{
    (void)tick;
    struct sockstat_state *state = source->state;
    state->at = 0;
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        const char *line;
        int error = host_file_read(source->root, &state->files[i], &line);
        if (error != 0 && i == 0)
            failed = error; /* without IPv6 there is no second one */
        for (; error == 0 && *line != '\0'; line = next_line(line))
            emit_line(state, line, out);
    }
    return failed;
}

static void sockstat_setup(struct source *source)
{
    struct sockstat_state *state = source->state;
    families_init(&state->families);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        state->files[i] = HOST_FILE_WHOLE(paths[i]);
}

static void sockstat_teardown(struct source *source)
{
    struct sockstat_state *state = source->state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        host_file_close(&state->files[i]);
    families_deinit(&state->families);
}

const struct collector sockstat_collector = {
    .name = "sockstat",
    .help = "Sockets in use, from /proc/net/sockstat and sockstat6.",
    .state_size = sizeof(struct sockstat_state),
    .period_ms = 5 * MSEC_SECOND,
    .is_wanted = wants_network,
    .setup = sockstat_setup,
    .collect = sockstat_collect,
    .teardown = sockstat_teardown,
};
