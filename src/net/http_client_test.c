/* SPDX-License-Identifier: MIT */
/*
 * The client against our own server, and against a fake one that answers with a script.
 */
#include "net/http_client.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "net/test_certificate.h"
#include "net/test_server.h"
#include "net/tls.h"

/* What came back, copied. */
struct result {
    struct loop *loop;
    int calls;
    enum http_client_error error;
    int status;
    char body[4096];
    char detail[512];
    char type[64];
};

static void got(const struct http_response *response, void *arg)
{
    struct result *result = arg;
    result->calls++;
    result->error = response->error;
    text_copy(result->detail, sizeof(result->detail), response->detail);
    result->status = response->status;
    text_copy(result->body, sizeof(result->body), response->body != NULL ? response->body : "");
    const char *type = http_response_header(response, "content-type");
    text_copy(result->type, sizeof(result->type), type != NULL ? type : "");
    loop_stop(result->loop);
}

static struct http_client_options options_for(const char *url, const char *verify)
{
    return (struct http_client_options){.url = url,
                                        .verify = verify,
                                        .user_agent = "test/1",
                                        .connect_timeout = TEST_PATIENCE_MS,
                                        .request_timeout = TEST_PATIENCE_MS,
                                        .response_max_bytes = 1024};
}

struct bench {
    struct loop *loop;
    struct http_client *client;
    struct result result;
};

static void bench_open(struct bench *bench, const struct http_client_options *options)
{
    struct problem problem = {0};
    *bench = (struct bench){0};
    ck_assert_int_eq(loop_new(&bench->loop), 0);
    int error = http_client_new(bench->loop, options, &bench->client, &problem);
    ck_assert_msg(error == 0, "%s", problem.text);
    bench->result.loop = bench->loop;
}

static void bench_close(struct bench *bench)
{
    http_client_free(bench->client);
    loop_free(bench->loop);
}

static void ask(struct bench *bench, enum http_method method, const char *path,
                const char *body)
{
    int calls = bench->result.calls;
    ck_assert_int_eq(
        http_client_send(bench->client,
                         &(struct http_client_request){
                             .method = method, .path = path, .body = body, .len = strlen(body)},
                         got, &bench->result),
        0);
    ck_assert_int_eq(bench->result.calls, calls); /* never from within */
    loop_run(bench->loop);
    ck_assert_int_eq(bench->result.calls, calls + 1);
}

static void expect_error(const struct bench *bench, enum http_client_error error,
                         const char *part)
{
    const struct result *result = &bench->result;
    ck_assert_msg(result->error == error, "%s: %s", http_client_error_names[result->error],
                  result->detail);
    ck_assert_msg(strstr(result->detail, part) != NULL, "no \"%s\" in \"%s\"", part,
                  result->detail);
}

/* Our server: says what it got and from which connection. */
static void echo(struct http_exchange *exchange, void *arg)
{
    const struct http_request *request = http_exchange_request(exchange);
    atomic_int *count = arg;
    const char *agent = http_request_header(request, "User-Agent");
    const char *host = http_request_header(request, "Host");
    struct http_header type = {"Content-Type", "text/x"};
    atomic_fetch_add(count, 1);
    char *text = arena_printf(http_exchange_arena(exchange), "%s %s [%s] %s %s",
                              http_method_names[request->method], request->target,
                              request->body, agent, host != NULL ? "host" : "none");
    http_respond(exchange, &(struct http_answer){.status = 200,
                                                 .headers = &type,
                                                 .n_headers = 1,
                                                 .body = text,
                                                 .len = strlen(text)});
}

static void start_echo(struct test_server *test, atomic_int *count, struct tls_server *tls)
{
    struct http_server_options options = http_server_defaults;
    options.handler = echo;
    options.handler_arg = count;
    test_server_start(test, &options, tls);
}

static const char *url_of(const char *scheme, const char *host, int port, const char *prefix)
{
    static char url[256];
    snprintf(url, sizeof(url), "%s://%s:%d%s", scheme, host, port, prefix);
    return url;
}

