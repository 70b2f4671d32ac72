/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "net/test_certificate.h"
#include "net/test_server.h"

static char cert[128], key[128];

static void paths(struct test_directory *directory)
{
    test_directory_make(directory);
    text_copy(cert, sizeof(cert), test_path(directory, "cert.pem"));
    text_copy(key, sizeof(key), test_path(directory, "key.pem"));
}

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(certificate);
    fclose(file);
    return certificate;
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 07777;
}

START_TEST(makes_a_certificate_for_itself)
{
    struct test_directory directory;
    char host[256];
    paths(&directory);
    ck_assert_int_eq(tls_make_self_signed(cert, key), 0);
    ck_assert_int_eq(mode_of(cert), 0644);
    ck_assert_int_eq(mode_of(key), 0600);

    X509 *made = read_certificate(cert);
    ck_assert_int_eq(gethostname(host, sizeof(host)), 0);
    ck_assert_int_eq(X509_check_host(made, host, 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_host(made, "localhost", 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_ip_asc(made, "127.0.0.1", 0), 1);
    ck_assert_int_eq(X509_check_ip_asc(made, "::1", 0), 1);
    ck_assert_int_eq(X509_check_host(made, "example.org", 0, 0, NULL), 0);
    ck_assert_int_eq(X509_check_ca(made), 0);
    ck_assert_int_eq(EVP_PKEY_get_bits(X509_get0_pubkey(made)), 256);
    ck_assert_int_eq(X509_verify(made, X509_get0_pubkey(made)), 1);
    ck_assert_int_lt(X509_cmp_current_time(X509_get0_notBefore(made)), 0);
    int days, seconds;
    ck_assert_int_eq(
        ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(made), X509_get0_notAfter(made)),
        1);
    ck_assert_int_ge(days, 3650);
    ck_assert_int_le(days, 3660);
    X509_free(made);
    test_directory_remove(&directory);
}
END_TEST

START_TEST(keeps_what_it_made)
{
    struct test_directory directory;
    struct tls_server *tls;
    char first[TLS_FINGERPRINT_SIZE], second[TLS_FINGERPRINT_SIZE];
    paths(&directory);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(tls_make_self_signed(cert, key), 0);
        ck_assert_int_eq(tls_server_open(cert, key, &tls, NULL), 0);
        tls_server_fingerprint(tls, i == 0 ? first : second);
        tls_server_close(tls);
    }
    ck_assert_str_eq(first, second);

    unsigned char digest[32];
    char hex[TLS_FINGERPRINT_SIZE];
    X509 *made = read_certificate(cert);
    ck_assert_int_eq(X509_digest(made, EVP_sha256(), digest, NULL), 1);
    text_to_hex(digest, sizeof(digest), hex);
    ck_assert_str_eq(first, hex);
    X509_free(made);

    unlink(key);
    ck_assert_int_eq(tls_make_self_signed(cert, key), -ENOENT);
    ck_assert_int_ne(tls_make_self_signed("/nonexistent/cert.pem", "/nonexistent/key.pem"), 0);
    test_directory_remove(&directory);
}
END_TEST

START_TEST(says_what_is_wrong_with_files)
{
    struct test_directory directory;
    struct tls_server *tls = NULL;
    struct problem problem = {0};
    char other[128];
    paths(&directory);
    ck_assert_int_eq(tls_make_self_signed(cert, key), 0);
    struct test_pair pair = test_pair_make("other", NULL, 10, NULL);
    test_pair_write(&pair, &directory, "other.pem", "other.key");
    text_copy(other, sizeof(other), test_path(&directory, "other.key"));

    ck_assert_int_eq(tls_server_open("/nonexistent.pem", key, &tls, &problem), -EINVAL);
    ck_assert_str_eq(problem.file, "/nonexistent.pem");
    ck_assert_ptr_nonnull(strstr(problem.text, "certificate"));
    ck_assert_int_eq(tls_server_open(cert, "/dev/null", &tls, &problem), -EINVAL);
    ck_assert_str_eq(problem.file, "/dev/null");
    ck_assert_int_eq(tls_server_open(cert, other, &tls, &problem), -EINVAL);
    ck_assert_str_eq(problem.file, other);
    ck_assert_int_eq(tls_server_open(key, key, &tls, NULL), -EINVAL);

    FILE *file = fopen(other, "we");
    ck_assert_ptr_nonnull(file);
    unsigned char word[] = "secret";
    ck_assert_int_eq(
        PEM_write_PrivateKey(file, pair.key, EVP_aes_128_cbc(), word, 6, NULL, NULL), 1);
    fclose(file);
    ck_assert_int_eq(tls_server_open(cert, other, &tls, &problem), -EINVAL); /* asks nobody */
    ck_assert_ptr_null(tls);
    test_pair_free(&pair);
    test_directory_remove(&directory);
}
END_TEST

