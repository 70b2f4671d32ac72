/* SPDX-License-Identifier: MIT */
/* Which file goes out, and in which form; the table here takes the place of the embedded one. */
#include "api/assets.h"

#include <stdio.h>

#include "api/resource.h"
#include "net/test_server.h"

#define FORM(text)                                                                             \
    {                                                                                          \
        (const unsigned char *)(text), sizeof(text) - 1                                        \
    }

const struct asset assets[] = {
    {"/assets/app.js", "text/javascript", "\"js\"", true, FORM("plain-js"), FORM("brotli-js"),
     FORM("gzip-js")},
    {"/favicon.ico", "image/x-icon", "\"icon\"", false, FORM("icon"), {NULL, 0}, {NULL, 0}},
    {"/index.html", "text/html", "\"page\"", false, FORM("page"), {NULL, 0}, FORM("gzip-page")},
};
const size_t assets_count = ARRAY_LEN(assets);

static void handle(struct http_exchange *exchange, void *arg)
{
    (void)arg;
    if (!assets_answer(exchange))
        http_respond(exchange, &(struct http_answer){.status = 404});
}

static const struct {
    const char *request; /* line and headers of interest */
    int status;
    const char *says, *says_not;
} rows[] = {
    {"GET / HTTP/1.1\r\n", 200, "\r\n\r\npage", "Content-Encoding"},
    {"GET /index.html HTTP/1.1\r\n", 200, "Cache-Control: no-cache", NULL},
    {"GET /hosts/3 HTTP/1.1\r\nAccept: text/html\r\n", 200, "\r\n\r\npage", NULL},
    {"GET /hosts/3 HTTP/1.1\r\nAccept: application/json\r\n", 404, "", "page"},
    {"GET /hosts/3 HTTP/1.1\r\n", 404, "", "page"},
    {"GET /api/v1/nothing HTTP/1.1\r\nAccept: text/html\r\n", 404, "", "page"},
    {"GET /prometheus/x HTTP/1.1\r\nAccept: text/html\r\n", 404, "", "page"},
    {"GET /assets/old.js HTTP/1.1\r\nAccept: text/html\r\n", 404, "", "page"},
    {"GET /assets/../index.html HTTP/1.1\r\n", 200, "\r\n\r\npage", NULL},
    {"POST / HTTP/1.1\r\nContent-Length: 0\r\n", 404, "", "page"},
    {"HEAD / HTTP/1.1\r\n", 200, "Content-Length: 4", "\r\n\r\np"},
    {"GET /assets/app.js HTTP/1.1\r\n", 200, "plain-js", "Content-Encoding"},
    {"GET /assets/app.js HTTP/1.1\r\n", 200, "max-age=31536000, immutable", NULL},
    {"GET /assets/app.js HTTP/1.1\r\nAccept-Encoding: gzip\r\n", 200, "gzip-js", "brotli"},
    {"GET /assets/app.js HTTP/1.1\r\nAccept-Encoding: gzip, br\r\n", 200, "brotli-js", "gzip"},
    {"GET /assets/app.js HTTP/1.1\r\nAccept-Encoding: br;q=0, gzip ; q=0.5\r\n", 200, "gzip-js",
     "brotli"},
    {"GET /assets/app.js HTTP/1.1\r\nAccept-Encoding: br; q=0.0,gzip;q=0\r\n", 200, "plain-js",
     "Content-Encoding"},
    {"GET /assets/app.js HTTP/1.1\r\nAccept-Encoding: xbr,,gzipped,;\r\n", 200, "plain-js",
     "Content-Encoding"},
    {"GET / HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n", 200, "gzip-page", "br\r\n"},
    {"GET /favicon.ico HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n", 200, "\r\n\r\nicon",
     "Content-Encoding"},
    {"GET / HTTP/1.1\r\nIf-None-Match: \"page\"\r\n", 304, "ETag: \"page\"", "\r\n\r\np"},
    {"GET / HTTP/1.1\r\nIf-None-Match: \"old\"\r\n", 200, "\r\n\r\npage", NULL},
};

START_TEST(answers_as_the_table_says)
{
    struct test_server test;
    struct http_server_options options = http_server_defaults;
    options.handler = handle;
    test_server_start(&test, &options, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char request[512], out[2048];
        int status = 0;
        snprintf(request, sizeof(request), "%sHost: h\r\nConnection: close\r\n\r\n",
                 rows[i].request);
        test_ask(test.port, request, out, sizeof(out));
        ck_assert_int_eq(sscanf(out, "HTTP/1.1 %d", &status), 1);
        ck_assert_msg(status == rows[i].status, "%s\n%s", request, out);
        ck_assert_msg(strstr(out, rows[i].says) != NULL, "%s\n%s", request, out);
        ck_assert_msg(rows[i].says_not == NULL || strstr(out, rows[i].says_not) == NULL,
                      "%s\n%s", request, out);
        if (status != 404) /* what a page may do is said with every file */
            ck_assert_msg(strstr(out, "Content-Security-Policy: default-src 'none'") != NULL,
                          "%s", out);
    }
    test_server_stop(&test);
}
END_TEST

UNIT_MAIN("assets", answers_as_the_table_says)
