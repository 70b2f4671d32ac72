/* SPDX-License-Identifier: MIT */
/*
 *   start ─timer─► look up ─timer─► connect to the first ─refused, too slow─► to the next ...
 *
 * Steps are taken from the timer only: libevent answers some look-ups at once, from within the
 * call that asks.  A look-up that is called off still reports later; `is_stopped` lets that
 * report free the dial.
 */
#include "net/http_dial.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

struct http_dial {
    struct loop *loop; /* borrowed */
    char *host;        /* owned */
    uint16_t port;
    bool is_address; /* host needs no look-up */
    mspan_t patience;
    http_dial_fn *done;
    void *arg;

    struct event *timer; /* owned */
    struct evdns_getaddrinfo_request *lookup;
    struct evutil_addrinfo *addresses;  /* owned; NULL until looked up */
    const struct evutil_addrinfo *next; /* to try */
    int lookup_error;
    bool is_looking_up, is_looked_up, is_stopped;

    int fd;                  /* owned; -1 = none */
    struct event *connected; /* owned */
    int error;               /* errno of the last address */
};

static void drop_socket(struct http_dial *dial)
{
    if (dial->connected != NULL)
        event_free(dial->connected);
    if (dial->fd >= 0)
        close(dial->fd);
    dial->connected = NULL;
    dial->fd = -1;
}

static void release(struct http_dial *dial)
{
    drop_socket(dial);
    event_free(dial->timer);
    if (dial->addresses != NULL)
        evutil_freeaddrinfo(dial->addresses);
    free(dial->host);
    free(dial);
}

static void arm(struct http_dial *dial, mspan_t after)
{
    struct timeval span = {.tv_sec = after / 1000, .tv_usec = (after % 1000) * 1000};
    event_add(dial->timer, &span);
}

static void report(struct http_dial *dial, enum http_client_error error, const char *why)
{
    http_dial_fn *done = dial->done;
    void *arg = dial->arg;
    int fd = dial->fd;
    dial->fd = -1;
    release(dial);
    done(fd, error, why, arg);
}

static void looked_up(int error, struct evutil_addrinfo *addresses, void *arg)
{
    struct http_dial *dial = arg;
    dial->lookup = NULL;
    dial->is_looking_up = false;
    dial->is_looked_up = true;
    dial->lookup_error = error;
    dial->addresses = addresses;
    dial->next = addresses;
    if (dial->is_stopped)
        release(dial);
    else
        arm(dial, 0);
}

static void look_up(struct http_dial *dial)
{
    struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_protocol = IPPROTO_TCP,
                                    .ai_flags = dial->is_address ? EVUTIL_AI_NUMERICHOST
                                                                 : EVUTIL_AI_ADDRCONFIG};
    char port[8];
    snprintf(port, sizeof(port), "%u", dial->port);
    struct evdns_base *dns = loop_dns(dial->loop);
    if (dns == NULL) {
        report(dial, HTTP_CLIENT_RESOLVE, "no memory to look up the name");
        return;
    }
    dial->is_looking_up = true;
    struct evdns_getaddrinfo_request *lookup =
        evdns_getaddrinfo(dns, dial->host, port, &hints, looked_up, dial);
    if (dial->is_looking_up)
        dial->lookup = lookup;
}

static void try_next(struct http_dial *dial);

static void socket_ready(evutil_socket_t fd, short what, void *arg)
{
    struct http_dial *dial = arg;
    socklen_t len = sizeof(dial->error);
    (void)what;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &dial->error, &len) != 0)
        dial->error = errno;
    event_free(dial->connected);
    dial->connected = NULL;
    if (dial->error == 0)
        report(dial, HTTP_CLIENT_OK, "");
    else
        try_next(dial);
}

/* 0 when under way, else the errno. */
static int begin_connect(struct http_dial *dial, const struct evutil_addrinfo *address)
{
    int on = 1;
    dial->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dial->fd < 0)
        return errno;
    setsockopt(dial->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(dial->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    if (connect(dial->fd, address->ai_addr, (socklen_t)address->ai_addrlen) != 0 &&
        errno != EINPROGRESS)
        return errno;
    dial->connected =
        event_new(loop_events(dial->loop), dial->fd, EV_WRITE, socket_ready, dial);
    return dial->connected != NULL && event_add(dial->connected, NULL) == 0 ? 0 : ENOMEM;
}

static void try_next(struct http_dial *dial)
{
    while (dial->next != NULL) {
        const struct evutil_addrinfo *address = dial->next;
        dial->next = address->ai_next;
        drop_socket(dial);
        dial->error = begin_connect(dial, address);
        if (dial->error == 0) {
            if (dial->next != NULL)
                arm(dial, dial->patience);
            return;
        }
    }
    drop_socket(dial);
    char why[128];
    report(dial, HTTP_CLIENT_CONNECT, strerror_r(dial->error, why, sizeof(why)));
}

static void step(evutil_socket_t fd, short what, void *arg)
{
    struct http_dial *dial = arg;
    (void)fd;
    (void)what;
    if (!dial->is_looked_up) {
        look_up(dial);
    } else if (dial->addresses == NULL) {
        char why[200];
        snprintf(why, sizeof(why), "the name cannot be resolved: %s",
                 evutil_gai_strerror(dial->lookup_error));
        loop_dns_reload(dial->loop); /* the network may be another one by now */
        report(dial, HTTP_CLIENT_RESOLVE, why);
    } else {
        try_next(dial);
    }
}

struct http_dial *http_dial_start(struct loop *loop, const struct http_dial_target *target,
                                  http_dial_fn *done, void *arg)
{
    const char *host = target->host;
    struct http_dial *dial = memory_calloc(1, sizeof(*dial));
    *dial = (struct http_dial){.loop = loop,
                               .port = target->port,
                               .patience = target->patience,
                               .done = done,
                               .arg = arg,
                               .fd = -1};
    dial->host = memory_strdup(host);
    unsigned char address[16];
    dial->is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    dial->timer = evtimer_new(loop_events(loop), step, dial);
    assert(dial->timer != NULL); /* fails only when memory is out */
    arm(dial, 0);
    return dial;
}

void http_dial_stop(struct http_dial *dial)
{
    if (dial == NULL)
        return;
    if (!dial->is_looking_up) {
        release(dial);
        return;
    }
    dial->is_stopped = true;
    event_del(dial->timer);
    evdns_getaddrinfo_cancel(dial->lookup);
}

bool http_dial_is_connecting(const struct http_dial *dial)
{
    return dial->is_looked_up;
}
