/* SPDX-License-Identifier: MIT */
#include "agent/self_metrics.h"

#include "base/clock.h"

#define NS_PER_SECOND 1e9

static const struct metric up = {"up", "1 while the agent runs.", METRIC_GAUGE};
static const struct metric build_info = {
    "sentora_agent_build_info", "1; the version of the agent is a label.", METRIC_GAUGE};
static const struct metric interval = {"sentora_agent_interval_seconds",
                                       "Time from one collection to the next.", METRIC_GAUGE};
static const struct metric collections = {"sentora_agent_collections_total",
                                          "Collections made.", METRIC_COUNTER};
static const struct metric skipped = {
    "sentora_agent_collections_skipped_total",
    "Collections left out because the one before ended too late.", METRIC_COUNTER};
static const struct metric collect_cpu = {"sentora_agent_collect_cpu_seconds_total",
                                          "CPU time used for collecting and packing.",
                                          METRIC_COUNTER};
static const struct metric cpu = {"sentora_agent_cpu_seconds_total",
                                  "CPU time used by the agent.", METRIC_COUNTER};
static const struct metric requests = {"sentora_agent_requests_total",
                                       "Requests to the server by outcome.", METRIC_COUNTER};
static const struct metric sent = {"sentora_agent_samples_sent_total",
                                   "Samples that the server took.", METRIC_COUNTER};
static const struct metric dropped = {"sentora_agent_samples_dropped_total",
                                      "Samples given up, by reason.", METRIC_COUNTER};
static const struct metric queue_bytes = {"sentora_agent_queue_bytes",
                                          "Packed samples waiting in memory.", METRIC_GAUGE};
static const struct metric spool_bytes = {"sentora_agent_spool_bytes",
                                          "Packed samples waiting on disk.", METRIC_GAUGE};
static const struct metric torn = {"sentora_agent_spool_torn_total",
                                   "Spool segments that were found damaged at their end.",
                                   METRIC_COUNTER};

static void emit(const struct emitter *out, const struct metric *metric, double value)
{
    out->emit(out->arg, metric, NULL, 0, value);
}

static void emit_labelled(const struct emitter *out, const struct metric *metric,
                          struct label label, double value)
{
    out->emit(out->arg, metric, &label, 1, value);
}

static void emit_sender(const struct self_state *state, const struct emitter *out)
{
    const struct sender_stats *sender = &state->sender;
    emit_labelled(out, &requests, (struct label){"outcome", "ok"}, (double)sender->requests_ok);
    emit_labelled(out, &requests, (struct label){"outcome", "refused"},
                  (double)sender->requests_refused);
    emit_labelled(out, &requests, (struct label){"outcome", "failed"},
                  (double)sender->requests_failed);
    emit(out, &sent, (double)sender->samples_sent);
    emit_labelled(out, &dropped, (struct label){"reason", "refused"},
                  (double)sender->samples_refused);
    emit_labelled(out, &dropped, (struct label){"reason", "memory"},
                  (double)sender->samples_dropped);
    emit_labelled(out, &dropped, (struct label){"reason", "spool_full"},
                  (double)state->spool.dropped_full);
    emit_labelled(out, &dropped, (struct label){"reason", "spool_age"},
                  (double)state->spool.dropped_age);
    emit_labelled(out, &dropped, (struct label){"reason", "unsendable"},
                  (double)state->samples_unsendable);
    emit(out, &queue_bytes, (double)sender->queue_bytes);
    emit(out, &spool_bytes, (double)state->spool.bytes);
    emit(out, &torn, (double)state->spool.torn);
}

void self_metrics_emit(const struct self_state *state, const struct emitter *out)
{
    emit(out, &up, 1);
    emit_labelled(out, &build_info, (struct label){"version", SENTORA_VERSION}, 1);
    emit(out, &interval, (double)state->interval / MSEC_SECOND);
    emit(out, &collections, (double)state->collections);
    emit(out, &skipped, (double)state->ticks_skipped);
    emit(out, &collect_cpu, (double)state->collect_cpu_ns / NS_PER_SECOND);
    emit(out, &cpu, (double)clock_cpu_ns() / NS_PER_SECOND);
    emit_sender(state, out);
}