START_TEST(keeps_one_connection)
{
    struct test_server test;
    struct bench bench;
    atomic_int count = 0;
    start_echo(&test, &count, NULL);
    struct http_client_options options =
        options_for(url_of("http", "127.0.0.1", test.port, "/base//"), NULL);
    bench_open(&bench, &options);
    ask(&bench, HTTP_POST, "//api/v1?x=//", "hello");
    expect_error(&bench, HTTP_CLIENT_OK, "");
    ck_assert_int_eq(bench.result.status, 200);
    ck_assert_str_eq(bench.result.body, "POST /base/api/v1?x=// [hello] test/1 host");
    ck_assert_str_eq(bench.result.type, "text/x");
    for (int i = 0; i < 5; i++) {
        ask(&bench, HTTP_GET, "again", "");
        ck_assert_str_eq(bench.result.body, "GET /base/again [] test/1 host");
        ck_assert_uint_eq(http_server_connections(test.server), 1);
    }
    ask(&bench, HTTP_HEAD, "/", "");
    ck_assert_int_eq(bench.result.status, 200);
    ck_assert_str_eq(bench.result.body, "");
    ck_assert_int_eq(atomic_load(&count), 7);
    bench_close(&bench);
    test_server_stop(&test);
}
END_TEST

START_TEST(is_busy_with_one_request)
{
    struct test_server test;
    struct bench bench;
    atomic_int count = 0;
    start_echo(&test, &count, NULL);
    struct http_client_options options =
        options_for(url_of("http", "localhost", test.port, ""), NULL);
    bench_open(&bench, &options);
    ck_assert_int_eq(
        http_client_send(bench.client,
                         &(struct http_client_request){.method = HTTP_GET, .path = "/a b"}, got,
                         &bench.result),
        -EINVAL);
    ck_assert_int_eq(
        http_client_send(bench.client,
                         &(struct http_client_request){.method = HTTP_GET, .path = "/"}, got,
                         &bench.result),
        0);
    ck_assert_int_eq(
        http_client_send(bench.client,
                         &(struct http_client_request){.method = HTTP_GET, .path = "/"}, got,
                         &bench.result),
        -EBUSY);
    loop_run(bench.loop);
    expect_error(&bench, HTTP_CLIENT_OK, "");
    /* dropped without answer */
    ck_assert_int_eq(
        http_client_send(bench.client,
                         &(struct http_client_request){.method = HTTP_GET, .path = "/"}, got,
                         &bench.result),
        0);
    bench_close(&bench);
    ck_assert_int_eq(bench.result.calls, 1);
    test_server_stop(&test);
}
END_TEST

/* The function may free the client while it looks at the answer. */
static void free_client(const struct http_response *response, void *arg)
{
    struct bench *bench = arg;
    http_client_free(bench->client);
    bench->client = NULL;
    ck_assert_int_eq(response->status, 200);
    ck_assert_uint_gt(strlen(response->body), 0);
    loop_stop(bench->loop);
}

START_TEST(may_be_freed_by_its_user)
{
    struct test_server test;
    struct bench bench;
    atomic_int count = 0;
    start_echo(&test, &count, NULL);
    struct http_client_options options =
        options_for(url_of("http", "127.0.0.1", test.port, ""), NULL);
    bench_open(&bench, &options);
    ck_assert_int_eq(
        http_client_send(bench.client,
                         &(struct http_client_request){.method = HTTP_GET, .path = "/"},
                         free_client, &bench),
        0);
    loop_run(bench.loop);
    ck_assert_ptr_null(bench.client);
    bench_close(&bench);
    test_server_stop(&test);
}
END_TEST

/* A server that answers the nth request with the nth text, whatever was asked. */
struct script {
    const char *const *answers; /* NULL entry = ends the connection without an answer */
    size_t len;
    int listener;
    int port;
    size_t connections;
    pthread_t thread;
};

