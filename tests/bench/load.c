/* SPDX-License-Identifier: MIT */
/*
 * load - sends remote write requests as fast as they are answered, and says what that cost the
 * server in CPU time.
 *
 *     cc -O2 -std=gnu17 -D_GNU_SOURCE load.c -lsnappy -lpthread -o load
 *     load PORT PATH TOKEN PID HOSTS STEPS HOSTS_PER_REQUEST CONNECTIONS START_MS
 *
 * Each host has 200 series as node exporters have them: of ten, four stand still, four count and
 * two swing.  A step is one sample of every series, 10 s after the one before.  One connection
 * has always the same hosts, and all wait for each other at the end of a step.  Values come from
 * a generator with a seed, so each run sends the same.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <snappy-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERIES          200
#define STEP_MS         10000
#define SERIES_MAX      400 /* bytes of one */
#define CONNECTIONS_MAX 64
#define INSTANCE_SIZE   32

static struct options {
    int port, pid, hosts, steps, group, connections;
    const char *path, *token;
    int64_t start_ms;
} options;

struct host {
    double values[SERIES];
    uint64_t random;
};

struct load {
    pthread_t thread;
    int number, fd;
    uint64_t samples, requests, refused, raw_bytes, sent_bytes;
};

static struct host *hosts;
static pthread_barrier_t step_end;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double random_of(struct host *host)
{
    uint64_t x = host->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    host->random = x;
    return (double)(x >> 11) * 0x1p-53;
}

/* The next value of a series. */
static double advance(struct host *host, int series)
{
    double *value = &host->values[series];
    int shape = series % 10;
    if (shape >= 4 && shape < 6) /* bytes and the like */
        *value += (double)(int64_t)(random_of(host) * 100000);
    else if (shape >= 6 && shape < 8) /* seconds, in hundredths */
        *value = (double)(int64_t)(*value * 100 + random_of(host) * 1000 + 0.5) / 100;
    else if (shape >= 8)
        *value = (double)(int64_t)(random_of(host) * 4096) * 4096;
    return *value;
}

static uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put_text(uint8_t *to, uint8_t tag, const char *text)
{
    size_t len = strlen(text);
    *to++ = tag;
    to = put_varint(to, len);
    memcpy(to, text, len);
    return to + len;
}

static uint8_t *put_label(uint8_t *to, const char *name, const char *value)
{
    *to++ = 0x0a;
    to = put_varint(to, strlen(name) + strlen(value) + 4); /* all lengths are below 128 */
    to = put_text(to, 0x0a, name);
    return put_text(to, 0x12, value);
}

static uint8_t *put_labels(uint8_t *to, int series, const char *instance)
{
    static const char *const names[] = {"node_cpu_seconds_total",
                                        "node_disk_io_time_seconds_total",
                                        "node_network_receive_bytes_total",
                                        "node_filesystem_avail_bytes",
                                        "node_memory_bytes",
                                        "node_vmstat_events_total",
                                        "node_netstat_segments_total",
                                        "node_interrupts_total"};
    char kind[16], name[64];
    snprintf(kind, sizeof(kind), "kind-%02d", series % 25);
    snprintf(name, sizeof(name), "%s", names[series / 25]);
    to = put_label(to, "__name__", name);
    if (series / 25 < 4)
        to = put_label(to, "device", kind);
    to = put_label(to, "instance", instance);
    to = put_label(to, "job", "node");
    return series / 25 < 4 ? to : put_label(to, "mode", kind);
}

static uint8_t *put_sample(uint8_t *to, double value, int64_t at_ms)
{
    uint8_t time[10];
    size_t time_len = (size_t)(put_varint(time, (uint64_t)at_ms) - time);
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    bits = htole64(bits);
    *to++ = 0x12;
    *to++ = (uint8_t)(10 + time_len);
    *to++ = 0x09;
    memcpy(to, &bits, sizeof(bits));
    to += sizeof(bits);
    *to++ = 0x10;
    memcpy(to, time, time_len);
    return to + time_len;
}

static uint8_t *put_host(uint8_t *to, int host, int64_t at_ms)
{
    char instance[INSTANCE_SIZE];
    snprintf(instance, sizeof(instance), "host-%05d:9100", host);
    for (int i = 0; i < SERIES; i++) {
        uint8_t series[SERIES_MAX];
        uint8_t *end = put_labels(series, i, instance);
        end = put_sample(end, advance(&hosts[host], i), at_ms);
        size_t len = (size_t)(end - series);
        *to++ = 0x0a;
        to = put_varint(to, len);
        memcpy(to, series, len);
        to += len;
    }
    return to;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            die("send");
        bytes += n;
        len -= (size_t)n;
    }
}

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

/* The status; answers to writes have no body that is longer than what is read with the head. */
static int read_status(int fd)
{
    char answer[8192];
    size_t len = 0;
    do {
        ssize_t n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);
        if (n <= 0)
            die("recv");
        len += (size_t)n;
        answer[len] = '\0';
    } while (strstr(answer, "\r\n\r\n") == NULL && len < sizeof(answer) - 1);
    int status = 0;
    sscanf(answer, "HTTP/1.%*c %d", &status);
    if (status / 100 != 2)
        fprintf(stderr, "%.300s\n", answer);
    return status;
}

