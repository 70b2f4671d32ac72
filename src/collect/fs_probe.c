/* SPDX-License-Identifier: MIT */
/*
 * States of a probe; all under the prober's lock:
 *
 *     IDLE --fs_prober_run--> QUEUED --worker--> RUNNING --worker--> IDLE
 *
 * A worker owns the prober's `worker` number while it is the one in charge.  fs_prober_run()
 * dismisses it by raising the number; when the question it is stuck in returns, it delivers the
 * answer, sees that it was dismissed, and ends.  Prober and probe are kept by count, as the
 * dismissed may outlive both.
 */
#include "collect/fs_probe.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"
#include "base/memory.h"

#define WORKER_STACK_BYTES ((size_t)64 << 10)

enum probe_state {
    PROBE_IDLE,
    PROBE_QUEUED,
    PROBE_RUNNING
};

struct fs_probe {
    enum probe_state state;
    bool is_direct;
    bool is_freed; /* by its user; whoever finds it RUNNING no more frees it */
    int error;     /* of the last answer */
    struct statvfs status;
    struct fs_probe *next; /* in the queue */
    char path[];
};

struct fs_prober {
    fs_probe_fn *ask;
    pthread_mutex_t lock;
    pthread_cond_t asked, answered;
    unsigned refs; /* the user and every thread */
    bool is_stopping;
    unsigned worker;                /* number of the one in charge; 0 = none yet */
    bool has_worker;                /* is it alive */
    size_t n_lost;                  /* dismissed and not yet back */
    size_t n_waiting;               /* probes QUEUED or RUNNING at the one in charge */
    struct fs_probe *running;       /* at the one in charge */
    struct fs_probe *first, **last; /* the queue */
};

