/* SPDX-License-Identifier: MIT */
/*
 * Posting is a list under a mutex and one event that is activated when something was added.
 * The same event tells the loop to stop, so that a stop before the loop runs is not lost
 * (libevent forgets a loopbreak that comes too early).
 */
#include "net/loop.h"

#include <assert.h>
#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/memory.h"
#include "base/vec.h"

struct post {
    struct post *next;
    loop_fn *fn;
    void *arg;
};

struct signal_watch {
    struct event *event; /* owned */
    loop_fn *fn;
    void *arg;
};

struct loop {
    struct event_base *events; /* owned */
    struct evdns_base *dns;    /* owned; NULL until somebody asks */
    struct event *wake;        /* owned */
    VEC(struct signal_watch *) signals;

    /* any thread */
    pthread_mutex_t lock; /* guards first and last */
    struct post *first, *last;
    atomic_bool stopping;
    _Atomic(pthread_t) thread; /* valid while is_running */
    atomic_bool is_running;
};

struct loop_timer {
    struct event *event; /* owned */
    mspan_t every;       /* 0 = once */
    mono_t due;
    loop_fn *fn;
    void *arg;
};

/* A peer that is gone must be an error of write(), not the end of the program. */
static void prepare_process(void)
{
    int error = evthread_use_pthreads();
    assert(error == 0);
    (void)error;
    signal(SIGPIPE, SIG_IGN);
}

static struct timeval timeval_of(mspan_t span)
{
    if (span < 0)
        span = 0;
    return (struct timeval){.tv_sec = span / 1000, .tv_usec = (span % 1000) * 1000};
}

static void run_posts(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct post *post = loop->first;
    loop->first = loop->last = NULL;
    pthread_mutex_unlock(&loop->lock);

    while (post != NULL) {
        struct post *next = post->next;
        post->fn(post->arg);
        free(post);
        post = next;
    }
}

static void woken(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;
    (void)fd;
    (void)what;
    run_posts(loop);
    if (atomic_load(&loop->stopping))
        event_base_loopbreak(loop->events);
}

int loop_new(struct loop **out_loop)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_process);

    struct loop *loop = memory_calloc(1, sizeof(*loop));
    pthread_mutex_init(&loop->lock, NULL);
    loop->events = event_base_new();
    if (loop->events != NULL)
        loop->wake = event_new(loop->events, -1, 0, woken, loop);
    if (loop->wake == NULL) {
        loop_free(loop);
        return -ENOMEM;
    }
    *out_loop = loop;
    return 0;
}

/* Bufferevents that were freed and look-ups that were called off after the last round wait for
 * rounds to release themselves: one for a callback that was due, one to be finalized. */
static void release_leftovers(struct event_base *events)
{
    for (int round = 0; round < 3; round++)
        event_base_loop(events, EVLOOP_NONBLOCK);
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    assert(!atomic_load(&loop->is_running));
    for (struct post *post = loop->first, *next; post != NULL; post = next) {
        next = post->next;
        free(post);
    }
    for (size_t i = 0; i < loop->signals.len; i++) {
        event_free(loop->signals.items[i]->event);
        free(loop->signals.items[i]);
    }
    VEC_DEINIT(&loop->signals);
    if (loop->wake != NULL)
        event_free(loop->wake);
    if (loop->events != NULL)
        release_leftovers(loop->events);
    if (loop->dns != NULL)
        evdns_base_free(loop->dns, 0);
    if (loop->events != NULL)
        event_base_free(loop->events);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

void loop_run(struct loop *loop)
{
    atomic_store(&loop->thread, pthread_self());
    bool was_running = atomic_exchange(&loop->is_running, true);
    assert(!was_running);
    (void)was_running;

    while (!atomic_load(&loop->stopping)) {
        int error = event_base_loop(loop->events, EVLOOP_NO_EXIT_ON_EMPTY);
        assert(error >= 0); /* only a broken epoll */
        (void)error;
    }
    run_posts(loop);
    atomic_store(&loop->stopping, false);
    atomic_store(&loop->is_running, false);
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    event_active(loop->wake, 0, 0);
}

bool loop_is_current(const struct loop *loop)
{
    return atomic_load(&loop->is_running) &&
           pthread_equal(atomic_load(&loop->thread), pthread_self());
}

void loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
    struct post *post = memory_alloc(sizeof(*post));
    *post = (struct post){.fn = fn, .arg = arg};

    pthread_mutex_lock(&loop->lock);
    bool was_empty = loop->first == NULL;
    if (was_empty)
        loop->first = post;
    else
        loop->last->next = post;
    loop->last = post;
    pthread_mutex_unlock(&loop->lock);
    if (was_empty)
        event_active(loop->wake, 0, 0);
}

