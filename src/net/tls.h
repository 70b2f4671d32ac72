/* SPDX-License-Identifier: MIT */
/*
 * tls - the server's certificate, and what proves a peer.
 *
 * TLS 1.2 and up.  A certificate that the server makes itself (ECDSA P-256, ten years, the host's
 * names and loopback in it) is kept in the data directory, so that its fingerprint stays.
 */
#pragma once

#include "model/problem.h"

struct tls_server;

#define TLS_FINGERPRINT_SIZE 65 /* 64 hex digits of SHA-256 and a NUL */

/* Loads the pair of PEM files.  0; -EINVAL with the problem. */
int tls_server_open(const char *cert_path, const char *key_path, struct tls_server **out_tls,
                    struct problem *problem);
void tls_server_close(struct tls_server *tls);

/* Loads the same files again (renewed certificate); connections keep what they had. */
int tls_server_reload(struct tls_server *tls, struct problem *problem);

void tls_server_fingerprint(const struct tls_server *tls, char out[TLS_FINGERPRINT_SIZE]);

/* Makes cert.pem (0644) and key.pem (0600) at these paths unless the certificate exists.
 * 0, -ENOENT (there is a certificate but no key), -errno. */
int tls_make_self_signed(const char *cert_path, const char *key_path);
