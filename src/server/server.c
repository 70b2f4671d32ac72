/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/api.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/service.h"
#include "net/tls.h"
#include "server/banner.h"
#include "server/env_channels.h"
#include "server/keeper.h"
#include "state/hosts.h"
#include "state/settings.h"

#define SERVER_LOOPS        2
#define SERVER_WORKERS      4
#define SERVER_JOBS_MAX     256
#define SERVER_FILES_WANTED 65536

struct server {
    const struct server_options *options; /* borrowed from main */
    int lock;                             /* file that keeps a second server out */
    struct loop *loops[SERVER_LOOPS];
    struct db *db;
    struct secrets *secrets;
    struct account *account;
    struct store *store;
    struct directory *directory;
    struct notify *notify;
    struct alert_engine *alerts;
    struct door *door;
    struct live *live;
    struct workers *workers;
    struct api *api;
    struct tls_server *tls;
    struct http_server *http;
    struct keeper *keeper;
    char fingerprint[TLS_FINGERPRINT_SIZE];
};

static const char *in_data(const struct server *server, const char *name, char path[PATH_MAX])
{
    file_join(path, PATH_MAX, server->options->data, name);
    return path;
}

/* -- how the parts reach each other -- */

static int on_queue(void *arg, struct db *db, const struct alert_event *event)
{
    struct server *server = arg;
    (void)db; /* the notifier has the same one, and this thread is inside its transaction */
    return notify_queue_event(server->notify, event);
}

static void on_alert_changed(void *arg, const struct alert_event *event)
{
    struct server *server = arg;
    notify_wake(server->notify);
    api_alert_changed(server->api, event);
}

static void on_outage_changed(void *arg, const struct outage *outage)
{
    struct server *server = arg;
    api_outage_changed(server->api, outage);
}

static void on_host_state_changed(void *arg, org_id org, int64_t host_id, enum host_state state)
{
    struct server *server = arg;
    log_debug("hosts", "state changed host=%lld state=%s", (long long)host_id,
              host_state_names[state]);
    api_host_changed(server->api, org, host_id);
}

static const struct alert_sink alert_sink = {
    .queue = on_queue,
    .changed = on_alert_changed,
    .outage_changed = on_outage_changed,
    .host_state_changed = on_host_state_changed,
};

/* Every sample counts, not only the newest of a series: the engine looks closer anyway. */
static void look_at(const struct arrival *arrival, struct glance *glance)
{
    for (size_t i = 0; i < arrival->n_series; i++) {
        const struct batch_series *series = &arrival->series[i];
        uint8_t vital = api_vital_by_tag(series->tag);
        for (uint32_t k = 0; vital != 0 && k < series->n_samples; k++)
            glance_add(glance, vital, series->samples[k].value);
    }
}

static void on_arrived(void *arg, const struct arrival *arrival)
{
    struct server *server = arg;
    struct glance glance = {0};
    look_at(arrival, &glance);
    const struct alert_arrival news = {
        .org = arrival->org,
        .host_id = arrival->host_id,
        .instance = arrival->host_name,
        .newest_at = arrival->newest_ms,
        .received = arrival->received_ms,
        .glance = &glance,
    };
    alert_engine_samples(server->alerts, &news);
    api_host_arrived(server->api, arrival);
}

static int64_t on_adopt(void *arg, org_id org, const char *name)
{
    struct server *server = arg;
    const struct host_enrolment enrolment = {name, "", "remote_write"};
    struct host host;
    int error = hosts_enrol(server->db, org, &enrolment, clock_wall_ms(), &host);
    if (error != 0) {
        log_warn("hosts", "cannot add host=%s: %s", name, strerror(-error));
        return 0;
    }
    directory_add(server->directory, org, host.id, host.name);
    alert_engine_host_changed(server->alerts, org, host.id);
    return host.id;
}

/* -- building -- */

