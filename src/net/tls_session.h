/* SPDX-License-Identifier: MIT */
/*
 * tls_session - OpenSSL sessions for the connections of this layer.
 */
#pragma once

#include <openssl/ssl.h>

#include "net/tls.h"

/* A session for one accepted connection with the certificate of now; NULL when memory is out.
 * Any thread. */
SSL *tls_server_session(struct tls_server *tls);

/* What both sides agree on: TLS 1.2 and up, no renegotiation, no compression, buffers given
 * back when idle. */
SSL_CTX *tls_context_new(const SSL_METHOD *method);

/* The fingerprint of a certificate. */
void tls_certificate_fingerprint(const X509 *certificate, char out[TLS_FINGERPRINT_SIZE]);

/* Called before all else of TLS, keeps OpenSSL's texts for errors and its names of ciphers out of
 * the memory of this process.  The texts that a client meets have ours; of others
 * tls_reason_text() gives the number. */
void tls_leave_out_texts(void);

/* What an error code means, in the words of OpenSSL or ours.  Returns `out`. */
char *tls_reason_text(unsigned long code, char *out, size_t size);

/* The same for the oldest error of this thread; empties the queue.  Returns `out`. */
char *tls_error_text(char *out, size_t size);
