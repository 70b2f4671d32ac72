/* SPDX-License-Identifier: MIT */
/*
 * Memory matters on the agent: OpenSSL's texts are left out, and of the system's CAs only the
 * folder is looked at, from which OpenSSL loads the one CA it needs, when it needs it.
 */
#include "net/tls_verify.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "base/vec.h"
#include "net/tls_session.h"

#define CERTIFICATES_MAX 4096 /* in one file */
#define HOST_NAME_BYTES  256

struct pin {
    char fingerprint[TLS_FINGERPRINT_SIZE];
};

struct tls_verifier {
    SSL_CTX *context; /* owned */
    VEC(struct pin) pins;
    bool has_authorities; /* else the pins alone decide */
};

static bool is_pinned(const struct tls_verifier *verifier, const X509 *certificate)
{
    char fingerprint[TLS_FINGERPRINT_SIZE];
    tls_certificate_fingerprint(certificate, fingerprint);
    for (size_t i = 0; i < verifier->pins.len; i++) {
        if (text_is(verifier->pins.items[i].fingerprint, fingerprint))
            return true;
    }
    return false;
}

/* OpenSSL asks here instead of verifying by itself. */
static int verify_chain(X509_STORE_CTX *chain, void *arg)
{
    const struct tls_verifier *verifier = arg;
    const X509 *certificate = X509_STORE_CTX_get0_cert(chain);
    if (certificate != NULL && is_pinned(verifier, certificate)) {
        X509_STORE_CTX_set_error(chain, X509_V_OK);
        return 1;
    }
    if (verifier->has_authorities)
        return X509_verify_cert(chain);
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static int use_fingerprint(struct tls_verifier *verifier, const char *hex,
                           struct problem *problem)
{
    unsigned char digest[32];
    char plain[TLS_FINGERPRINT_SIZE];
    size_t len = 0;
    for (const char *at = hex; *at != '\0' && len < sizeof(plain); at++) {
        if (*at != ':')
            plain[len++] = *at;
    }
    if (len != sizeof(plain) - 1)
        return problem_set(problem, "a fingerprint is sha256: and 64 hex digits");
    plain[len] = '\0';
    if (text_from_hex(plain, digest, sizeof(digest)) != 0)
        return problem_set(problem, "a fingerprint is sha256: and 64 hex digits");
    struct pin pin;
    text_to_hex(digest, sizeof(digest), pin.fingerprint);
    VEC_PUSH(&verifier->pins, pin);
    return 0;
}

/* Each certificate of the file is both an authority and a pin. */
static int use_file(struct tls_verifier *verifier, const char *path, struct problem *problem)
{
    char reason[160];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return problem_set(problem, "cannot read %.200s: %s", path, strerror(errno));
    X509_STORE *store = SSL_CTX_get_cert_store(verifier->context);
    X509 *certificate;
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN); /* an intermediate CA is enough */
    ERR_clear_error();
    while (verifier->pins.len < CERTIFICATES_MAX &&
           (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
        struct pin pin;
        tls_certificate_fingerprint(certificate, pin.fingerprint);
        VEC_PUSH(&verifier->pins, pin);
        X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
    }
    fclose(file);
    bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    tls_error_text(reason, sizeof(reason));
    if (verifier->pins.len == 0)
        return problem_set(problem, "there is no certificate in %.200s", path);
    if (!is_end)
        return problem_set(problem, "a certificate in %.200s is damaged: %s", path, reason);
    verifier->has_authorities = true;
    return 0;
}

static int use_system(struct tls_verifier *verifier, struct problem *problem)
{
    const char *file = secure_getenv(X509_get_default_cert_file_env());
    int is_set = file != NULL && file[0] != '\0'
                     ? SSL_CTX_load_verify_file(verifier->context, file)
                     : SSL_CTX_set_default_verify_dir(verifier->context);
    ERR_clear_error();
    if (is_set != 1)
        return problem_set(problem, "cannot use the system's certificate authorities");
    verifier->has_authorities = true;
    return 0;
}

int tls_verifier_new(const char *verify, struct tls_verifier **out_verifier,
                     struct problem *problem)
{
    struct tls_verifier *verifier = memory_calloc(1, sizeof(*verifier));
    tls_leave_out_texts();
    verifier->context = tls_context_new(TLS_client_method());
    int error;
    const char *hex = verify != NULL ? text_after(verify, "sha256:") : NULL;
    if (verifier->context == NULL)
        error = problem_set(problem, "cannot set up TLS");
    else if (hex != NULL)
        error = use_fingerprint(verifier, hex, problem);
    else if (verify != NULL && verify[0] != '\0')
        error = use_file(verifier, verify, problem);
    else
        error = use_system(verifier, problem);
    if (error != 0) {
        tls_verifier_free(verifier);
        return error;
    }
    SSL_CTX_set_verify(verifier->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(verifier->context, verify_chain, verifier);
    *out_verifier = verifier;
    return 0;
}

void tls_verifier_free(struct tls_verifier *verifier)
{
    if (verifier == NULL)
        return;
    SSL_CTX_free(verifier->context);
    VEC_DEINIT(&verifier->pins);
    free(verifier);
}

SSL *tls_verifier_session(struct tls_verifier *verifier, const char *host, bool is_address)
{
    SSL *ssl = SSL_new(verifier->context);
    if (ssl == NULL)
        return NULL;
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    char name[HOST_NAME_BYTES];
    bool is_set = text_copy(name, sizeof(name), host);
    if (is_address)
        is_set &= X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    else
        is_set &= X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
                  SSL_set_tlsext_host_name(ssl, name) == 1;
    if (!is_set) {
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

bool tls_verifier_explain(const SSL *ssl, const char *host, char *out, size_t size)
{
    long result = SSL_get_verify_result(ssl);
    switch (result) {
    case X509_V_OK: return false;
    case X509_V_ERR_CERT_REJECTED:
        text_copy(out, size, "its certificate is not the pinned one");
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        snprintf(out, size, "its certificate is not for \"%s\"", host);
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        text_copy(out, size, "its certificate has expired");
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        text_copy(out, size, "its certificate is not valid yet (is the clock right?)");
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        text_copy(out, size, "its certificate is not signed by a trusted authority");
        break;
    default:
        snprintf(out, size, "its certificate is refused: %s",
                 X509_verify_cert_error_string(result));
    }
    return true;
}
