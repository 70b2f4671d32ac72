/* SPDX-License-Identifier: MIT */
#include "agent/self_metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char seen[8192];

static void note(void *arg, const struct metric *metric, const struct label *labels,
                 size_t n_labels, double value)
{
    char line[256];
    (void)arg;
    (void)snprintf(line, sizeof(line), "%s%s%s %g\n", metric->name, n_labels > 0 ? " " : "",
                   n_labels > 0 ? labels[0].value : "", value);
    ck_assert_uint_lt(strlen(seen) + strlen(line), sizeof(seen));
    strcat(seen, line);
    ck_assert_ptr_nonnull(metric->help);
    bool is_total = strstr(metric->name, "_total") != NULL;
    ck_assert_int_eq(metric->type == METRIC_COUNTER, is_total);
}

START_TEST(says_everything_about_itself)
{
    struct self_state state = {
        .interval = 2500,
        .collections = 7,
        .ticks_skipped = 1,
        .collect_cpu_ns = 1500000000,
        .samples_unsendable = 2,
        .sender = {.requests_ok = 3,
                   .requests_refused = 4,
                   .requests_failed = 5,
                   .samples_sent = 600,
                   .samples_refused = 8,
                   .samples_dropped = 9,
                   .queue_bytes = 10},
        .spool = {.bytes = 11, .dropped_full = 12, .dropped_age = 13, .torn = 14}};
    const struct emitter out = {note, NULL};
    seen[0] = '\0';
    self_metrics_emit(&state, &out);
    static const char *const lines[] = {"up 1\n",
                                        "sentora_agent_build_info " SENTORA_VERSION " 1\n",
                                        "sentora_agent_interval_seconds 2.5\n",
                                        "sentora_agent_collections_total 7\n",
                                        "sentora_agent_collections_skipped_total 1\n",
                                        "sentora_agent_collect_cpu_seconds_total 1.5\n",
                                        "sentora_agent_requests_total ok 3\n",
                                        "sentora_agent_requests_total refused 4\n",
                                        "sentora_agent_requests_total failed 5\n",
                                        "sentora_agent_samples_sent_total 600\n",
                                        "sentora_agent_samples_dropped_total refused 8\n",
                                        "sentora_agent_samples_dropped_total memory 9\n",
                                        "sentora_agent_samples_dropped_total spool_full 12\n",
                                        "sentora_agent_samples_dropped_total spool_age 13\n",
                                        "sentora_agent_samples_dropped_total unsendable 2\n",
                                        "sentora_agent_queue_bytes 10\n",
                                        "sentora_agent_spool_bytes 11\n",
                                        "sentora_agent_spool_torn_total 14\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ck_assert_msg(strstr(seen, lines[i]) != NULL, "%s in\n%s", lines[i], seen);
}
END_TEST

UNIT_MAIN("self_metrics", says_everything_about_itself)
