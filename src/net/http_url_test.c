/* SPDX-License-Identifier: MIT */
#include "net/http_url.h"

#include <errno.h>

#include "base/text.h"
#include "unit.h"

static const struct {
    const char *text, *host, *authority;
    int port;
    const char *prefix;
    bool is_tls, is_address;
} good[] = {
    {"http://h", "h", "h", 80, "", false, false},
    {"https://h/", "h", "h", 443, "", true, false},
    {"https://h:8443/", "h", "h:8443", 8443, "", true, false},
    {"https://h:443", "h", "h", 443, "", true, false},
    {"http://a-b.example.org:1/x//y/", "a-b.example.org", "a-b.example.org:1", 1, "/x/y", false,
     false},
    {"http://127.0.0.1:9", "127.0.0.1", "127.0.0.1:9", 9, "", false, true},
    {"https://[::1]:8443/p", "::1", "[::1]:8443", 8443, "/p", true, true},
    {"https://[2001:db8::1]", "2001:db8::1", "[2001:db8::1]", 443, "", true, true},
};

START_TEST(reads_good_ones)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct http_url url;
        struct problem problem = {0};
        ck_assert_msg(http_url_parse(good[i].text, &url, &problem) == 0, "%s", problem.text);
        ck_assert_str_eq(url.host, good[i].host);
        ck_assert_str_eq(url.authority, good[i].authority);
        ck_assert_int_eq(url.port, good[i].port);
        ck_assert_str_eq(url.prefix, good[i].prefix);
        ck_assert(url.is_tls == good[i].is_tls && url.is_address == good[i].is_address);
    }
}
END_TEST

START_TEST(refuses_bad_ones)
{
    static const char *const bad[] = {
        "",           "h",          "ftp://h",      "http:/h",         "http://",
        "http:///p",  "http://:80", "http://h:",    "http://h:0",      "http://h:65536",
        "http://h:x", "http://u@h", "http://h h",   "http://[::1",     "http://::1",
        "http://[h]", "http://h?q", "http://h/#f",  "http://h/a b",    "http://h:80x",
        "http://-h",  "http://.h/", "http://[]:1/", "http://[::1]x:1", "http://h/\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http_url url;
        struct problem problem = {0};
        ck_assert_msg(http_url_parse(bad[i], &url, &problem) == -EINVAL, "%s", bad[i]);
        ck_assert_uint_gt(strlen(problem.text), 10);
    }
}
END_TEST

START_TEST(refuses_long_ones)
{
    char text[2048] = "http://";
    struct http_url url;
    memset(text + 7, 'h', 300);
    ck_assert_int_eq(http_url_parse(text, &url, NULL), -EINVAL);
    memset(text + 7, 'p', 1000);
    memcpy(text + 7, "h/", 2);
    ck_assert_int_eq(http_url_parse(text, &url, NULL), -EINVAL);
}
END_TEST

START_TEST(joins_prefix_and_path)
{
    static const struct {
        const char *url, *path, *target;
    } rows[] = {
        {"http://h", "/a", "/a"},        {"http://h", "a", "/a"},
        {"http://h/", "//a//b", "/a/b"}, {"http://h/p/", "/a?x=//&y", "/p/a?x=//&y"},
        {"http://h//p//", "//", "/p/"},  {"http://h/p", "", "/p/"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_url url;
        struct buf out CLEANUP(buf_deinit);
        buf_init(&out, 256);
        buf_append_text(&out, "GET ");
        ck_assert_int_eq(http_url_parse(rows[i].url, &url, NULL), 0);
        http_url_append_target(&url, rows[i].path, &out);
        ck_assert_str_eq(buf_text(&out) + 4, rows[i].target);
    }
}
END_TEST

UNIT_MAIN("http_url", reads_good_ones, refuses_bad_ones, refuses_long_ones,
          joins_prefix_and_path)
