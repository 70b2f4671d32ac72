/* SPDX-License-Identifier: MIT */
#include "net/http_listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#define BACKLOG         1024
#define ACCEPTS_AT_ONCE 8
#define PAUSE_USEC      100000 /* when the process has no file descriptor left */

/* One loop's watch on the socket. */
struct door {
    struct http_listener *listener; /* borrowed: contains this */
    struct http_server_loop *home;
    struct event *readable; /* owned */
    struct event *resume;   /* owned */
};

struct http_listener {
    struct http_server *server; /* borrowed from its owner */
    struct tls_server *tls;     /* borrowed from the caller; NULL = plain */
    int fd;                     /* owned */
    int port;
    struct door *doors; /* owned, one per loop */
    size_t n_doors;
    atomic_size_t n_open_doors;
};

static int parse_port(const char *text, in_port_t *out_port)
{
    uint64_t number;
    if (text[0] < '0' || text[0] > '9' || text_to_u64(text, &number) != 0 || number > 65535)
        return -EINVAL;
    *out_port = htons((in_port_t)number);
    return 0;
}

int http_listener_parse(const char *address, struct sockaddr_storage *out_address,
                        socklen_t *out_len)
{
    char host[INET6_ADDRSTRLEN + 2];
    const char *colon = strrchr(address, ':');
    in_port_t port;
    if (colon == NULL || parse_port(colon + 1, &port) != 0 ||
        !text_copy_slice(host, sizeof(host),
                         (struct slice){address, (size_t)(colon - address)}))
        return -EINVAL;

    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = port};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = port};
    size_t len = strlen(host);
    bool is_bracketed = len > 2 && host[0] == '[' && host[len - 1] == ']';
    if (is_bracketed)
        host[len - 1] = '\0';
    struct sockaddr_storage result = {0};
    if (len == 0 || (is_bracketed && inet_pton(AF_INET6, host + 1, &six.sin6_addr) == 1)) {
        memcpy(&result, &six, sizeof(six));
        *out_len = sizeof(six);
    } else if (inet_pton(AF_INET, host, &four.sin_addr) == 1) {
        memcpy(&result, &four, sizeof(four));
        *out_len = sizeof(four);
    } else {
        return -EINVAL;
    }
    *out_address = result;
    return 0;
}

/* ":PORT" means both families on one socket; "[::]:PORT" only the newer one. */
static int open_socket(const struct sockaddr_storage *address, socklen_t len, bool is_dual)
{
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int on = 1, only_six = !is_dual;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_six, sizeof(only_six));
    if (bind(fd, (const struct sockaddr *)(const void *)address, len) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

/* A kernel without IPv6 still serves ":PORT". */
static int open_any(const struct sockaddr_storage *address, socklen_t len, bool is_dual)
{
    int fd = open_socket(address, len, is_dual);
    if (fd != -EAFNOSUPPORT || !is_dual)
        return fd;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = six->sin6_port};
    struct sockaddr_storage fallback = {0};
    memcpy(&fallback, &four, sizeof(four));
    return open_socket(&fallback, sizeof(four), false);
}

static int port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)(void *)&address, &len) != 0)
        return -errno;
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    memcpy(&six, &address, sizeof(six));
    memcpy(&four, &address, sizeof(four));
    return ntohs(address.ss_family == AF_INET6 ? six.sin6_port : four.sin_port);
}

/* Full: says so in plain HTTP and leaves; behind TLS there is nobody to say it to yet. */
static void turn_away(int fd, bool is_tls)
{
    static const char body[] = "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
                               "\"status\":503,\"detail\":\"There are too many connections.\"}";
    char answer[512];
    int len = snprintf(answer, sizeof(answer),
                       "HTTP/1.1 503 Service Unavailable\r\n"
                       "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n"
                       "Retry-After: 10\r\nConnection: close\r\n\r\n%s",
                       sizeof(body) - 1, body);
    if (!is_tls && send(fd, answer, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}

static void take(struct door *door, int fd, const struct sockaddr_storage *address)
{
    struct http_listener *listener = door->listener;
    const struct http_server *server = listener->server;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    if (atomic_load(&server->n_connections) >= server->options.max_connections)
        turn_away(fd, listener->tls != NULL);
    else
        http_connection_open(door->home, fd, (const struct sockaddr *)(const void *)address,
                             listener->tls);
}

/* Out of descriptors the socket stays readable; looking away for a moment saves the CPU. */
static void pause_accepting(struct door *door)
{
    struct timeval span = {.tv_usec = PAUSE_USEC};
    event_del(door->readable);
    event_add(door->resume, &span);
}

static void accept_some(evutil_socket_t fd, short what, void *arg)
{
    struct door *door = arg;
    (void)what;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage address = {0};
        socklen_t len = sizeof(address);
        int client = accept4(fd, (struct sockaddr *)(void *)&address, &len,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            take(door, client, &address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(door);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static void resume_accepting(evutil_socket_t fd, short what, void *arg)
{
    struct door *door = arg;
    (void)fd;
    (void)what;
    event_add(door->readable, NULL);
}

static int open_door(struct http_listener *listener, struct door *door,
                     struct http_server_loop *home)
{
    struct event_base *events = loop_events(home->loop);
    door->listener = listener;
    door->home = home;
    door->readable = event_new(events, listener->fd, EV_READ | EV_PERSIST, accept_some, door);
    door->resume = evtimer_new(events, resume_accepting, door);
    if (door->readable == NULL || door->resume == NULL || event_add(door->readable, NULL) != 0)
        return -ENOMEM;
    return 0;
}

static void close_door(struct door *door)
{
    if (door->readable != NULL)
        event_free(door->readable);
    if (door->resume != NULL)
        event_free(door->resume);
    door->readable = door->resume = NULL;
}

int http_listener_open(struct http_server *server, const char *address, struct tls_server *tls,
                       struct http_listener **out_listener)
{
    struct sockaddr_storage where;
    socklen_t len;
    int error = http_listener_parse(address, &where, &len);
    if (error != 0)
        return error;
    int fd = open_any(&where, len, address[0] == ':');
    if (fd < 0)
        return fd;

    struct http_listener *listener = memory_calloc(1, sizeof(*listener));
    listener->server = server;
    listener->tls = tls;
    listener->fd = fd;
    listener->port = port_of(fd);
    listener->n_doors = server->n_loops;
    listener->doors = memory_calloc(server->n_loops, sizeof(*listener->doors));
    atomic_init(&listener->n_open_doors, server->n_loops);
    for (size_t i = 0; i < server->n_loops && error == 0; i++)
        error = open_door(listener, &listener->doors[i], &server->loops[i]);
    if (error != 0) {
        http_listener_close(listener);
        return error;
    }
    *out_listener = listener;
    return 0;
}

void http_listener_close(struct http_listener *listener)
{
    for (size_t i = 0; i < listener->n_doors; i++)
        close_door(&listener->doors[i]);
    if (listener->fd >= 0)
        close(listener->fd);
    free(listener->doors);
    free(listener);
}

void http_listener_leave(struct http_listener *listener, size_t nth_loop)
{
    struct door *door = &listener->doors[nth_loop];
    if (door->readable == NULL)
        return;
    close_door(door);
    if (atomic_fetch_sub(&listener->n_open_doors, 1) == 1) {
        close(listener->fd);
        listener->fd = -1;
    }
}

int http_listener_port(const struct http_listener *listener)
{
    return listener->port;
}
