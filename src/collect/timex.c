/* SPDX-License-Identifier: MIT */
/*
 * timex - is the clock synchronised, how far may it be off, and what is it made of.
 *
 * adjtimex(2) speaks of the live root only.
 */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define CLOCKSOURCES "sys/devices/system/clocksource"
#define MICROSECONDS 1e6
#define NANOSECONDS  1e9
#define PPM_16_FRAC  (1e6 * 65536)

static const struct metric offset_metric = {
    "node_timex_offset_seconds", "Time offset in between local system and reference clock.",
    METRIC_GAUGE};
static const struct metric frequency_metric = {
    "node_timex_frequency_adjustment_ratio", "Local clock frequency adjustment.", METRIC_GAUGE};
static const struct metric max_error_metric = {"node_timex_maxerror_seconds",
                                               "Maximum error in seconds.", METRIC_GAUGE};
static const struct metric error_metric = {"node_timex_estimated_error_seconds",
                                           "Estimated error in seconds.", METRIC_GAUGE};
static const struct metric status_metric = {"node_timex_status",
                                            "Value of the status array bits.", METRIC_GAUGE};
static const struct metric constant_metric = {"node_timex_loop_time_constant",
                                              "Phase-locked loop time constant.", METRIC_GAUGE};
static const struct metric tick_metric = {"node_timex_tick_seconds",
                                          "Seconds between clock ticks.", METRIC_GAUGE};
static const struct metric pps_frequency_metric = {"node_timex_pps_frequency_hertz",
                                                   "Pulse per second frequency.", METRIC_GAUGE};
static const struct metric pps_jitter_metric = {"node_timex_pps_jitter_seconds",
                                                "Pulse per second jitter.", METRIC_GAUGE};
static const struct metric pps_shift_metric = {
    "node_timex_pps_shift_seconds", "Pulse per second interval duration.", METRIC_GAUGE};
static const struct metric pps_stability_metric = {
    "node_timex_pps_stability_hertz",
    "Pulse per second stability, average of recent frequency changes.", METRIC_GAUGE};
static const struct metric pps_jitters_metric = {
    "node_timex_pps_jitter_total", "Pulse per second count of jitter limit exceeded events.",
    METRIC_COUNTER};
static const struct metric pps_calibrations_metric = {
    "node_timex_pps_calibration_total", "Pulse per second count of calibration intervals.",
    METRIC_COUNTER};
static const struct metric pps_errors_metric = {"node_timex_pps_error_total",
                                                "Pulse per second count of calibration errors.",
                                                METRIC_COUNTER};
static const struct metric pps_exceeded_metric = {
    "node_timex_pps_stability_exceeded_total",
    "Pulse per second count of stability limit exceeded events.", METRIC_COUNTER};
static const struct metric tai_metric = {
    "node_timex_tai_offset_seconds", "International Atomic Time (TAI) offset.", METRIC_GAUGE};
static const struct metric sync_metric = {
    "node_timex_sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
    METRIC_GAUGE};
static const struct metric zone_metric = {"node_time_zone_offset_seconds",
                                          "System time zone offset in seconds.", METRIC_GAUGE};
static const struct metric current_metric = {
    "node_time_clocksource_current_info",
    "Current clocksource read from '/sys/devices/system/clocksource'.", METRIC_GAUGE};
static const struct metric available_metric = {
    "node_time_clocksource_available_info",
    "Available clocksources read from '/sys/devices/system/clocksource'.", METRIC_GAUGE};

static void emit_timex(const struct emitter *out)
{
    struct timex timex = {0};
    int state = adjtimex(&timex);
    if (state < 0)
        return; /* not in every container */
    double unit = (timex.status & STA_NANO) != 0 ? NANOSECONDS : MICROSECONDS;
    const struct {
        const struct metric *metric;
        double value;
    } samples[] = {
        {&sync_metric, state != TIME_ERROR},
        {&offset_metric, (double)timex.offset / unit},
        {&frequency_metric, 1 + (double)timex.freq / PPM_16_FRAC},
        {&max_error_metric, (double)timex.maxerror / MICROSECONDS},
        {&error_metric, (double)timex.esterror / MICROSECONDS},
        {&status_metric, (double)timex.status},
        {&constant_metric, (double)timex.constant},
        {&tick_metric, (double)timex.tick / MICROSECONDS},
        {&pps_frequency_metric, (double)timex.ppsfreq / PPM_16_FRAC},
        {&pps_jitter_metric, (double)timex.jitter / unit},
        {&pps_shift_metric, (double)timex.shift},
        {&pps_stability_metric, (double)timex.stabil / PPM_16_FRAC},
        {&pps_jitters_metric, (double)timex.jitcnt},
        {&pps_calibrations_metric, (double)timex.calcnt},
        {&pps_errors_metric, (double)timex.errcnt},
        {&pps_exceeded_metric, (double)timex.stbcnt},
        {&tai_metric, (double)timex.tai},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        emit_value(out, samples[i].metric, samples[i].value);
}

static void emit_zone(const struct tick *tick, const struct emitter *out)
{
    time_t now = (time_t)(tick->wall_ms / 1000);
    struct tm local;
    if (localtime_r(&now, &local) != NULL && local.tm_zone != NULL)
        emit_labelled(out, &zone_metric, "time_zone", local.tm_zone, (double)local.tm_gmtoff);
}

static void emit_sources(struct host_root *root, const char *directory, const char *device,
                         const struct emitter *out)
{
    static const struct {
        const char *file;
        const struct metric *metric;
    } lists[] = {{"available_clocksource", &available_metric},
                 {"current_clocksource", &current_metric}};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        char line[256], name[64];
        struct slice word;
        if (!host_dir_text(root, directory, lists[i].file, line, sizeof(line)))
            continue;
        const char *at = line;
        while (text_next_word(&at, &word)) {
            const struct label labels[] = {{"clocksource", name}, {"device", device}};
            if (text_copy_slice(name, sizeof(name), word))
                out->emit(out->arg, lists[i].metric, labels, 2, 1);
        }
    }
}

static int timex_collect(struct source *source, const struct tick *tick,
                         const struct emitter *out)
{
    if (source->root->is_live) {
        emit_timex(out);
        emit_zone(tick, out);
    }
    struct host_dir devices;
    host_dir_read(source->root, CLOCKSOURCES, &devices);
    for (size_t i = 0; i < devices.len; i++) {
        char directory[320];
        const char *device = text_after(devices.names[i], "clocksource");
        snprintf(directory, sizeof(directory), CLOCKSOURCES "/%s", devices.names[i]);
        if (device != NULL)
            emit_sources(source->root, directory, device, out);
    }
    host_dir_deinit(&devices);
    return 0;
}

const struct collector timex_collector = {
    .name = "timex",
    .help = "Synchronisation of the clock and its sources, from adjtimex(2) and /sys.",
    .period_ms = 15 * MSEC_SECOND,
    .collect = timex_collect,
};
