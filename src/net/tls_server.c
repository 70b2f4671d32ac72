/* SPDX-License-Identifier: MIT */
/*
 * A reload builds a whole new context and swaps it in under a lock; sessions hold a reference
 * to the context they began with.  Nothing is kept per client: the session cache is off, and
 * resumption works by tickets, which clients store.
 */
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "net/tls_session.h"

struct tls_server {
    char *cert_path, *key_path; /* owned */

    pthread_mutex_t *lock; /* owned; guards what follows */
    SSL_CTX *context;      /* owned */
    char fingerprint[TLS_FINGERPRINT_SIZE];
};

void tls_certificate_fingerprint(const X509 *certificate, char out[TLS_FINGERPRINT_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    unsigned len = 0;
    X509_digest(certificate, EVP_sha256(), digest, &len);
    text_to_hex(digest, 32, out);
}

SSL_CTX *tls_context_new(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    return context;
}

/* A key with a passphrase is refused; asking on a terminal is not for a daemon. */
static int refuse_passphrase(char *out, int size, int is_writing, void *arg)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)arg;
    return -1;
}

/* Of the protocols that a client offers we speak one; without it the list is ignored. */
/* NOLINTNEXTLINE(readability-function-size): OpenSSL says what it takes. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *arg)
{
    static const unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char *chosen;
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours), offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int explain(struct problem *problem, const char *path, const char *what)
{
    char reason[160];
    tls_error_text(reason, sizeof(reason));
    if (problem != NULL)
        text_copy(problem->file, sizeof(problem->file), path);
    return problem_set(problem, "%s: %s", what, reason);
}

static int load(const struct tls_server *tls, SSL_CTX *context, struct problem *problem)
{
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, tls->cert_path) != 1)
        return explain(problem, tls->cert_path, "cannot use this certificate");
    if (SSL_CTX_use_PrivateKey_file(context, tls->key_path, SSL_FILETYPE_PEM) != 1)
        return explain(problem, tls->key_path, "cannot use this private key");
    if (SSL_CTX_check_private_key(context) != 1)
        return explain(problem, tls->key_path, "the key does not belong to the certificate");
    return 0;
}

int tls_server_reload(struct tls_server *tls, struct problem *problem)
{
    SSL_CTX *context = tls_context_new(TLS_server_method());
    if (context == NULL)
        return explain(problem, tls->cert_path, "cannot set up TLS");
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    int error = load(tls, context, problem);
    if (error != 0) {
        SSL_CTX_free(context);
        return error;
    }

    pthread_mutex_lock(tls->lock);
    SSL_CTX *old = tls->context;
    tls->context = context;
    tls_certificate_fingerprint(SSL_CTX_get0_certificate(context), tls->fingerprint);
    pthread_mutex_unlock(tls->lock);
    SSL_CTX_free(old);
    return 0;
}

int tls_server_open(const char *cert_path, const char *key_path, struct tls_server **out_tls,
                    struct problem *problem)
{
    struct tls_server *tls = memory_calloc(1, sizeof(*tls));
    tls->lock = memory_alloc(sizeof(*tls->lock));
    pthread_mutex_init(tls->lock, NULL);
    tls->cert_path = memory_strdup(cert_path);
    tls->key_path = memory_strdup(key_path);
    int error = tls_server_reload(tls, problem);
    if (error != 0) {
        tls_server_close(tls);
        return error;
    }
    *out_tls = tls;
    return 0;
}

void tls_server_close(struct tls_server *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(tls->lock);
    free(tls->lock);
    free(tls->cert_path);
    free(tls->key_path);
    free(tls);
}

void tls_server_fingerprint(const struct tls_server *tls, char out[TLS_FINGERPRINT_SIZE])
{
    pthread_mutex_lock(tls->lock);
    memcpy(out, tls->fingerprint, TLS_FINGERPRINT_SIZE);
    pthread_mutex_unlock(tls->lock);
}

SSL *tls_server_session(struct tls_server *tls)
{
    pthread_mutex_lock(tls->lock);
    SSL *ssl = SSL_new(tls->context);
    pthread_mutex_unlock(tls->lock);
    return ssl;
}