struct fs_prober *fs_prober_new(fs_probe_fn *ask)
{
    struct fs_prober *prober = memory_calloc(1, sizeof(*prober));
    prober->ask = ask;
    prober->refs = 1;
    prober->last = &prober->first;
    pthread_mutex_init(&prober->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&prober->asked, &attributes);
    pthread_cond_init(&prober->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    return prober;
}

/* Takes the lock away. */
static void unref_locked(struct fs_prober *prober)
{
    bool is_last = --prober->refs == 0;
    pthread_mutex_unlock(&prober->lock);
    if (!is_last)
        return;
    pthread_cond_destroy(&prober->asked);
    pthread_cond_destroy(&prober->answered);
    pthread_mutex_destroy(&prober->lock);
    free(prober);
}

static struct fs_probe *pop_locked(struct fs_prober *prober)
{
    struct fs_probe *probe = prober->first;
    prober->first = probe->next;
    if (prober->first == NULL)
        prober->last = &prober->first;
    probe->next = NULL;
    return probe;
}

static void answer_locked(struct fs_prober *prober, struct fs_probe *probe, int error,
                          const struct statvfs *status)
{
    probe->state = PROBE_IDLE;
    probe->error = error;
    probe->status = *status;
    if (probe->is_freed)
        free(probe);
    pthread_cond_signal(&prober->answered);
}

static void *work(void *arg)
{
    struct fs_prober *prober = arg;
    pthread_mutex_lock(&prober->lock);
    unsigned number = prober->worker;
    for (;;) {
        while (prober->first == NULL && !prober->is_stopping)
            pthread_cond_wait(&prober->asked, &prober->lock);
        if (prober->is_stopping)
            break;
        struct fs_probe *probe = pop_locked(prober);
        probe->state = PROBE_RUNNING;
        prober->running = probe;

        pthread_mutex_unlock(&prober->lock);
        struct statvfs status = {0};
        int error = prober->ask(probe->path, &status) == 0 ? 0 : -errno;
        pthread_mutex_lock(&prober->lock);

        bool is_dismissed = prober->worker != number;
        if (is_dismissed) {
            prober->n_lost--;
        } else {
            prober->running = NULL;
            prober->n_waiting--;
        }
        answer_locked(prober, probe, error, &status);
        if (is_dismissed)
            break;
    }
    unref_locked(prober);
    return NULL;
}

/* True when somebody is in charge. */
static bool start_worker_locked(struct fs_prober *prober)
{
    if (prober->has_worker)
        return true;
    if (prober->n_lost >= FS_PROBE_LOST_MAX)
        return false;

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
    pthread_t thread;
    prober->worker++;
    prober->refs++;
    prober->has_worker = pthread_create(&thread, &attributes, work, prober) == 0;
    if (!prober->has_worker)
        prober->refs--;
    pthread_attr_destroy(&attributes);
    return prober->has_worker;
}

static void queue_locked(struct fs_prober *prober, struct fs_probe *probe)
{
    if (probe->state != PROBE_IDLE)
        return; /* still hangs */
    probe->state = PROBE_QUEUED;
    probe->error = -ETIMEDOUT;
    *prober->last = probe;
    prober->last = &probe->next;
    prober->n_waiting++;
}

/* Asks in place, with the lock held: this is for what answers from memory. */
static void ask_locked(struct fs_prober *prober, struct fs_probe *probe)
{
    if (probe->state != PROBE_IDLE)
        return; /* hung before it was said to be direct */
    struct statvfs status = {0};
    probe->error = prober->ask(probe->path, &status) == 0 ? 0 : -errno;
    probe->status = status;
}

/* The one in charge hangs: what it asks no longer counts as waited for. */
static void dismiss_worker_locked(struct fs_prober *prober)
{
    assert(prober->running != NULL);
    prober->running = NULL;
    prober->has_worker = false;
    prober->worker++;
    prober->n_lost++;
    prober->n_waiting--;
}

static void unqueue_all_locked(struct fs_prober *prober)
{
    while (prober->first != NULL) {
        pop_locked(prober)->state = PROBE_IDLE;
        prober->n_waiting--;
    }
}

static struct timespec at_mono(mono_t at)
{
    return (struct timespec){.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};
}

/* Until the number of open questions falls or time is up; true when it fell. */
static bool wait_locked(struct fs_prober *prober, mono_t until)
{
    size_t before = prober->n_waiting;
    struct timespec deadline = at_mono(until);
    while (prober->n_waiting == before) {
        if (pthread_cond_timedwait(&prober->answered, &prober->lock, &deadline) == ETIMEDOUT)
            return prober->n_waiting != before;
    }
    return true;
}

void fs_prober_free(struct fs_prober *prober)
{
    if (prober == NULL)
        return;
    pthread_mutex_lock(&prober->lock);
    prober->is_stopping = true;
    pthread_cond_broadcast(&prober->asked);
    unref_locked(prober);
}

struct fs_probe *fs_probe_new(const char *path)
{
    size_t size = strlen(path) + 1;
    struct fs_probe *probe = memory_calloc(1, sizeof(*probe) + size);
    probe->error = -ETIMEDOUT;
    memcpy(probe->path, path, size);
    return probe;
}

void fs_probe_set_direct(struct fs_prober *prober, struct fs_probe *probe, bool is_direct)
{
    pthread_mutex_lock(&prober->lock);
    probe->is_direct = is_direct;
    pthread_mutex_unlock(&prober->lock);
}

void fs_probe_free(struct fs_prober *prober, struct fs_probe *probe)
{
    if (probe == NULL)
        return;
    pthread_mutex_lock(&prober->lock);
    assert(probe->state != PROBE_QUEUED);
    if (probe->state == PROBE_RUNNING)
        probe->is_freed = true;
    else
        free(probe);
    pthread_mutex_unlock(&prober->lock);
}

int fs_probe_result(struct fs_prober *prober, const struct fs_probe *probe,
                    struct statvfs *out_status)
{
    pthread_mutex_lock(&prober->lock);
    int error = probe->state == PROBE_RUNNING ? -ETIMEDOUT : probe->error;
    if (error == 0)
        *out_status = probe->status;
    pthread_mutex_unlock(&prober->lock);
    return error;
}

void fs_prober_run(struct fs_prober *prober, struct fs_probe *const *probes, size_t count,
                   mspan_t patience, mspan_t limit)
{
    mono_t end = clock_mono_ms() + limit;
    pthread_mutex_lock(&prober->lock);
    for (size_t i = 0; i < count; i++) {
        if (probes[i]->is_direct)
            ask_locked(prober, probes[i]);
        else
            queue_locked(prober, probes[i]);
    }

    while (prober->n_waiting > 0 && start_worker_locked(prober)) {
        pthread_cond_signal(&prober->asked);
        mono_t until = MIN_OF(clock_mono_ms() + patience, end);
        if (!wait_locked(prober, until) && prober->running != NULL)
            dismiss_worker_locked(prober);
        if (clock_mono_ms() >= end)
            break;
    }
    unqueue_all_locked(prober);
    if (prober->running != NULL)
        dismiss_worker_locked(prober);
    pthread_mutex_unlock(&prober->lock);
}
