/* SPDX-License-Identifier: MIT */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/describe.h"
#include "agent/footprint.h"
#include "agent/report.h"
#include "agent/sampler.h"
#include "agent/schedule.h"
#include "agent/self_metrics.h"
#include "agent/sender.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/service.h"

#define JOB                "node"
#define FLUSH_TIME         (3 * MSEC_SECOND)  /* at the end, for what is queued */
#define ONCE_WINDOW        MSEC_SECOND        /* rates are over this */
#define ONCE_TIME          (30 * MSEC_SECOND) /* for --once in total */
#define SPOOL_SYNC_PERIOD  (10 * MSEC_SECOND)
#define SHRINK_FIRST       (5 * MSEC_SECOND) /* by then everything has run once */
#define SHRINK_PERIOD      (5 * MSEC_MINUTE) /* connections are made anew now and then */
#define PROBLEMS_PERIOD    MSEC_MINUTE
#define PROBLEMS_MAX_BYTES ((size_t)64 * 1024)

#define DESCRIBE_EVERY        MSEC_HOUR
#define DESCRIPTION_MAX_BYTES ((size_t)1024 * 1024)

struct agent {
    const struct agent_options *options;
    const struct settings *settings; /* options->settings */
    struct loop *loop;
    struct collect *collect;
    struct sampler sampler;
    struct report report;
    struct identity identity;
    int lock;            /* of the state directory; -1 = none */
    struct spool *spool; /* NULL when there is no place for it */
    struct sender *sender;
    struct schedule schedule;
    struct loop_timer *tick, *deadline;
    uint64_t collections;
    int64_t collect_cpu_ns;
    mono_t synced_at, problems_at, shrink_at, describe_at;
    uint64_t problems_hash;
    bool is_ending;
    enum agent_end end;
};

/* ---- one collection ---- */

static void log_problems(struct agent *agent, mono_t now)
{
    if (agent->problems_at != 0 && now - agent->problems_at < PROBLEMS_PERIOD)
        return;
    CLEANUP(buf_deinit) struct buf text;
    buf_init(&text, PROBLEMS_MAX_BYTES);
    collect_problems(agent->collect, &text);
    uint64_t hash = hash_bytes(text.data, text.len, 0);
    struct slice rest = {text.data, text.len}, line;
    while (hash != agent->problems_hash && text_next_piece(&rest, '\n', &line)) {
        if (line.len > 0)
            log_info("collect", "%.*s", (int)line.len, line.data);
    }
    agent->problems_hash = hash;
    agent->problems_at = now;
}

static struct self_state self_state(const struct agent *agent)
{
    return (struct self_state){
        .interval = agent->settings->interval,
        .collections = agent->collections,
        .ticks_skipped = agent->schedule.skipped,
        .collect_cpu_ns = agent->collect_cpu_ns,
        .samples_unsendable = agent->sampler.refused,
        .sender = sender_stats(agent->sender),
        .spool = agent->spool != NULL ? spool_stats(agent->spool) : (struct spool_stats){0},
    };
}

/* The server keeps it in memory only, so it is said again now and then; not while the server is
 * away, for it would only take room in the spool. */
static void push_description(struct agent *agent)
{
    mono_t now = clock_mono_ms();
    if (agent->describe_at > now || sender_stats(agent->sender).is_away)
        return;
    struct buf packed CLEANUP(buf_deinit);
    buf_init(&packed, DESCRIPTION_MAX_BYTES);
    agent->describe_at = now + DESCRIBE_EVERY;
    if (describe_metrics(&agent->sampler, &packed) != 0)
        return;
    struct spool_record record = {agent->sampler.at_ms, 0, packed.data, packed.len};
    sender_push(agent->sender, &record);
}

static void collect_and_push(struct agent *agent)
{
    const struct emitter emitter = {sampler_emit, &agent->sampler};
    int64_t cpu_before = clock_cpu_ns();
    msec_t at_ms = clock_wall_ms();
    sampler_begin(&agent->sampler, at_ms);
    collect_run(agent->collect, &emitter);
    struct self_state self = self_state(agent);
    self_metrics_emit(&self, &emitter);

    size_t n_samples = 0;
    int error = sampler_pack(&agent->sampler, &n_samples);
    agent->collect_cpu_ns += clock_cpu_ns() - cpu_before;
    agent->collections++;
    if (error != 0) {
        log_error("agent", "cannot pack a collection: %s", strerror(-error));
        return;
    }
    const struct buf *packed = sampler_packed(&agent->sampler);
    struct spool_record record = {at_ms, (uint32_t)n_samples, packed->data, packed->len};
    sender_push(agent->sender, &record);
    push_description(agent);
}

