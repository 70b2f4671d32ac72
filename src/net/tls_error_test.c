/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "net/tls_session.h"
#include "unit.h"

START_TEST(has_words_of_its_own)
{
    char text[200];
    tls_leave_out_texts();
    SSL_CTX *context = tls_context_new(TLS_client_method());
    ck_assert_ptr_nonnull(context);
    unsigned long code = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_WRONG_VERSION_NUMBER);
    ck_assert_ptr_null(ERR_reason_error_string(code)); /* OpenSSL's are left out */
    ck_assert_str_eq(tls_reason_text(code, text, sizeof(text)),
                     "what answers does not speak TLS");
    tls_reason_text(ERR_PACK(ERR_LIB_PEM, 0, PEM_R_NO_START_LINE), text, sizeof(text));
    ck_assert_str_eq(text, "there is no certificate");
    tls_reason_text(ERR_PACK(ERR_LIB_PEM, 0, SSL_R_WRONG_VERSION_NUMBER), text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "OpenSSL error 0480010B"));
    SSL_CTX_free(context);
}
END_TEST

START_TEST(tells_errors_of_the_system)
{
    char text[200];
    tls_leave_out_texts();
    ck_assert_str_eq(tls_reason_text(ERR_SYSTEM_FLAG | ECONNRESET, text, sizeof(text)),
                     strerror(ECONNRESET));
}
END_TEST

START_TEST(empties_the_queue)
{
    char text[200];
    ERR_raise(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL);
    ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
    ck_assert_uint_gt(strlen(tls_error_text(text, sizeof(text))), 0);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    ck_assert_str_eq(tls_error_text(text, sizeof(text)), "unknown error");
}
END_TEST

UNIT_MAIN("tls_error", has_words_of_its_own, tells_errors_of_the_system, empties_the_queue)