START_TEST(reloads_a_renewed_certificate)
{
    struct test_directory directory;
    struct tls_server *tls;
    struct problem problem = {0};
    char old[TLS_FINGERPRINT_SIZE], renewed[TLS_FINGERPRINT_SIZE], kept[TLS_FINGERPRINT_SIZE];
    paths(&directory);
    ck_assert_int_eq(tls_make_self_signed(cert, key), 0);
    ck_assert_int_eq(tls_server_open(cert, key, &tls, NULL), 0);
    tls_server_fingerprint(tls, old);

    struct test_pair pair = test_pair_make("renewed", "DNS:localhost", 10, NULL);
    test_pair_write(&pair, &directory, "cert.pem", "key.pem");
    ck_assert_int_eq(tls_server_reload(tls, &problem), 0);
    tls_server_fingerprint(tls, renewed);
    ck_assert_str_ne(old, renewed);

    unlink(key); /* a failed reload changes nothing */
    ck_assert_int_eq(tls_server_reload(tls, &problem), -EINVAL);
    tls_server_fingerprint(tls, kept);
    ck_assert_str_eq(renewed, kept);
    tls_server_close(tls);
    tls_server_close(NULL);
    test_pair_free(&pair);
    test_directory_remove(&directory);
}
END_TEST

static void say_hello(struct http_exchange *exchange, void *arg)
{
    (void)arg;
    ck_assert(http_exchange_request(exchange)->is_tls);
    http_respond(exchange, &(struct http_answer){.status = 200, .body = "hello", .len = 5});
}

/* One handshake and one request with plain OpenSSL, up to `version`.  The status of both. */
static bool hello_over(int port, int version, char *out, size_t size)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    const char request[] = "GET / HTTP/1.0\r\n\r\n";
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_max_proto_version(context, version);
    SSL *ssl = SSL_new(context);
    SSL_set_alpn_protos(ssl, protocols, sizeof(protocols) - 1);
    int fd = test_connect(port);
    SSL_set_fd(ssl, fd);
    bool is_connected = SSL_connect(ssl) == 1;
    if (is_connected) {
        const unsigned char *chosen;
        unsigned len;
        SSL_get0_alpn_selected(ssl, &chosen, &len);
        ck_assert_uint_eq(len, 8);
        ck_assert_int_eq(SSL_write(ssl, request, sizeof(request) - 1), sizeof(request) - 1);
        int total = 0, part;
        while ((part = SSL_read(ssl, out + total, (int)size - total - 1)) > 0)
            total += part;
        ck_assert_int_eq(SSL_get_error(ssl, part), SSL_ERROR_ZERO_RETURN); /* a clean end */
        out[total] = '\0';
    }
    SSL_free(ssl);
    close(fd);
    SSL_CTX_free(context);
    return is_connected;
}

START_TEST(speaks_1_2_and_up)
{
    struct test_directory directory;
    struct test_server test;
    struct tls_server *tls;
    char out[1024];
    struct http_server_options options = http_server_defaults;
    options.handler = say_hello;
    paths(&directory);
    ck_assert_int_eq(tls_make_self_signed(cert, key), 0);
    ck_assert_int_eq(tls_server_open(cert, key, &tls, NULL), 0);
    test_server_start(&test, &options, tls);
    ck_assert(!hello_over(test.port, TLS1_1_VERSION, out, sizeof(out)));
    ck_assert(hello_over(test.port, TLS1_2_VERSION, out, sizeof(out)));
    ck_assert_ptr_nonnull(strstr(out, "hello"));
    ck_assert(hello_over(test.port, TLS1_3_VERSION, out, sizeof(out)));
    ck_assert_ptr_nonnull(strstr(out, "hello"));
    test_server_stop(&test);
    tls_server_close(tls);
    test_directory_remove(&directory);
}
END_TEST

START_TEST(cuts_who_never_shakes_hands)
{
    struct test_directory directory;
    struct test_server test;
    struct tls_server *tls;
    char out[64];
    struct http_server_options options = http_server_defaults;
    options.handler = say_hello;
    options.head_timeout = 40;
    paths(&directory);
    ck_assert_int_eq(tls_make_self_signed(cert, key), 0);
    ck_assert_int_eq(tls_server_open(cert, key, &tls, NULL), 0);
    test_server_start(&test, &options, tls);
    int fd = test_connect(test.port);
    ck_assert_uint_eq(test_receive(fd, NULL, out, sizeof(out)), 0);
    close(fd);
    fd = test_connect(test.port);
    test_send(fd, "GET / HTTP/1.1\r\nHost: plain\r\n\r\n"); /* not TLS at all */
    test_receive(fd, NULL, out, sizeof(out));
    ck_assert_ptr_null(strstr(out, "HTTP/"));
    close(fd);
    test_server_stop(&test);
    tls_server_close(tls);
    test_directory_remove(&directory);
}
END_TEST

UNIT_MAIN("tls", makes_a_certificate_for_itself, keeps_what_it_made,
          says_what_is_wrong_with_files, reloads_a_renewed_certificate, speaks_1_2_and_up,
          cuts_who_never_shakes_hands)