static void push_report(struct agent *agent)
{
    if (report_build(&agent->report, agent->collect, agent->settings->interval, clock_wall_ms(),
                     clock_mono_ms()))
        sender_set_report(agent->sender, agent->report.text.data, agent->report.text.len);
}

/* ---- parts ---- */

/* One agent per state directory: two would fight over identity and spool. */
static int lock_state(struct agent *agent)
{
    char path[PATH_MAX];
    if (!file_join(path, sizeof(path), agent->settings->state, "lock"))
        return -ENAMETOOLONG;
    int error = file_make_dirs(agent->settings->state, 0700);
    if (error != 0)
        return error;
    agent->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (agent->lock < 0)
        return -errno;
    return flock(agent->lock, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
}

static void open_spool(struct agent *agent)
{
    char path[PATH_MAX];
    struct spool_limits limits = {(uint64_t)agent->settings->spool_max_bytes,
                                  agent->settings->spool_max_age};
    int error = -ENAMETOOLONG;
    if (file_join(path, sizeof(path), agent->settings->state, "spool"))
        error = spool_open(path, &limits, &agent->spool);
    if (error != 0)
        log_error("spool", "cannot be used, samples are kept in memory only path=%s: %s", path,
                  strerror(-error));
}

static enum agent_end open_state(struct agent *agent, bool is_daemon)
{
    int error = is_daemon ? lock_state(agent) : 0;
    if (error == -EWOULDBLOCK) {
        log_error("agent", "another sentora-agent uses this directory state=%s",
                  agent->settings->state);
        return AGENT_FAILED;
    }
    if (error != 0)
        log_error("agent",
                  "state directory cannot be written: identity and samples are lost at the end "
                  "state=%s: %s",
                  agent->settings->state, strerror(-error));
    else if (is_daemon)
        open_spool(agent);

    error = identity_load(agent->settings->state, &agent->identity);
    if (error != 0)
        log_warn("agent", "identity cannot be read, making a new one state=%s: %s",
                 agent->settings->state, strerror(-error));
    if (agent->settings->token == NULL &&
        !identity_is_enrolled(&agent->identity, agent->settings->url, agent->settings->name)) {
        log_error("agent",
                  "no token for this server: give --token, server.token or API_KEY "
                  "(make one on the server's page \"Add a host\") server=%s",
                  agent->settings->url);
        return AGENT_UNUSABLE;
    }
    return AGENT_ENDED;
}

static enum agent_end open_sender(struct agent *agent)
{
    struct problem problem = {0};
    struct sender_options sender = {.loop = agent->loop,
                                    .url = agent->settings->url,
                                    .verify = agent->settings->verify,
                                    .name = agent->settings->name,
                                    .token = agent->settings->token,
                                    .state = agent->settings->state,
                                    .identity = &agent->identity,
                                    .spool = agent->spool};
    if (sender_new(&sender, &agent->sender, &problem) == 0)
        return AGENT_ENDED;
    log_error("agent", "%s", problem.text);
    return AGENT_UNUSABLE;
}

static enum agent_end open_parts(struct agent *agent, bool is_daemon)
{
    struct collect_options collect = settings_collect_options(agent->settings);
    *agent = (struct agent){.settings = agent->settings, .options = agent->options, .lock = -1};
    sampler_init(&agent->sampler, agent->settings->name, JOB);
    report_init(&agent->report);
    enum agent_end end = open_state(agent, is_daemon);
    if (end != AGENT_ENDED)
        return end;
    int error = loop_new(&agent->loop);
    if (error == 0)
        error = collect_new(&collect, &agent->collect);
    if (error == 0)
        return open_sender(agent);
    log_error("agent", "cannot start: %s", strerror(-error));
    return AGENT_FAILED;
}

static void close_parts(struct agent *agent)
{
    loop_timer_stop(agent->tick);
    loop_timer_stop(agent->deadline);
    sender_free(agent->sender);
    spool_close(agent->spool);
    if (agent->collect != NULL)
        collect_free(agent->collect);
    if (agent->loop != NULL)
        loop_free(agent->loop);
    report_deinit(&agent->report);
    sampler_deinit(&agent->sampler);
    if (agent->lock >= 0)
        close(agent->lock);
}

/* ---- the daemon ---- */

static void tick(void *arg);

static void arm_tick(struct agent *agent)
{
    loop_timer_stop(agent->tick);
    agent->tick = loop_timer_once(agent->loop, schedule_wait(&agent->schedule, clock_mono_ms()),
                                  tick, agent);
}

static void tick(void *arg)
{
    struct agent *agent = arg;
    mono_t now = clock_mono_ms();
    schedule_advance(&agent->schedule, now);
    collect_and_push(agent);
    push_report(agent);
    log_problems(agent, now);
    if (agent->spool != NULL && now - agent->synced_at >= SPOOL_SYNC_PERIOD) {
        spool_sync(agent->spool);
        agent->synced_at = now;
    }
    if (now >= agent->shrink_at) {
        footprint_shrink();
        agent->shrink_at = now + SHRINK_PERIOD;
    }
    if (agent->collections == 1)
        service_notify("READY=1");
    arm_tick(agent);
}

static void stop_loop(void *arg)
{
    const struct agent *agent = arg;
    loop_stop(agent->loop);
}

/* Stops collecting; what is queued may go out if the server answers at once. */
static void begin_end(struct agent *agent, enum agent_end end)
{
    if (agent->is_ending)
        return;
    agent->is_ending = true;
    agent->end = end;
    loop_timer_stop(agent->tick);
    agent->tick = NULL;
    agent->deadline = loop_timer_once(agent->loop, FLUSH_TIME, stop_loop, agent);
    sender_drain(agent->sender, stop_loop, agent);
}

static void on_terminate(void *arg)
{
    struct agent *agent = arg;
    service_notify("STOPPING=1");
    log_info("agent", "ending");
    begin_end(agent, AGENT_ENDED);
}

static void on_hangup(void *arg)
{
    struct agent *agent = arg;
    log_reopen();
    if (agent->is_ending)
        return;
    if (agent->options->reload(agent->options->reload_arg))
        begin_end(agent, AGENT_RELOAD);
    else
        log_error("agent", "the new configuration has errors, the old one stays");
}

enum agent_end agent_run(const struct agent_options *options)
{
    struct agent agent = {.options = options, .settings = options->settings};
    agent.end = open_parts(&agent, true);
    if (agent.end == AGENT_ENDED) {
        loop_on_signal(agent.loop, SIGTERM, on_terminate, &agent);
        loop_on_signal(agent.loop, SIGINT, on_terminate, &agent);
        loop_on_signal(agent.loop, SIGHUP, on_hangup, &agent);
        log_info("agent", "running version=%s name=%s server=%s interval_s=%g", SENTORA_VERSION,
                 options->settings->name, options->settings->url,
                 (double)options->settings->interval / MSEC_SECOND);
        schedule_init(&agent.schedule, clock_mono_ms(), options->settings->interval);
        agent.shrink_at = clock_mono_ms() + SHRINK_FIRST;
        arm_tick(&agent);
        loop_run(agent.loop);
    }
    close_parts(&agent);
    return agent.end;
}

/* ---- --once ---- */

static void ignore(void *arg, const struct metric *metric, const struct label *labels,
                   size_t n_labels, double value)
{
    (void)arg;
    (void)metric;
    (void)labels;
    (void)n_labels;
    (void)value;
}

static void send_once(void *arg)
{
    struct agent *agent = arg;
    collect_and_push(agent);
    push_report(agent);
    sender_drain(agent->sender, stop_loop, agent);
}

enum agent_end agent_once(const struct settings *settings)
{
    static const struct emitter nowhere = {ignore, NULL};
    struct agent agent = {.settings = settings};
    enum agent_end end = open_parts(&agent, false);
    if (end == AGENT_ENDED) {
        collect_run(agent.collect, &nowhere);
        agent.tick = loop_timer_once(agent.loop, ONCE_WINDOW, send_once, &agent);
        agent.deadline = loop_timer_once(agent.loop, ONCE_TIME, stop_loop, &agent);
        loop_run(agent.loop);
        struct sender_stats stats = sender_stats(agent.sender);
        bool is_sent = sender_is_drained(agent.sender) && stats.requests_refused == 0 &&
                       stats.samples_sent > 0;
        end = is_sent ? AGENT_ENDED : AGENT_FAILED;
        if (!is_sent && !stats.is_away && stats.requests_refused == 0)
            log_error("agent", "no answer in time server=%s", settings->url);
    }
    close_parts(&agent);
    return end;
}
