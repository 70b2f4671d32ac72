/* SPDX-License-Identifier: MIT */
/*
 * secret - random text that opens a door, and the hash by which we know it.  Thread safe.
 */
#pragma once

#include <stdint.h>

#define SECRET_HASH_BYTES 32
#define SECRET_TEXT_SIZE  64 /* prefix of at most 8 characters, 43 of base64url, NUL */

/* `prefix` and 32 random bytes in base64url. */
void secret_make(const char *prefix, char out_text[SECRET_TEXT_SIZE],
                 uint8_t out_hash[SECRET_HASH_BYTES]);

void secret_hash(const char *text, uint8_t out_hash[SECRET_HASH_BYTES]);
