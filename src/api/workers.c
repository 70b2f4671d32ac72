/* SPDX-License-Identifier: MIT */
#include "api/workers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mailbox.h"
#include "base/memory.h"

struct job {
    worker_fn *fn;
    void *arg;
};

struct workers {
    struct mailbox box;
    pthread_t *threads; /* owned */
    size_t n_threads;
};

static void *work(void *arg)
{
    struct workers *workers = arg;
    for (;;) {
        struct job *job = mailbox_pop(&workers->box, clock_mono_ms() + MSEC_HOUR);
        if (job == NULL && mailbox_is_closed(&workers->box))
            return NULL;
        if (job == NULL)
            continue;
        job->fn(job->arg);
        free(job);
    }
}

struct workers *workers_new(size_t n_threads, size_t queue_max)
{
    struct workers *workers = memory_calloc(1, sizeof(*workers));
    mailbox_init(&workers->box, queue_max);
    workers->threads = memory_calloc(n_threads, sizeof(*workers->threads));
    for (; workers->n_threads < n_threads; workers->n_threads++) {
        if (pthread_create(&workers->threads[workers->n_threads], NULL, work, workers) != 0) {
            fputs("cannot start a thread\n", stderr);
            abort();
        }
    }
    return workers;
}

void workers_free(struct workers *workers)
{
    if (workers == NULL)
        return;
    mailbox_close(&workers->box);
    for (size_t i = 0; i < workers->n_threads; i++)
        pthread_join(workers->threads[i], NULL);
    mailbox_deinit(&workers->box);
    free(workers->threads);
    free(workers);
}

int workers_run(struct workers *workers, worker_fn *fn, void *arg)
{
    struct job *job = memory_alloc(sizeof(*job));
    *job = (struct job){fn, arg};
    int error = mailbox_push(&workers->box, job);
    if (error != 0)
        free(job);
    return error;
}
