/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's texts take 70 KB of a small program's private memory, because it copies pointers to
 * all of them into a hash table.  The few that an agent can meet are repeated here.  The names of
 * all ciphers are left out likewise: TLS finds its own with their provider.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"
#include "net/tls_session.h"

static const struct reason {
    int library, reason;
    const char *text;
} reasons[] = {
    {ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, "what answers does not speak TLS"},
    {ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, "the TLS version is too old"},
    {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the other side wants another version"},
    {ERR_LIB_SSL, SSL_R_TLSV1_UNRECOGNIZED_NAME, "the other side does not know this name"},
    {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_INTERNAL_ERROR, "the other side has an internal error"},
    {ERR_LIB_SSL, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "a client certificate is required"},
    {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the other side refuses the handshake"},
    {ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "data was changed on its way"},
    {ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING, "unexpected eof while reading"},
    {ERR_LIB_SSL, SSL_R_DH_KEY_TOO_SMALL, "its Diffie-Hellman key is too small"},
    {ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL, "its certificate's key is too small"},
    {ERR_LIB_PEM, PEM_R_BAD_BASE64_DECODE, "it is not Base64"},
    {ERR_LIB_PEM, PEM_R_BAD_END_LINE, "its last line is wrong"},
    {ERR_LIB_PEM, PEM_R_NO_START_LINE, "there is no certificate"},
};

void tls_leave_out_texts(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_SSL_STRINGS | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                         OPENSSL_INIT_NO_ADD_ALL_CIPHERS,
                     NULL);
}

char *tls_reason_text(unsigned long code, char *out, size_t size)
{
    const char *text = ERR_reason_error_string(code);
    if (ERR_SYSTEM_ERROR(code))
        text = strerror(ERR_GET_REASON(code));
    for (size_t i = 0; i < ARRAY_LEN(reasons) && text == NULL; i++) {
        if (ERR_GET_LIB(code) == reasons[i].library &&
            ERR_GET_REASON(code) == reasons[i].reason)
            text = reasons[i].text;
    }
    if (text != NULL)
        text_copy(out, size, text);
    else
        snprintf(out, size, "OpenSSL error %08lX", code);
    return out;
}

char *tls_error_text(char *out, size_t size)
{
    unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code != 0)
        return tls_reason_text(code, out, size);
    text_copy(out, size, "unknown error");
    return out;
}
