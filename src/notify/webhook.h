/* SPDX-License-Identifier: MIT */
/*
 * webhook - how a receiver checks that a request is ours.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WEBHOOK_SIGNATURE_SIZE 65

/* HMAC-SHA256 over "SECONDS.BODY", in hex. */
void webhook_sign(const char *key, int64_t timestamp_s, const void *body, size_t len,
                  char out_hex[WEBHOOK_SIGNATURE_SIZE]);