static int open_data(struct server *server, struct problem *problem)
{
    const char *data = server->options->data;
    int error = file_make_dirs(data, 0700);
    if (error != 0) {
        problem_set(problem,
                    "cannot make the data directory %s: %s. Choose another with --data.", data,
                    strerror(-error));
        return error;
    }
    char path[PATH_MAX];
    server->lock = open(in_data(server, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (server->lock < 0) {
        error = -errno;
        problem_set(problem, "cannot write in the data directory %s: %s", data,
                    strerror(-error));
        return error;
    }
    if (flock(server->lock, LOCK_EX | LOCK_NB) != 0) {
        problem_set(problem, "another server uses the data directory %s already", data);
        return -EBUSY;
    }
    unlink(in_data(server, BANNER_READY_FILE, path));
    if (file_exists(in_data(server, "restore.part", path))) {
        problem_set(problem,
                    "a restore into %s did not end. Run `sentora restore` again, or delete %s.",
                    data, path);
        return -EBUSY;
    }
    return 0;
}

static int open_state(struct server *server, struct problem *problem)
{
    char path[PATH_MAX];
    int error = db_open(in_data(server, "state.db", path), &server->db, problem);
    if (error == 0)
        error = secrets_open(in_data(server, "secret.key", path), &server->secrets, problem);
    if (error != 0)
        return error;

    const struct account_options keys = {server->options->api_keys,
                                         server->options->dashboard_token};
    msec_t now = clock_wall_ms();
    error = account_new(server->db, &keys, now, &server->account);
    if (error == 0)
        error = account_local_enrolment_token(
            server->account, in_data(server, "local-enrolment-token", path), now);
    if (error != 0) {
        problem_set(problem, "cannot prepare the accounts: %s", strerror(-error));
        return error;
    }
    if (server->options->admin_email == NULL)
        return 0;
    return account_ensure_admin(server->account, server->options->admin_email,
                                server->options->admin_password, now, problem);
}

static int open_store(struct server *server, struct problem *problem)
{
    char path[PATH_MAX];
    struct store_options options = store_defaults;
    options.path = in_data(server, "store.db", path);
    options.retention = server->options->retention;
    options.retention_5m = server->options->retention_5m;
    options.retention_1h = server->options->retention_1h;
    options.max_file_bytes = (size_t)server->options->max_size;
    options.out_of_order = server->options->out_of_order;
    options.max_series_per_org = (size_t)server->options->max_series;
    options.classify = api_series_tag;
    return store_open(&options, &server->store, problem);
}

static int build_watchers(struct server *server, struct problem *problem)
{
    int error = notify_new(server->db, server->secrets, &server->notify);
    const struct alert_engine_options options = {
        .db = server->db,
        .source = store_source(server->store),
        .sink = &alert_sink,
        .sink_arg = server,
        .metric_number = api_vital_by_name,
    };
    if (error == 0)
        error = alert_engine_new(&options, &server->alerts);
    if (error != 0)
        problem_set(problem, "cannot load rules, hosts and alerts: %s", strerror(-error));
    return error;
}

static int load_directory(struct server *server, struct problem *problem)
{
    struct host_list hosts = {0};
    int error = hosts_list_all(server->db, &hosts);
    for (size_t i = 0; error == 0 && i < hosts.len; i++)
        directory_add(server->directory, hosts.items[i].org, hosts.items[i].id,
                      hosts.items[i].name);
    host_list_deinit(&hosts);
    if (error != 0)
        problem_set(problem, "cannot read the hosts: %s", strerror(-error));
    return error;
}

/* The certificate: given, or made once and kept. */
static int open_tls(struct server *server, struct problem *problem)
{
    char cert[PATH_MAX], key[PATH_MAX];
    const struct server_options *options = server->options;
    if (options->tls_listen.len == 0)
        return 0;
    if (options->tls_cert != NULL) {
        text_copy(cert, sizeof(cert), options->tls_cert);
        text_copy(key, sizeof(key), options->tls_key);
    } else {
        int error = tls_make_self_signed(in_data(server, "cert.pem", cert),
                                         in_data(server, "key.pem", key));
        if (error != 0) {
            problem_set(problem, "cannot make a certificate in %s: %s", options->data,
                        strerror(-error));
            return error;
        }
    }
    int error = tls_server_open(cert, key, &server->tls, problem);
    if (error == 0)
        tls_server_fingerprint(server->tls, server->fingerprint);
    return error;
}

static int build_front(struct server *server, struct problem *problem)
{
    for (size_t i = 0; i < SERVER_LOOPS; i++) {
        if (loop_new(&server->loops[i]) != 0)
            return problem_set(problem, "cannot make an event loop");
    }
    const struct door_sink sink = {on_arrived, on_adopt, server};
    server->door = door_new(server->store, server->directory, &sink);
    server->live = live_new(server->loops, SERVER_LOOPS);
    server->workers = workers_new(SERVER_WORKERS, SERVER_JOBS_MAX);
    const struct api_parts parts = {
        .db = server->db,
        .store = server->store,
        .account = server->account,
        .alerts = server->alerts,
        .notify = server->notify,
        .live = server->live,
        .door = server->door,
        .directory = server->directory,
        .workers = server->workers,
        .fingerprint = server->fingerprint,
    };
    server->api = api_new(&parts);
    api_load_vitals(server->api, clock_wall_ms());
    return 0;
}

/* Ten thousand agents are ten thousand connections. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = MIN_OF(limit.rlim_max, (rlim_t)SERVER_FILES_WANTED);
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int build(struct server *server, struct problem *problem)
{
    server->directory = directory_new();
    int error = open_data(server, problem);
    if (error == 0)
        error = open_state(server, problem);
    if (error == 0)
        error = open_store(server, problem);
    if (error == 0)
        error = load_directory(server, problem);
    if (error == 0)
        error = build_watchers(server, problem);
    if (error == 0)
        error = open_tls(server, problem);
    if (error == 0)
        error = build_front(server, problem);
    if (error == 0 && server->options->public_url != NULL)
        error = settings_put(server->db, ORG_FIRST, SETTING_PUBLIC_URL,
                             server->options->public_url);
    if (error == 0)
        error = env_channels_ensure(server->notify, server->db, server->options, problem);
    return error;
}

int server_new(const struct server_options *options, struct server **out_server,
               struct problem *problem)
{
    struct server *server = memory_calloc(1, sizeof(*server));
    server->options = options;
    server->lock = -1;
    raise_file_limit();
    int error = build(server, problem);
    if (error != 0) {
        server_free(server);
        return error;
    }
    *out_server = server;
    return 0;
}

/* In the reverse order of building; each part may be missing. */
void server_free(struct server *server)
{
    if (server == NULL)
        return;
    http_server_free(server->http);
    api_free(server->api);
    live_free(server->live);
    door_free(server->door);
    for (size_t i = 0; i < SERVER_LOOPS; i++)
        loop_free(server->loops[i]);
    tls_server_close(server->tls);
    alert_engine_free(server->alerts);
    notify_free(server->notify);
    directory_free(server->directory);
    account_free(server->account);
    secrets_close(server->secrets);
    db_close(server->db);
    file_closep(&server->lock);
    free(server);
}

/* -- listening -- */

static int listen_at(struct server *server, const char *address, struct tls_server *tls,
                     struct problem *problem)
{
    int error = http_server_listen(server->http, address, tls);
    switch (-error) {
    case 0: return 0;
    case EADDRINUSE:
        problem_set(problem,
                    "cannot listen on %s: another program has this port. Stop it, or choose "
                    "another with %s.",
                    address, tls == NULL ? "--listen" : "--tls-listen");
        break;
    case EINVAL:
        problem_set(problem, "\"%s\" is not an address; write 127.0.0.1:8000 or [::1]:8000",
                    address);
        break;
    default: problem_set(problem, "cannot listen on %s: %s", address, strerror(-error)); break;
    }
    return error;
}

int server_listen(struct server *server, struct problem *problem)
{
    struct http_server_options options = http_server_defaults;
    options.handler = api_handle;
    options.handler_arg = server->api;
    options.body_limit = api_body_limit;
    int error = http_server_new(server->loops, SERVER_LOOPS, &options, &server->http);
    if (error != 0)
        return problem_set(problem, "cannot make the HTTP server");

    const struct option_list *plain = &server->options->listen;
    const struct option_list *secure = &server->options->tls_listen;
    for (size_t i = 0; error == 0 && i < plain->len; i++)
        error = listen_at(server, plain->items[i], NULL, problem);
    for (size_t i = 0; error == 0 && i < secure->len; i++)
        error = listen_at(server, secure->items[i], server->tls, problem);
    if (error == 0)
        api_set_listeners(server->api, server->http,
                          secure->len == 0 ? 0 : http_server_port(server->http, plain->len));
    return error;
}

/* -- running -- */

static void reload(struct server *server)
{
    struct problem problem = {0};
    int error = log_reopen();
    if (error != 0)
        log_warn("server", "cannot open the log file again: %s", strerror(-error));
    if (server->tls != NULL && tls_server_reload(server->tls, &problem) != 0)
        log_error("server", "the certificate stays as it was: %s", problem.text);
    else
        log_info("server", "reloaded");
}

static void *run_loop(void *arg)
{
    loop_run(arg);
    return NULL;
}

static int start_parts(struct server *server)
{
    int error = notify_start(server->notify);
    if (error == 0)
        error = alert_engine_start(server->alerts);
    if (error != 0)
        return error;
    live_start(server->live);
    server->keeper = keeper_start(server->db, server->account);
    return 0;
}

#define SERVER_DRAIN_MAX (MSEC_SECOND)

/* Gives answers that are on their way a moment to leave. */
static void drain(struct server *server)
{
    mono_t until = clock_mono_ms() + SERVER_DRAIN_MAX;
    while (http_server_connections(server->http) > 0 && clock_mono_ms() < until)
        usleep(5000);
}

/* Those who make work stop before those who do it: no new requests, then no new transitions, then
 * no new messages; the store commits last, and every request under way is answered. */
static void stop_parts(struct server *server)
{
    char path[PATH_MAX];
    unlink(in_data(server, BANNER_READY_FILE, path));
    service_notify("STOPPING=1");
    http_server_stop(server->http);
    live_stop(server->live);
    api_stop(server->api);
    workers_free(server->workers);
    alert_engine_stop(server->alerts);
    notify_stop(server->notify);
    store_close(server->store);
    keeper_stop(server->keeper);
    drain(server);
}

void server_block_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Until SIGTERM or SIGINT; SIGHUP reloads. */
static void wait_for_end(struct server *server)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP)
        reload(server);
}

int server_run(struct server *server)
{
    int error = start_parts(server);
    if (error != 0)
        return error;
    pthread_t threads[SERVER_LOOPS];
    for (size_t i = 0; i < SERVER_LOOPS; i++) {
        if (pthread_create(&threads[i], NULL, run_loop, server->loops[i]) != 0)
            abort();
    }
    banner_print(server->options, server->http, server->account, server->fingerprint);

    wait_for_end(server);

    log_info("server", "stopping");
    stop_parts(server);
    for (size_t i = 0; i < SERVER_LOOPS; i++)
        loop_stop(server->loops[i]);
    for (size_t i = 0; i < SERVER_LOOPS; i++)
        pthread_join(threads[i], NULL);
    log_info("server", "stopped");
    return 0;
}