/* The next due time is added before the function runs, because the function may stop (and so
 * free) its own timer.  Beats that were slept through are left out, the phase is kept. */
static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;
    (void)fd;
    (void)what;
    if (timer->every > 0) {
        mono_t now = clock_mono_ms();
        timer->due += timer->every;
        if (timer->due <= now)
            timer->due += (now - timer->due) / timer->every * timer->every + timer->every;
        struct timeval span = timeval_of(timer->due - now);
        event_add(timer->event, &span);
    }
    timer->fn(timer->arg);
}

static struct loop_timer *timer_new(struct loop *loop, mspan_t first, mspan_t every,
                                    loop_fn *fn, void *arg)
{
    struct loop_timer *timer = memory_calloc(1, sizeof(*timer));
    *timer = (struct loop_timer){.every = every, .fn = fn, .arg = arg};
    timer->due = clock_mono_ms() + first;
    timer->event = evtimer_new(loop->events, timer_fired, timer);
    struct timeval span = timeval_of(first);
    int error = timer->event != NULL ? event_add(timer->event, &span) : -1;
    assert(error == 0); /* fails only when memory is out */
    (void)error;
    return timer;
}

struct loop_timer *loop_timer_start(struct loop *loop, mspan_t every, loop_fn *fn, void *arg)
{
    assert(every > 0);
    return timer_new(loop, every, every, fn, arg);
}

struct loop_timer *loop_timer_once(struct loop *loop, mspan_t after, loop_fn *fn, void *arg)
{
    return timer_new(loop, after, 0, fn, arg);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (timer == NULL)
        return;
    event_free(timer->event);
    free(timer);
}

static void signalled(evutil_socket_t fd, short what, void *arg)
{
    struct signal_watch *watch = arg;
    (void)fd;
    (void)what;
    watch->fn(watch->arg);
}

int loop_on_signal(struct loop *loop, int signal, loop_fn *fn, void *arg)
{
    struct signal_watch *watch = memory_calloc(1, sizeof(*watch));
    *watch = (struct signal_watch){.fn = fn, .arg = arg};
    watch->event = evsignal_new(loop->events, signal, signalled, watch);
    if (watch->event == NULL || event_add(watch->event, NULL) != 0) {
        if (watch->event != NULL)
            event_free(watch->event);
        free(watch);
        return -ENOMEM;
    }
    VEC_PUSH(&loop->signals, watch);
    return 0;
}

struct event_base *loop_events(struct loop *loop)
{
    return loop->events;
}

/* A host without resolv.conf still resolves names of /etc/hosts. */
struct evdns_base *loop_dns(struct loop *loop)
{
    if (loop->dns == NULL) {
        loop->dns = evdns_base_new(loop->events, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
        if (loop->dns != NULL)
            evdns_base_resolv_conf_parse(loop->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
    }
    return loop->dns;
}

void loop_dns_reload(struct loop *loop)
{
    if (loop->dns == NULL)
        return;
    evdns_base_clear_nameservers_and_suspend(loop->dns);
    evdns_base_clear_host_addresses(loop->dns);
    evdns_base_resolv_conf_parse(loop->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
    evdns_base_resume(loop->dns);
}
