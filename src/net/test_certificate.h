/* SPDX-License-Identifier: MIT */
/*
 * test_certificate - for tests: a small authority and certificates signed by it, as files in a
 * directory that is removed again.
 */
#pragma once

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

struct test_directory {
    char path[64];
    char file[128]; /* of the last test_path() */
};

static inline void test_directory_make(struct test_directory *directory)
{
    unit_make_folder(directory->path, sizeof(directory->path));
}

static inline const char *test_path(struct test_directory *directory, const char *name)
{
    ck_assert(file_join(directory->file, sizeof(directory->file), directory->path, name));
    return directory->file;
}

static inline void test_directory_remove(struct test_directory *directory)
{
    DIR *dir = opendir(directory->path);
    ck_assert_ptr_nonnull(dir);
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.')
            unlink(test_path(directory, entry->d_name));
    }
    closedir(dir);
    rmdir(directory->path);
}

struct test_pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static inline void test_pair_free(struct test_pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
}

static inline void test_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    ck_assert_ptr_nonnull(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* Signed by `signer`, or by itself when that is NULL; valid from yesterday for `days`. */
static inline struct test_pair test_pair_make(const char *name, const char *alternative,
                                              int days, const struct test_pair *signer)
{
    struct test_pair pair = {X509_new(), EVP_EC_gen("P-256")};
    static long serial = 1;
    X509_set_version(pair.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(pair.certificate), serial++);
    X509_time_adj_ex(X509_getm_notBefore(pair.certificate), -2, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(pair.certificate), days, 0, NULL);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(pair.certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_pubkey(pair.certificate, pair.key);
    test_extension(pair.certificate, NID_basic_constraints,
                   signer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (alternative != NULL)
        test_extension(pair.certificate, NID_subject_alt_name, alternative);
    const struct test_pair *by = signer != NULL ? signer : &pair;
    X509_set_issuer_name(pair.certificate, X509_get_subject_name(by->certificate));
    ck_assert_int_gt(X509_sign(pair.certificate, by->key, EVP_sha256()), 0);
    return pair;
}

static inline void test_pair_write(const struct test_pair *pair,
                                   struct test_directory *directory, const char *cert_name,
                                   const char *key_name)
{
    FILE *file = fopen(test_path(directory, cert_name), "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_X509(file, pair->certificate), 1);
    fclose(file);
    if (key_name == NULL)
        return;
    file = fopen(test_path(directory, key_name), "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_PrivateKey(file, pair->key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
}