static bool read_request(int fd)
{
    char data[4096];
    size_t len = 0;
    while (len < sizeof(data) - 1) {
        ssize_t part = recv(fd, data + len, sizeof(data) - 1 - len, 0);
        if (part <= 0)
            return false;
        len += (size_t)part;
        data[len] = '\0';
        if (strstr(data, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void *run_script(void *arg)
{
    struct script *script = arg;
    int fd = -1;
    for (size_t i = 0; i < script->len; i++) {
        if (fd < 0) {
            fd = accept(script->listener, NULL, NULL);
            script->connections++;
        }
        if (!read_request(fd)) { /* the client left: the same answer on its next connection */
            close(fd);
            fd = -1;
            i--;
            continue;
        }
        const char *answer = script->answers[i];
        if (answer != NULL)
            send(fd, answer, strlen(answer), MSG_NOSIGNAL);
        if (answer == NULL || strstr(answer, "close") != NULL) {
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0) {
        char rest[64];
        while (recv(fd, rest, sizeof(rest), 0) > 0)
            ;
        close(fd);
    }
    return NULL;
}

static void script_start(struct script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(
        bind(script->listener, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(script->listener, 8), 0);
    getsockname(script->listener, (struct sockaddr *)(void *)&address, &len);
    script->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&script->thread, NULL, run_script, script), 0);
}

static void script_end(struct script *script)
{
    pthread_join(script->thread, NULL);
    close(script->listener);
}

#define SCRIPT(list)                                                                           \
    {                                                                                          \
        .answers = (list), .len = ARRAY_LEN(list)                                              \
    }

START_TEST(reads_what_servers_say)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end",
        "HTTP/1.0 200 OK\r\nX: close\r\nContent-Length: 1\r\n\r\ny",
    };
    static const int statuses[] = {200, 201, 204, 200, 200};
    static const char *const bodies[] = {"abc", "x", "", "to the end", "y"};
    struct script script = SCRIPT(answers);
    struct bench bench;
    script_start(&script);
    struct http_client_options options =
        options_for(url_of("http", "127.0.0.1", script.port, ""), NULL);
    bench_open(&bench, &options);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        ask(&bench, HTTP_GET, "/", "");
        expect_error(&bench, HTTP_CLIENT_OK, "");
        ck_assert_int_eq(bench.result.status, statuses[i]);
        ck_assert_str_eq(bench.result.body, bodies[i]);
    }
    bench_close(&bench);
    script_end(&script);
    ck_assert_uint_eq(script.connections, 2);
}
END_TEST

START_TEST(repeats_once_on_a_kept_connection)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
        NULL, /* dies under the second request: repeated */
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2",
        NULL,
        NULL, /* dies under the repetition too */
    };
    struct script script = SCRIPT(answers);
    struct bench bench;
    script_start(&script);
    struct http_client_options options =
        options_for(url_of("http", "127.0.0.1", script.port, ""), NULL);
    bench_open(&bench, &options);
    ask(&bench, HTTP_POST, "/", "body");
    ck_assert_str_eq(bench.result.body, "1");
    ask(&bench, HTTP_POST, "/", "body");
    ck_assert_str_eq(bench.result.body, "2");
    ask(&bench, HTTP_POST, "/", "body");
    expect_error(&bench, HTTP_CLIENT_BROKEN, "ended before the answer");
    bench_close(&bench);
    script_end(&script);
    ck_assert_uint_eq(script.connections, 3);
}
END_TEST

static void expect_failure(const char *answer, enum http_client_error error, const char *part)
{
    struct script script = {.answers = &answer, .len = 1};
    struct bench bench;
    script_start(&script);
    struct http_client_options options =
        options_for(url_of("http", "127.0.0.1", script.port, ""), NULL);
    bench_open(&bench, &options);
    ask(&bench, HTTP_GET, "/", "");
    expect_error(&bench, error, part);
    bench_close(&bench);
    script_end(&script);
}

START_TEST(refuses_bad_answers)
{
    expect_failure("SSH-2.0-OpenSSH\r\n", HTTP_CLIENT_MALFORMED, "HTTP/1");
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n", HTTP_CLIENT_MALFORMED,
                   "too large");
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                   HTTP_CLIENT_MALFORMED, "two");
    expect_failure("HTTP/1.1 101 Switching Protocols\r\n\r\n", HTTP_CLIENT_MALFORMED,
                   "interim");
    expect_failure("HTTP/1.1 200 OK\r\nX: close\r\nContent-Length: 5\r\n\r\nab",
                   HTTP_CLIENT_BROKEN, "ended");
    expect_failure(NULL, HTTP_CLIENT_BROKEN, "ended before");
}
END_TEST

