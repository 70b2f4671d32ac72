/* SPDX-License-Identifier: MIT */
/*
 * tls_verify - who a client believes: the system's CAs, those of a file, or one certificate.
 *
 * A certificate that is itself in the file is believed whatever its names and dates say: it is
 * the very one that somebody put there.  Any other must be signed by one in the file, be valid
 * now, and name the host.  A fingerprint believes one certificate and nothing else.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

#include "model/problem.h"

struct tls_verifier;

/* `verify` as in struct http_client_options.  0; -EINVAL with the problem. */
int tls_verifier_new(const char *verify, struct tls_verifier **out_verifier,
                     struct problem *problem);
void tls_verifier_free(struct tls_verifier *verifier);

/* A session that only completes its handshake with the host it should; NULL when memory is
 * out. */
SSL *tls_verifier_session(struct tls_verifier *verifier, const char *host, bool is_address);

/* After a handshake failed: whether the certificate was why, and if so, a clause that says
 * what is wrong with it. */
bool tls_verifier_explain(const SSL *ssl, const char *host, char *out, size_t size);
