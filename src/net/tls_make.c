/* SPDX-License-Identifier: MIT */
/*
 * A certificate that the server makes for itself on its first start.  It is no authority
 * (CA:FALSE): whoever trusts it trusts this server and nobody else.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "net/tls.h"

#define VALID_DAYS      3653L /* ten years */
#define BACKDATED_DAYS  1L    /* for clients whose clock is behind */
#define SERIAL_BYTES    16
#define HOST_NAME_BYTES 256

static void key_freep(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void certificate_freep(X509 **certificate)
{
    X509_free(*certificate);
}

static void bio_freep(BIO **bio)
{
    BIO_free(*bio);
}

static bool is_dns_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!is_letter && !(*at >= '0' && *at <= '9') && *at != '-' && *at != '.')
            return false;
    }
    return name[0] != '\0';
}

static void host_name(char out[HOST_NAME_BYTES])
{
    if (gethostname(out, HOST_NAME_BYTES) != 0)
        out[0] = '\0';
    out[HOST_NAME_BYTES - 1] = '\0';
    if (!is_dns_name(out))
        text_copy(out, HOST_NAME_BYTES, "localhost");
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_BYTES];
    random_bytes(bytes, sizeof(bytes));
    bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and always of the same length */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool is_set = number != NULL &&
                  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_set;
}

/* A common name holds 64 bytes at most; a longer host name is in the alternative names only. */
static bool set_names(X509 *certificate, const char *host)
{
    const unsigned char *common =
        (const unsigned char *)(strlen(host) <= 64 ? host : "sentora");
    X509_NAME *name = X509_get_subject_name(certificate);
    if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common, -1, -1, 0) != 1 ||
        X509_set_issuer_name(certificate, name) != 1)
        return false;

    char names[HOST_NAME_BYTES + 64];
    snprintf(names, sizeof(names), "DNS:%s%s,IP:127.0.0.1,IP:::1", host,
             text_is(host, "localhost") ? "" : ",DNS:localhost");
    return add_extension(certificate, NID_subject_alt_name, names);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    char host[HOST_NAME_BYTES];
    host_name(host);
    X509 *certificate = X509_new();
    bool is_made =
        certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate) && set_names(certificate, host) &&
        X509_time_adj_ex(X509_getm_notBefore(certificate), -BACKDATED_DAYS, 0, NULL) != NULL &&
        X509_time_adj_ex(X509_getm_notAfter(certificate), VALID_DAYS, 0, NULL) != NULL &&
        X509_set_pubkey(certificate, key) == 1 &&
        add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
        add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
        add_extension(certificate, NID_subject_key_identifier, "hash") &&
        X509_sign(certificate, key, EVP_sha256()) > 0;
    if (!is_made) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static int write_bio(const char *path, BIO *bio, mode_t mode)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return len > 0 ? file_write_atomic(path, data, (size_t)len, mode) : -ENOMEM;
}

/* The key is written first: a certificate is only ever there together with its key, and a
 * start that was cut off between the two makes both anew. */
static int write_pair(const char *cert_path, const char *key_path, X509 *certificate,
                      EVP_PKEY *key)
{
    BIO *key_bio CLEANUP(bio_freep) = BIO_new(BIO_s_secmem());
    BIO *cert_bio CLEANUP(bio_freep) = BIO_new(BIO_s_mem());
    if (key_bio == NULL || cert_bio == NULL ||
        PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(cert_bio, certificate) != 1)
        return -ENOMEM;
    int error = write_bio(key_path, key_bio, 0600);
    return error != 0 ? error : write_bio(cert_path, cert_bio, 0644);
}

int tls_make_self_signed(const char *cert_path, const char *key_path)
{
    if (file_exists(cert_path))
        return file_exists(key_path) ? 0 : -ENOENT;
    EVP_PKEY *key CLEANUP(key_freep) = EVP_EC_gen("P-256");
    X509 *certificate CLEANUP(certificate_freep) = key != NULL ? make_certificate(key) : NULL;
    ERR_clear_error();
    if (certificate == NULL)
        return -ENOMEM;
    return write_pair(cert_path, key_path, certificate, key);
}
