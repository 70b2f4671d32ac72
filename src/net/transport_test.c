/* SPDX-License-Identifier: MIT */
#include "net/transport.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

#define MUCH ((size_t)4 * 1024 * 1024) /* more than a socket pair holds */

static struct event_base *events;
static struct transport *transport;
static struct evbuffer *out;
static int peer;
static int n_readable, n_written;

static void on_readable(void *arg)
{
    ck_assert_ptr_eq(arg, &peer);
    n_readable++;
}

static void on_written(void *arg)
{
    ck_assert_ptr_eq(arg, &peer);
    n_written++;
}

static void set_up(void)
{
    static const struct transport_owner owner = {on_readable, on_written, &peer};
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    events = event_base_new();
    out = evbuffer_new();
    peer = pair[1];
    n_readable = n_written = 0;
    ck_assert_int_eq(transport_open(events, pair[0], NULL, &owner, &transport), 0);
}

static void tear_down(void)
{
    transport_free(transport);
    transport_free(NULL);
    evbuffer_free(out);
    event_base_free(events);
    close(peer);
}

static void run_round(void)
{
    ck_assert_int_ge(event_base_loop(events, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
}

static size_t read_peer(void)
{
    static char bytes[65536];
    size_t total = 0;
    for (ssize_t n; (n = read(peer, bytes, sizeof(bytes))) > 0;)
        total += (size_t)n;
    return total;
}

START_TEST(reads_into_the_owners_memory)
{
    set_up();
    char bytes[8] = "";
    run_round();
    ck_assert_int_eq(n_readable, 0);
    ck_assert_int_eq(transport_read(transport, bytes, sizeof(bytes)), -EAGAIN);
    ck_assert_int_eq(write(peer, "0123456789", 10), 10);
    run_round();
    ck_assert_int_eq(n_readable, 1);
    ck_assert_int_eq(transport_read(transport, bytes, sizeof(bytes)), 8);
    ck_assert_mem_eq(bytes, "01234567", 8);
    run_round(); /* what is left keeps the socket readable */
    ck_assert_int_eq(n_readable, 2);
    ck_assert_int_eq(transport_read(transport, bytes, sizeof(bytes)), 2);
    shutdown(peer, SHUT_WR);
    run_round();
    ck_assert_int_eq(transport_read(transport, bytes, sizeof(bytes)), 0);
    ck_assert(!transport_holds_some(transport));
    tear_down();
}
END_TEST

START_TEST(a_paused_one_is_silent)
{
    set_up();
    ck_assert_int_eq(write(peer, "x", 1), 1);
    transport_pause(transport);
    transport_pause(transport);
    run_round();
    ck_assert_int_eq(n_readable, 0);
    transport_resume(transport);
    transport_resume(transport);
    run_round();
    ck_assert_int_ge(n_readable, 1);
    char byte;
    ck_assert_int_eq(transport_read(transport, &byte, 1), 1);
    int before = n_readable;
    run_round();
    ck_assert_int_eq(n_readable, before);
    transport_read_again(transport);
    ck_assert_int_eq(n_readable, before); /* never from within */
    run_round();
    ck_assert_int_eq(n_readable, before + 1);
    tear_down();
}
END_TEST

START_TEST(writes_at_once_what_goes)
{
    set_up();
    evbuffer_add(out, "hello", 5);
    ck_assert_int_eq(transport_write(transport, out), 0);
    ck_assert_uint_eq(evbuffer_get_length(out), 0);
    ck_assert_uint_eq(transport_waiting(transport), 0);
    ck_assert_uint_eq(read_peer(), 5);
    run_round();
    ck_assert_int_eq(n_written, 0); /* nothing had to wait */
    tear_down();
}
END_TEST

START_TEST(the_rest_follows_by_itself)
{
    set_up();
    char *much = calloc(1, MUCH);
    evbuffer_add(out, much, MUCH);
    free(much);
    ck_assert_int_eq(transport_write(transport, out), 0);
    ck_assert_uint_gt(transport_waiting(transport), 0);
    evbuffer_add(out, "end", 3);
    ck_assert_int_eq(transport_write(transport, out), 0);
    size_t total = 0;
    for (int round = 0; total < MUCH + 3 && round < 100000; round++) {
        total += read_peer();
        run_round();
    }
    ck_assert_uint_eq(total, MUCH + 3);
    ck_assert_uint_eq(transport_waiting(transport), 0);
    ck_assert_int_eq(n_written, 1);
    tear_down();
}
END_TEST

START_TEST(a_write_that_fails_shows_at_the_next_read)
{
    set_up();
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    close(peer);
    peer = open("/dev/null", O_RDONLY | O_CLOEXEC);
    evbuffer_add(out, "lost", 4);
    ck_assert_int_eq(transport_write(transport, out), 0);
    ck_assert_uint_eq(transport_waiting(transport), 0);
    ck_assert_int_eq(n_readable, 0);
    run_round();
    ck_assert_int_ge(n_readable, 1);
    char byte;
    ck_assert_int_eq(transport_read(transport, &byte, 1), -EPIPE);
    evbuffer_add(out, "too", 3);
    ck_assert_int_eq(transport_write(transport, out), 0); /* forgotten */
    ck_assert_uint_eq(evbuffer_get_length(out), 0);
    ck_assert_int_eq(n_written, 0);
    tear_down();
}
END_TEST

START_TEST(shut_it_still_reads)
{
    set_up();
    transport_shut(transport);
    char byte = 0;
    ck_assert_int_eq(read(peer, &byte, 1), 0);
    ck_assert_int_eq(write(peer, "x", 1), 1);
    run_round();
    ck_assert_int_eq(transport_read(transport, &byte, 1), 1);
    tear_down();
}
END_TEST

UNIT_MAIN("transport", reads_into_the_owners_memory, a_paused_one_is_silent,
          writes_at_once_what_goes, the_rest_follows_by_itself,
          a_write_that_fails_shows_at_the_next_read, shut_it_still_reads)
