/* SPDX-License-Identifier: MIT */
#include "fake_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FAKE_CONNECTIONS_MAX 128
#define FAKE_TEXT_MAX        (1024 * 1024)

typedef void conversation_fn(struct fake_server *server, FILE *in, int out);

struct connection {
    struct fake_server *server;
    int socket;
    pthread_t thread;
};

struct fake_server {
    conversation_fn *converse;
    struct fake_http http;
    struct fake_smtp smtp;
    int listener, port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t received_one;
    struct connection connections[FAKE_CONNECTIONS_MAX];
    size_t n_connections;
    char *received[FAKE_CONNECTIONS_MAX]; /* owned */
    size_t n_received;
};

/* Takes `text`; returns its number. */
static size_t keep(struct fake_server *server, char *text)
{
    pthread_mutex_lock(&server->lock);
    size_t n = server->n_received++;
    assert(n < FAKE_CONNECTIONS_MAX);
    server->received[n] = text;
    pthread_cond_broadcast(&server->received_one);
    pthread_mutex_unlock(&server->lock);
    return n;
}

static void say(int out, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t sent = send(out, text, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        len -= (size_t)sent;
    }
}

static void converse_http(struct fake_server *server, FILE *in, int out)
{
    char *text = calloc(1, FAKE_TEXT_MAX), line[8192];
    size_t len = 0, body = 0;
    while (fgets(line, sizeof(line), in) != NULL) {
        assert(len + strlen(line) < FAKE_TEXT_MAX);
        strcpy(text + len, line);
        len += strlen(line);
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            body = (size_t)atol(line + 15);
        if (strcmp(line, "\r\n") == 0)
            break;
    }
    assert(len + body < FAKE_TEXT_MAX);
    if (len == 0 || fread(text + len, 1, body, in) != body) {
        free(text);
        return;
    }
    size_t n = keep(server, text);
    size_t last = server->http.n_answers - 1;
    say(out, server->http.answers[n < last ? n : last]);
}

static const char *or_else(const char *reply, const char *friendly)
{
    return reply == NULL ? friendly : reply;
}

/* Reads the mail up to the lone dot. */
static bool read_mail(FILE *in, char *text)
{
    char line[8192];
    size_t len = strlen(text);
    while (fgets(line, sizeof(line), in) != NULL) {
        if (strcmp(line, ".\r\n") == 0)
            return true;
        const char *unstuffed = line[0] == '.' ? line + 1 : line;
        assert(len + strlen(unstuffed) < FAKE_TEXT_MAX);
        strcpy(text + len, unstuffed);
        len += strlen(unstuffed);
    }
    return false;
}

static const char *reply_to(const struct fake_smtp *smtp, const char *line)
{
    if (strncasecmp(line, "EHLO", 4) == 0)
        return or_else(smtp->ehlo, "250-fake\r\n250 8BITMIME\r\n");
    if (strncasecmp(line, "MAIL", 4) == 0)
        return or_else(smtp->mail, "250 2.1.0 Ok\r\n");
    if (strncasecmp(line, "RCPT", 4) == 0) {
        if (smtp->refuse != NULL && strstr(line, smtp->refuse) != NULL)
            return smtp->refusal;
        return or_else(smtp->rcpt, "250 2.1.5 Ok\r\n");
    }
    if (strncasecmp(line, "DATA", 4) == 0)
        return "354 Go on\r\n";
    if (strncasecmp(line, "AUTH", 4) == 0)
        return "235 2.7.0 Welcome\r\n";
    return "502 5.5.2 What?\r\n";
}

static void converse_smtp(struct fake_server *server, FILE *in, int out)
{
    const struct fake_smtp *smtp = &server->smtp;
    char *text = calloc(1, FAKE_TEXT_MAX), line[8192];
    say(out, "220 fake ESMTP\r\n");
    while (fgets(line, sizeof(line), in) != NULL) {
        if (strncasecmp(line, "QUIT", 4) == 0) {
            if (!smtp->ignores_quit) {
                say(out, "221 2.0.0 Bye\r\n");
                break;
            }
            continue;
        }
        if (strncasecmp(line, "EHLO", 4) != 0)
            strcat(text, line);
        say(out, reply_to(smtp, line));
        if (strncasecmp(line, "DATA", 4) != 0)
            continue;
        strcat(text, "\r\n");
        if (!read_mail(in, text))
            break;
        keep(server, text);
        text = calloc(1, FAKE_TEXT_MAX);
        say(out, or_else(smtp->end_of_data, "250 2.0.0 Ok: queued as 1\r\n"));
    }
    free(text);
}

static void converse_silently(struct fake_server *server, FILE *in, int out)
{
    (void)server;
    (void)out;
    while (fgetc(in) != EOF)
        ;
}

static void *run_connection(void *arg)
{
    struct connection *connection = arg;
    FILE *in = fdopen(dup(connection->socket), "r");
    connection->server->converse(connection->server, in, connection->socket);
    shutdown(connection->socket, SHUT_RDWR);
    fclose(in);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct fake_server *server = arg;
    for (int socket; (socket = accept(server->listener, NULL, NULL)) >= 0;) {
        pthread_mutex_lock(&server->lock);
        assert(server->n_connections < FAKE_CONNECTIONS_MAX);
        struct connection *connection = &server->connections[server->n_connections++];
        *connection = (struct connection){.server = server, .socket = socket};
        int error = pthread_create(&connection->thread, NULL, run_connection, connection);
        assert(error == 0);
        (void)error;
        pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

static struct fake_server *start(conversation_fn *converse, const struct fake_http *http,
                                 const struct fake_smtp *smtp)
{
    struct fake_server *server = calloc(1, sizeof(*server));
    server->converse = converse;
    if (http != NULL)
        server->http = *http;
    if (smtp != NULL)
        server->smtp = *smtp;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->received_one, &attributes);
    pthread_condattr_destroy(&attributes);

    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = bind(server->listener, (struct sockaddr *)&address, len);
    error |= listen(server->listener, 64);
    error |= getsockname(server->listener, (struct sockaddr *)&address, &len);
    error |= pthread_create(&server->acceptor, NULL, accept_all, server);
    assert(error == 0);
    (void)error;
    server->port = ntohs(address.sin_port);
    return server;
}

struct fake_server *fake_http_start(const struct fake_http *script)
{
    return start(converse_http, script, NULL);
}

struct fake_server *fake_smtp_start(const struct fake_smtp *script)
{
    return start(converse_smtp, NULL, script);
}

struct fake_server *fake_silent_start(void)
{
    return start(converse_silently, NULL, NULL);
}

void fake_server_stop(struct fake_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    for (size_t i = 0; i < server->n_connections; i++) {
        shutdown(server->connections[i].socket, SHUT_RDWR);
        pthread_join(server->connections[i].thread, NULL);
        close(server->connections[i].socket);
    }
    for (size_t i = 0; i < server->n_received; i++)
        free(server->received[i]);
    pthread_cond_destroy(&server->received_one);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

int fake_server_port(const struct fake_server *server)
{
    return server->port;
}

const char *fake_server_wait(struct fake_server *server, size_t n)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += FAKE_WAIT_MS / 1000;
    int error = 0;
    pthread_mutex_lock(&server->lock);
    while (server->n_received <= n && error == 0)
        error = pthread_cond_timedwait(&server->received_one, &server->lock, &until);
    const char *text = server->n_received > n ? server->received[n] : NULL;
    pthread_mutex_unlock(&server->lock);
    return text;
}

size_t fake_server_count(struct fake_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->n_received;
    pthread_mutex_unlock(&server->lock);
    return count;
}
