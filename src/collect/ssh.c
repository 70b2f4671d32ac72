/* SPDX-License-Identifier: MIT */
/*
 * ssh - failed SSH log-ins, from where this host keeps them.
 *
 * That is the file named in the options; or auth.log (Debian) or secure (Red Hat), where
 * there; or the journal, which also stands in for one of those two when it is named but this
 * host does not have it.  A source that cannot be read is looked for again every ten seconds.
 * At the start everything within the window is counted.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "collect/registry.h"
#include "collect/ssh_journal.h"
#include "collect/ssh_log.h"
#include "collect/ssh_window.h"
#include "model/vitals.h"

#define LOOK_BACK_BYTES ((size_t)4 << 20)
#define RETRY_NS        (10 * (int64_t)1000000000)

static const struct metric failed_metric = {
    VITAL_SSH_FAILED, "Failed SSH log-ins within the sliding window.", METRIC_GAUGE};
static const struct metric total_metric = {"sentora_ssh_failed_logins_total",
                                           "Failed SSH log-ins since the agent was started.",
                                           METRIC_COUNTER};

static const char *const usual_paths[] = {"/var/log/auth.log", "/var/log/secure", NULL};

struct ssh_state {
    struct ssh_window window;
    struct ssh_log log;          /* log.path is "" until one is chosen */
    struct ssh_journal *journal; /* owned; NULL when a file is followed */
    bool is_known;
    int64_t retry_ns;
    char problem[SOURCE_PROBLEM_SIZE];
    msec_t now_ms;
};

static void take_event(struct ssh_state *state, const struct ssh_line *line)
{
    struct ssh_event event = ssh_pattern_match(line->message);
    ssh_window_add(&state->window, &event, line->pid, MIN_OF(line->at_ms, state->now_ms),
                   state->now_ms);
}

static void take_journal(void *arg, const struct ssh_line *line)
{
    take_event(arg, line);
}

static void take_log(void *arg, struct slice text)
{
    struct ssh_state *state = arg;
    struct ssh_line line;
    if (ssh_line_parse(text, state->now_ms, &line))
        take_event(state, &line);
}

static int run_log(struct ssh_state *state)
{
    return ssh_log_run(&state->log, LOOK_BACK_BYTES, take_log, state);
}

static int try_log(struct source *source, const char *path)
{
    struct ssh_state *state = source->state;
    char full[HOST_PATH_SIZE];
    if (!host_path(source->root, path, full, sizeof(full)))
        return -ENAMETOOLONG;
    ssh_log_deinit(&state->log);
    ssh_log_init(&state->log, full);
    int error = run_log(state);
    if (error != 0) {
        source_set_problem(source, "cannot read %s (%s)", path, strerror(-error));
        state->log.path[0] = '\0';
    }
    return error;
}

static int try_journal(struct source *source)
{
    struct ssh_state *state = source->state;
    int error =
        ssh_journal_open(source->root, state->now_ms - state->window.span, &state->journal);
    return error != 0 ? error : ssh_journal_run(state->journal, take_journal, state);
}

/* Finds a source that can be read; a file that is there but closed to us is worth telling. */
static int choose_source(struct source *source)
{
    const char *named = source->options->ssh_log_path;
    if (named != NULL) {
        int error = try_log(source, named);
        if (error != -ENOENT || !list_has(usual_paths, named))
            return error;
    }
    char told[SOURCE_PROBLEM_SIZE] = "neither auth.log, secure nor a readable journal";
    for (size_t i = 0; named == NULL && usual_paths[i] != NULL; i++) {
        int error = try_log(source, usual_paths[i]);
        if (error == 0)
            return 0;
        if (error != -ENOENT)
            text_copy(told, sizeof(told), source->problem);
    }
    int error = try_journal(source);
    if (error == 0)
        source->problem[0] = '\0';
    else
        source_set_problem(source, "%s", told);
    return error;
}

static int follow(struct source *source)
{
    struct ssh_state *state = source->state;
    int error = state->journal != NULL ? ssh_journal_run(state->journal, take_journal, state)
                                       : run_log(state);
    if (error != 0)
        source_set_problem(source, "cannot read %s (%s)",
                           state->journal != NULL ? "the journal" : state->log.path,
                           strerror(-error));
    return error;
}

static int ssh_collect(struct source *source, const struct tick *tick,
                       const struct emitter *out)
{
    struct ssh_state *state = source->state;
    bool is_chosen = state->journal != NULL || state->log.path[0] != '\0';
    state->now_ms = tick->wall_ms;
    if (!is_chosen && state->retry_ns != 0 && tick->mono_ns < state->retry_ns) {
        text_copy(source->problem, sizeof(source->problem), state->problem);
        return 0;
    }
    state->is_known = (is_chosen ? follow(source) : choose_source(source)) == 0;
    state->retry_ns = tick->mono_ns + RETRY_NS;
    text_copy(state->problem, sizeof(state->problem), source->problem);
    ssh_window_slide(&state->window, tick->wall_ms);
    if (!state->is_known)
        return 0;

    source->summary->ssh_failed = state->window.count;
    emit_value(out, &failed_metric, state->window.count);
    emit_value(out, &total_metric, (double)state->window.total);
    return 0;
}

static void ssh_write_report(struct source *source, struct json *json)
{
    const struct ssh_state *state = source->state;
    if (state->is_known)
        ssh_window_write(&state->window, json);
    else
        json_none(json);
}

static bool ssh_is_wanted(const struct collect_options *options)
{
    return options->ssh;
}

static void ssh_setup(struct source *source)
{
    struct ssh_state *state = source->state;
    ssh_window_init(&state->window, source->options->ssh_window);
    ssh_log_init(&state->log, "");
}

static void ssh_teardown(struct source *source)
{
    struct ssh_state *state = source->state;
    ssh_log_deinit(&state->log);
    ssh_journal_close(state->journal);
    ssh_window_deinit(&state->window);
}

const struct collector ssh_collector = {
    .name = "ssh",
    .help = "Failed SSH log-ins in a sliding window, from auth.log, secure or the journal.",
    .state_size = sizeof(struct ssh_state),
    .is_wanted = ssh_is_wanted,
    .setup = ssh_setup,
    .collect = ssh_collect,
    .write_report = ssh_write_report,
    .teardown = ssh_teardown,
};
