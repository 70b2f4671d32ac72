/* SPDX-License-Identifier: MIT */
/*
 * secret - a plain SHA-256 is enough where the secret has 256 random bits: nobody can guess it
 * from the hash, and looking hashes up leaks nothing about the secrets.
 */
#include "account/secret.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SECRET_BYTES 32

void secret_make(const char *prefix, char out_text[SECRET_TEXT_SIZE],
                 uint8_t out_hash[SECRET_HASH_BYTES])
{
    unsigned char bytes[SECRET_BYTES];
    char encoded[sodium_base64_ENCODED_LEN(SECRET_BYTES,
                                           sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2base64(encoded, sizeof(encoded), bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);

    int len = snprintf(out_text, SECRET_TEXT_SIZE, "%s%s", prefix, encoded);
    assert(len > 0 && len < SECRET_TEXT_SIZE);
    secret_hash(out_text, out_hash);
    sodium_memzero(bytes, sizeof(bytes));
    sodium_memzero(encoded, sizeof(encoded));
}

void secret_hash(const char *text, uint8_t out_hash[SECRET_HASH_BYTES])
{
    crypto_hash_sha256(out_hash, (const unsigned char *)text, strlen(text));
}