START_TEST(gives_up_in_time)
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"};
    struct script script = SCRIPT(answers);
    struct bench bench;
    script_start(&script);
    struct http_client_options options =
        options_for(url_of("http", "127.0.0.1", script.port, ""), NULL);
    options.request_timeout = 50;
    bench_open(&bench, &options);
    ask(&bench, HTTP_GET, "/", "");
    expect_error(&bench, HTTP_CLIENT_TIMEOUT, "no complete answer");
    bench_close(&bench);
    script_end(&script);
}
END_TEST

static int free_port(void)
{
    struct script script = {0};
    script_start(&script);
    script_end(&script);
    return script.port;
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

START_TEST(says_why_it_cannot_connect)
{
    struct bench bench;
    struct http_client_options options =
        options_for(url_of("http", "127.0.0.1", free_port(), ""), NULL);
    bench_open(&bench, &options);
    ask(&bench, HTTP_GET, "/", "");
    expect_error(&bench, HTTP_CLIENT_CONNECT, "refused");
    bench_close(&bench);

    options = options_for("http://nothing.invalid/", NULL);
    options.connect_timeout = 1500;
    bench_open(&bench, &options);
    ask(&bench, HTTP_GET, "/", "");
    expect_error(&bench, HTTP_CLIENT_RESOLVE, "http://nothing.invalid: ");
    /* called off while looking up */
    ck_assert_int_eq(
        http_client_send(bench.client,
                         &(struct http_client_request){.method = HTTP_GET, .path = "/"}, got,
                         &bench.result),
        0);
    struct loop_timer *soon = loop_timer_once(bench.loop, 5, stop_loop, bench.loop);
    loop_run(bench.loop);
    loop_timer_stop(soon);
    bench_close(&bench);
}
END_TEST

/* A TLS server with a certificate of `pair`, and what clients think of it. */
struct tls_bench {
    struct test_directory directory;
    struct test_server test;
    struct tls_server *tls;
    atomic_int count;
};

static void tls_bench_open(struct tls_bench *bench, const char *cert, const char *key)
{
    char cert_path[128], key_path[128];
    struct problem problem = {0};
    text_copy(cert_path, sizeof(cert_path), test_path(&bench->directory, cert));
    text_copy(key_path, sizeof(key_path), test_path(&bench->directory, key));
    int error = tls_server_open(cert_path, key_path, &bench->tls, &problem);
    ck_assert_msg(error == 0, "%s", problem.text);
    atomic_init(&bench->count, 0);
    start_echo(&bench->test, &bench->count, bench->tls);
}

static void tls_bench_close(struct tls_bench *bench)
{
    test_server_stop(&bench->test);
    tls_server_close(bench->tls);
}

static void expect_tls(struct tls_bench *tls, const char *host, const char *verify,
                       enum http_client_error error, const char *part)
{
    struct bench bench;
    struct http_client_options options =
        options_for(url_of("https", host, tls->test.port, ""), verify);
    int before = atomic_load(&tls->count);
    bench_open(&bench, &options);
    ask(&bench, HTTP_POST, "/secret", "body");
    expect_error(&bench, error, part);
    ck_assert_int_eq(atomic_load(&tls->count), before + (error == HTTP_CLIENT_OK));
    if (error == HTTP_CLIENT_OK) {
        ck_assert_str_eq(bench.result.body, "POST /secret [body] test/1 host");
        ask(&bench, HTTP_GET, "/again", "");
        expect_error(&bench, HTTP_CLIENT_OK, "");
        ck_assert_uint_eq(http_server_connections(tls->test.server), 1);
    }
    bench_close(&bench);
}

START_TEST(believes_the_pinned_certificate)
{
    struct tls_bench tls = {0};
    char cert[128], pin[80] = "sha256:", other[80] = "sha256:";
    test_directory_make(&tls.directory);
    text_copy(cert, sizeof(cert), test_path(&tls.directory, "cert.pem"));
    ck_assert_int_eq(tls_make_self_signed(cert, test_path(&tls.directory, "key.pem")), 0);
    tls_bench_open(&tls, "cert.pem", "key.pem");
    tls_server_fingerprint(tls.tls, pin + 7);

    expect_tls(&tls, "127.0.0.1", cert, HTTP_CLIENT_OK, "");
    expect_tls(&tls, "localhost", cert, HTTP_CLIENT_OK, "");
    expect_tls(&tls, "localhost", pin, HTTP_CLIENT_OK, "");
    memset(other + 7, 'a', 64);
    expect_tls(&tls, "localhost", other, HTTP_CLIENT_CERTIFICATE, "not the pinned one");
    expect_tls(&tls, "localhost", "", HTTP_CLIENT_CERTIFICATE, "trusted authority");
    tls_bench_close(&tls);
    test_directory_remove(&tls.directory);
}
END_TEST

START_TEST(believes_whom_an_authority_signed)
{
    struct tls_bench tls = {0};
    char authority[128], stranger[128], leaf_path[128];
    test_directory_make(&tls.directory);
    struct test_pair ca = test_pair_make("authority", NULL, 10, NULL);
    struct test_pair ca2 = test_pair_make("stranger", NULL, 10, NULL);
    struct test_pair leaf = test_pair_make("leaf", "DNS:localhost,IP:127.0.0.1", 10, &ca);
    test_pair_write(&ca, &tls.directory, "ca.pem", NULL);
    test_pair_write(&ca2, &tls.directory, "ca2.pem", NULL);
    test_pair_write(&leaf, &tls.directory, "leaf.pem", "leaf.key");
    text_copy(authority, sizeof(authority), test_path(&tls.directory, "ca.pem"));
    text_copy(stranger, sizeof(stranger), test_path(&tls.directory, "ca2.pem"));
    text_copy(leaf_path, sizeof(leaf_path), test_path(&tls.directory, "leaf.pem"));
    tls_bench_open(&tls, "leaf.pem", "leaf.key");

    expect_tls(&tls, "localhost", authority, HTTP_CLIENT_OK, "");
    expect_tls(&tls, "127.0.0.1", authority, HTTP_CLIENT_OK, "");
    expect_tls(&tls, "localhost", leaf_path, HTTP_CLIENT_OK, "");
    expect_tls(&tls, "localhost", stranger, HTTP_CLIENT_CERTIFICATE, "trusted authority");
    expect_tls(&tls, "localhost", NULL, HTTP_CLIENT_CERTIFICATE, "trusted authority");
    setenv("SSL_CERT_FILE", authority, 1); /* "the system's" authorities */
    expect_tls(&tls, "localhost", NULL, HTTP_CLIENT_OK, "");
    unsetenv("SSL_CERT_FILE");

    tls_bench_close(&tls);
    test_pair_free(&ca);
    test_pair_free(&ca2);
    test_pair_free(&leaf);
    test_directory_remove(&tls.directory);
}
END_TEST

START_TEST(refuses_wrong_names_and_times)
{
    struct tls_bench tls = {0};
    char authority[128];
    test_directory_make(&tls.directory);
    struct test_pair ca = test_pair_make("authority", NULL, 10, NULL);
    struct test_pair named = test_pair_make("localhost", "DNS:other.example", 10, &ca);
    struct test_pair expired = test_pair_make("x", "DNS:localhost", -1, &ca);
    test_pair_write(&ca, &tls.directory, "ca.pem", NULL);
    test_pair_write(&named, &tls.directory, "named.pem", "named.key");
    test_pair_write(&expired, &tls.directory, "expired.pem", "expired.key");
    text_copy(authority, sizeof(authority), test_path(&tls.directory, "ca.pem"));

    tls_bench_open(&tls, "named.pem", "named.key");
    expect_tls(&tls, "localhost", authority, HTTP_CLIENT_CERTIFICATE, "not for \"localhost\"");
    expect_tls(&tls, "127.0.0.1", authority, HTTP_CLIENT_CERTIFICATE, "not for \"127.0.0.1\"");
    tls_bench_close(&tls);
    tls_bench_open(&tls, "expired.pem", "expired.key");
    expect_tls(&tls, "localhost", authority, HTTP_CLIENT_CERTIFICATE, "expired");
    tls_bench_close(&tls);

    test_pair_free(&ca);
    test_pair_free(&named);
    test_pair_free(&expired);
    test_directory_remove(&tls.directory);
}
END_TEST

#define MUCH_BYTES 900000

static void echo_all(struct http_exchange *exchange, void *arg)
{
    const struct http_request *request = http_exchange_request(exchange);
    (void)arg;
    http_respond(exchange, &(struct http_answer){
                               .status = 200, .body = request->body, .len = request->body_len});
}

static void got_much(const struct http_response *response, void *arg)
{
    struct result *result = arg;
    result->calls++;
    result->error = response->error;
    text_copy(result->detail, sizeof(result->detail), response->detail);
    ck_assert_msg(response->body_len == MUCH_BYTES, "%d %s", result->calls, response->body);
    for (size_t i = 0; i < response->body_len; i++)
        ck_assert_int_eq((unsigned char)response->body[i], i % 251);
    loop_stop(result->loop);
}

/* More than any buffer on the way holds, in both directions, over both kinds of connection. */
START_TEST(moves_much)
{
    struct test_directory directory;
    char cert[128], key[128];
    struct tls_server *tls;
    static char much[MUCH_BYTES];
    for (size_t i = 0; i < sizeof(much); i++)
        much[i] = (char)(i % 251);
    test_directory_make(&directory);
    text_copy(cert, sizeof(cert), test_path(&directory, "cert.pem"));
    text_copy(key, sizeof(key), test_path(&directory, "key.pem"));
    ck_assert_int_eq(tls_make_self_signed(cert, key), 0);
    ck_assert_int_eq(tls_server_open(cert, key, &tls, NULL), 0);
    for (int is_tls = 0; is_tls < 2; is_tls++) {
        struct test_server test;
        struct bench bench;
        struct http_server_options server_options = http_server_defaults;
        server_options.handler = echo_all;
        test_server_start(&test, &server_options, is_tls ? tls : NULL);
        struct http_client_options options =
            options_for(url_of(is_tls ? "https" : "http", "127.0.0.1", test.port, ""), cert);
        options.response_max_bytes = MUCH_BYTES;
        bench_open(&bench, &options);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(
                http_client_send(
                    bench.client,
                    &(struct http_client_request){
                        .method = HTTP_POST, .path = "/", .body = much, .len = sizeof(much)},
                    got_much, &bench.result),
                0);
            loop_run(bench.loop);
            expect_error(&bench, HTTP_CLIENT_OK, "");
        }
        ck_assert_int_eq(bench.result.calls, 3);
        bench_close(&bench);
        test_server_stop(&test);
    }
    tls_server_close(tls);
    test_directory_remove(&directory);
}
END_TEST

