/* SPDX-License-Identifier: MIT */
/*
 * TLS may have to write in order to read and the other way round (a handshake, new keys); the two
 * flags remember which of our calls waits for the other direction.
 */
#include "net/transport.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/memory.h"

#define TLS_WRITE_MAX_BYTES ((size_t)16 * 1024) /* one record */

struct transport {
    int fd;                            /* owned */
    SSL *ssl;                          /* owned; NULL = plain */
    struct event *readable, *writable; /* owned */
    struct evbuffer *waiting;          /* owned */
    struct transport_owner owner;
    int error; /* of a write; 0 = none */
    bool is_paused;
    bool read_wants_write, write_wants_read;
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

int transport_open(struct event_base *events, int fd, SSL *ssl,
                   const struct transport_owner *owner, struct transport **out_transport)
{
    struct transport *transport = memory_calloc(1, sizeof(*transport));
    *transport = (struct transport){.fd = fd, .ssl = ssl, .owner = *owner};
    transport->readable = event_new(events, fd, EV_READ | EV_PERSIST, on_readable, transport);
    transport->writable = event_new(events, fd, EV_WRITE, on_writable, transport);
    transport->waiting = evbuffer_new();
    bool is_open = transport->readable != NULL && transport->writable != NULL &&
                   transport->waiting != NULL && event_add(transport->readable, NULL) == 0;
    if (is_open && ssl != NULL) {
        SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_set_accept_state(ssl);
        is_open = SSL_set_fd(ssl, fd) == 1;
    }
    if (!is_open) {
        transport_free(transport);
        return -ENOMEM;
    }
    *out_transport = transport;
    return 0;
}

/* The peer is told, as far as that goes without waiting; OpenSSL wants a session ended so. */
static void say_goodbye(struct transport *transport)
{
    if (transport->ssl == NULL)
        return;
    if (SSL_is_init_finished(transport->ssl))
        SSL_shutdown(transport->ssl);
    ERR_clear_error();
}

void transport_free(struct transport *transport)
{
    if (transport == NULL)
        return;
    if (transport->readable != NULL)
        event_free(transport->readable);
    if (transport->writable != NULL)
        event_free(transport->writable);
    if (transport->waiting != NULL)
        evbuffer_free(transport->waiting);
    if (transport->error == 0)
        say_goodbye(transport);
    SSL_free(transport->ssl);
    close(transport->fd);
    free(transport);
}

/* What a call of OpenSSL that gave `result` means: -EAGAIN with *out_want, 0 for the peer's end,
 * or what broke. */
static int tls_verdict(struct transport *transport, int result, int *out_want)
{
    int system = errno;
    *out_want = SSL_get_error(transport->ssl, result);
    ERR_clear_error();
    switch (*out_want) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: return system == 0 ? -ECONNRESET : -system;
    default: return -EPROTO;
    }
}

static ssize_t tls_read(struct transport *transport, void *to, size_t size)
{
    errno = 0;
    size_t n = 0;
    int result = SSL_read_ex(transport->ssl, to, size, &n), want;
    if (result == 1)
        return (ssize_t)n;
    int error = tls_verdict(transport, result, &want);
    transport->read_wants_write = error == -EAGAIN && want == SSL_ERROR_WANT_WRITE;
    if (transport->read_wants_write)
        event_add(transport->writable, NULL);
    return error;
}

ssize_t transport_read(struct transport *transport, void *to, size_t size)
{
    assert(size > 0);
    if (transport->error != 0)
        return transport->error;
    if (transport->ssl != NULL)
        return tls_read(transport, to, size);
    ssize_t n;
    do
        n = recv(transport->fd, to, size, 0);
    while (n < 0 && errno == EINTR);
    return n >= 0 ? n : errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

bool transport_holds_some(const struct transport *transport)
{
    return transport->ssl != NULL && SSL_pending(transport->ssl) > 0;
}

void transport_pause(struct transport *transport)
{
    if (!transport->is_paused)
        event_del(transport->readable);
    transport->is_paused = true;
}

void transport_resume(struct transport *transport)
{
    if (!transport->is_paused)
        return;
    transport->is_paused = false;
    event_add(transport->readable, NULL);
    transport_read_again(transport);
}

void transport_read_again(struct transport *transport)
{
    event_active(transport->readable, EV_READ, 0);
}

static int tls_write_some(struct transport *transport)
{
    struct evbuffer_iovec piece;
    if (evbuffer_peek(transport->waiting, -1, NULL, &piece, 1) < 1)
        return 0;
    errno = 0;
    size_t n = 0;
    int result = SSL_write_ex(transport->ssl, piece.iov_base,
                              MIN_OF(piece.iov_len, TLS_WRITE_MAX_BYTES), &n),
        want;
    if (result == 1) {
        evbuffer_drain(transport->waiting, n);
        return 0;
    }
    int error = tls_verdict(transport, result, &want);
    transport->write_wants_read = error == -EAGAIN && want == SSL_ERROR_WANT_READ;
    return error == 0 ? -EPIPE : error;
}

static int plain_write_some(struct transport *transport)
{
    if (evbuffer_write(transport->waiting, transport->fd) >= 0 || errno == EINTR)
        return 0;
    return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

/* Writes what goes now, and sees to it that the rest follows. */
static void push(struct transport *transport)
{
    int error = 0;
    while (error == 0 && evbuffer_get_length(transport->waiting) > 0)
        error =
            transport->ssl != NULL ? tls_write_some(transport) : plain_write_some(transport);
    if (error == -EAGAIN && !transport->write_wants_read) {
        event_add(transport->writable, NULL);
    } else if (error != 0 && error != -EAGAIN) {
        transport->error = error;
        evbuffer_drain(transport->waiting, SIZE_MAX);
        transport_read_again(transport);
    }
}

int transport_write(struct transport *transport, struct evbuffer *from)
{
    if (transport->error != 0) {
        evbuffer_drain(from, SIZE_MAX);
        return 0;
    }
    bool was_empty = evbuffer_get_length(transport->waiting) == 0;
    if (evbuffer_add_buffer(transport->waiting, from) != 0)
        return -ENOMEM;
    if (was_empty)
        push(transport);
    return 0;
}

size_t transport_waiting(const struct transport *transport)
{
    return evbuffer_get_length(transport->waiting);
}

void transport_shut(struct transport *transport)
{
    evbuffer_drain(transport->waiting, SIZE_MAX);
    event_del(transport->writable);
    if (transport->error == 0)
        say_goodbye(transport);
    shutdown(transport->fd, SHUT_WR);
}

/* Both callbacks end with the owner's, who may free the transport. */
static bool push_waiting(struct transport *transport)
{
    if (transport_waiting(transport) == 0)
        return false;
    push(transport);
    return transport_waiting(transport) == 0 && transport->error == 0;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct transport *transport = arg;
    (void)fd;
    (void)what;
    if (transport->write_wants_read) {
        transport->write_wants_read = false;
        if (push_waiting(transport)) {
            transport_read_again(transport);
            transport->owner.written(transport->owner.arg);
            return;
        }
    }
    transport->owner.readable(transport->owner.arg);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct transport *transport = arg;
    (void)fd;
    (void)what;
    if (transport->read_wants_write) {
        transport->read_wants_write = false;
        transport_read_again(transport);
    }
    if (push_waiting(transport))
        transport->owner.written(transport->owner.arg);
}