/* Head and body go in one piece, as agents send them. */
static void post(struct load *load, char *message, size_t body_at, size_t body_len)
{
    char head[1024];
    int len = snprintf(head, sizeof(head),
                       "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: snappy\r\n"
                       "Content-Type: application/x-protobuf\r\n"
                       "X-Prometheus-Remote-Write-Version: 0.1.0\r\n"
                       "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n",
                       options.path, options.token, body_len);
    char *start = message + body_at - len;
    memcpy(start, head, (size_t)len);
    send_all(load->fd, start, (size_t)len + body_len);
    load->requests++;
    load->refused += read_status(load->fd) / 100 != 2;
}

static void *run(void *arg)
{
    struct load *load = arg;
    const size_t head_max = 1024, raw_max = (size_t)options.group * SERIES * SERIES_MAX;
    size_t packed_max = snappy_max_compressed_length(raw_max);
    uint8_t *raw = malloc(raw_max);
    char *message = malloc(head_max + packed_max);
    if (raw == NULL || message == NULL)
        die("malloc");
    load->fd = dial();
    for (int step = 0; step < options.steps; step++) {
        int64_t at_ms = options.start_ms + (int64_t)step * STEP_MS;
        int stride = options.group * options.connections;
        for (int first = load->number * options.group; first < options.hosts; first += stride) {
            uint8_t *end = raw;
            for (int i = first; i < first + options.group && i < options.hosts; i++) {
                end = put_host(end, i, at_ms + (i * 37) % STEP_MS);
                load->samples += SERIES;
            }
            size_t packed = packed_max;
            snappy_compress((char *)raw, (size_t)(end - raw), message + head_max, &packed);
            load->raw_bytes += (uint64_t)(end - raw);
            load->sent_bytes += packed;
            post(load, message, head_max, packed);
        }
        pthread_barrier_wait(&step_end);
    }
    close(load->fd);
    free(raw);
    free(message);
    return NULL;
}

/* User and system time of the server, in seconds. */
static double cpu_s(void)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", options.pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof(line), file) == NULL)
        die(path);
    fclose(file);
    const char *rest = strrchr(line, ')');
    if (rest != NULL)
        sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double peak_mib(void)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", options.pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "VmHWM: %ld", &kib);
    if (file != NULL)
        fclose(file);
    return (double)kib / 1024;
}

static void read_options(char **args)
{
    options = (struct options){.port = atoi(args[1]),
                               .path = args[2],
                               .token = args[3],
                               .pid = atoi(args[4]),
                               .hosts = atoi(args[5]),
                               .steps = atoi(args[6]),
                               .group = atoi(args[7]),
                               .connections = atoi(args[8]),
                               .start_ms = atoll(args[9])};
    if (options.hosts < 1 || options.steps < 1 || options.group < 1 ||
        options.connections < 1 || options.connections > CONNECTIONS_MAX) {
        fprintf(stderr, "load: a number is out of range\n");
        exit(2);
    }
}

int main(int n_args, char **args)
{
    static struct load loads[CONNECTIONS_MAX];
    if (n_args != 10) {
        fprintf(stderr, "usage: load PORT PATH TOKEN PID HOSTS STEPS HOSTS_PER_REQUEST "
                        "CONNECTIONS START_MS\n");
        return 2;
    }
    read_options(args);
    hosts = calloc((size_t)options.hosts, sizeof(*hosts));
    if (hosts == NULL)
        die("calloc");
    for (int i = 0; i < options.hosts; i++) {
        hosts[i].random = 0x9e3779b97f4a7c15u * (uint64_t)(i + 1);
        for (int k = 0; k < SERIES; k++)
            hosts[i].values[k] = (double)(int64_t)(random_of(&hosts[i]) * 1e6);
    }
    pthread_barrier_init(&step_end, NULL, (unsigned)options.connections);
    double cpu_before = cpu_s(), began = now_s();
    for (int i = 0; i < options.connections; i++) {
        loads[i].number = i;
        pthread_create(&loads[i].thread, NULL, run, &loads[i]);
    }
    struct load sum = {0};
    for (int i = 0; i < options.connections; i++) {
        pthread_join(loads[i].thread, NULL);
        sum.samples += loads[i].samples;
        sum.requests += loads[i].requests;
        sum.refused += loads[i].refused;
        sum.raw_bytes += loads[i].raw_bytes;
        sum.sent_bytes += loads[i].sent_bytes;
    }
    double wall = now_s() - began, cpu = cpu_s() - cpu_before, samples = (double)sum.samples;
    printf("{\"samples\": %.0f, \"requests\": %lu, \"refused\": %lu, \"wall_s\": %.2f, "
           "\"server_cpu_s\": %.2f, \"samples_per_cpu_s\": %.0f, "
           "\"raw_bytes_per_sample\": %.1f, \"sent_bytes_per_sample\": %.2f, "
           "\"peak_mib\": %.0f}\n",
           samples, (unsigned long)sum.requests, (unsigned long)sum.refused, wall, cpu,
           cpu > 0 ? samples / cpu : 0, (double)sum.raw_bytes / samples,
           (double)sum.sent_bytes / samples, peak_mib());
    return sum.refused > 0;
}