START_TEST(tells_plain_http_from_tls)
{
    struct test_server test;
    struct bench bench;
    atomic_int count = 0;
    start_echo(&test, &count, NULL);
    struct http_client_options options =
        options_for(url_of("https", "127.0.0.1", test.port, ""), NULL);
    bench_open(&bench, &options);
    ask(&bench, HTTP_GET, "/", "");
    expect_error(&bench, HTTP_CLIENT_TLS, "handshake failed");
    ck_assert_int_eq(atomic_load(&count), 0);
    bench_close(&bench);
    test_server_stop(&test);
}
END_TEST

START_TEST(refuses_bad_options)
{
    static const struct {
        const char *url, *verify, *part;
    } rows[] = {
        {"ftp://x/", NULL, "does not begin"},
        {"https://x:0/", NULL, "host and port"},
        {"https://x/", "/nonexistent/ca.pem", "cannot read"},
        {"https://x/", "/dev/null", "no certificate"},
        {"https://x/", "sha256:12", "64 hex digits"},
        {"https://x/",
         "sha256:zz34567890123456789012345678901234567890123456789012345678901234",
         "64 hex digits"},
    };
    struct loop *loop;
    ck_assert_int_eq(loop_new(&loop), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_client_options options = options_for(rows[i].url, rows[i].verify);
        struct http_client *client = NULL;
        struct problem problem = {0};
        ck_assert_int_eq(http_client_new(loop, &options, &client, &problem), -EINVAL);
        ck_assert_ptr_null(client);
        ck_assert_msg(strstr(problem.text, rows[i].part) != NULL, "%s", problem.text);
    }
    loop_free(loop);
}
END_TEST

UNIT_MAIN("http_client", keeps_one_connection, is_busy_with_one_request,
          may_be_freed_by_its_user, reads_what_servers_say, repeats_once_on_a_kept_connection,
          refuses_bad_answers, gives_up_in_time, says_why_it_cannot_connect,
          believes_the_pinned_certificate, believes_whom_an_authority_signed,
          refuses_wrong_names_and_times, moves_much, tells_plain_http_from_tls,
          refuses_bad_options)
