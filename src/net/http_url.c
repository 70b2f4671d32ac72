/* SPDX-License-Identifier: MIT */
#include "net/http_url.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/text.h"

static bool is_host_name(const char *host)
{
    for (const char *at = host; *at != '\0'; at++) {
        bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!is_letter && !(*at >= '0' && *at <= '9') && strchr("-._", *at) == NULL)
            return false;
    }
    return host[0] != '\0' && host[0] != '.' && host[0] != '-';
}

static int parse_host(struct slice host, struct http_url *url)
{
    unsigned char address[16];
    bool is_bracketed = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (is_bracketed)
        host = (struct slice){host.data + 1, host.len - 2};
    if (!text_copy_slice(url->host, sizeof(url->host), host))
        return -1;
    if (is_bracketed) {
        url->is_address = true;
        return inet_pton(AF_INET6, url->host, address) == 1 ? 0 : -1;
    }
    url->is_address = inet_pton(AF_INET, url->host, address) == 1;
    return is_host_name(url->host) ? 0 : -1;
}

static int parse_port(struct slice port, struct http_url *url)
{
    char text[8];
    uint64_t number;
    if (!text_copy_slice(text, sizeof(text), port) || text[0] < '0' || text[0] > '9' ||
        text_to_u64(text, &number) != 0 || number == 0 || number > UINT16_MAX)
        return -1;
    url->port = (uint16_t)number;
    return 0;
}

/* The colon before the port is the one behind an IPv6 address' bracket. */
static int parse_authority(struct slice authority, struct http_url *url)
{
    size_t host_len = authority.len;
    for (size_t i = authority.len; i > 0 && authority.data[i - 1] != ']'; i--) {
        if (authority.data[i - 1] == ':') {
            host_len = i - 1;
            break;
        }
    }
    if (parse_host((struct slice){authority.data, host_len}, url) != 0)
        return -1;
    uint16_t usual = url->is_tls ? 443 : 80;
    url->port = usual;
    if (host_len < authority.len) {
        struct slice port = {authority.data + host_len + 1, authority.len - host_len - 1};
        if (parse_port(port, url) != 0)
            return -1;
    }
    bool is_six = strchr(url->host, ':') != NULL;
    int len = snprintf(url->authority, sizeof(url->authority), "%s%s%s", is_six ? "[" : "",
                       url->host, is_six ? "]" : "");
    if (url->port != usual)
        snprintf(url->authority + len, sizeof(url->authority) - (size_t)len, ":%u", url->port);
    return 0;
}

/* Appends the path part with its duplicate slashes collapsed, the rest as it is. */
static void append_collapsed(const char *path, struct buf *out)
{
    size_t path_len = strcspn(path, "?");
    for (size_t i = 0; i < path_len; i++) {
        bool is_double = path[i] == '/' && out->len > 0 && out->data[out->len - 1] == '/';
        if (!is_double)
            buf_append_char(out, path[i]);
    }
    buf_append_text(out, path + path_len);
}

static int parse_prefix(const char *prefix, struct http_url *url)
{
    struct buf text CLEANUP(buf_deinit);
    buf_init(&text, sizeof(url->prefix));
    for (const char *at = prefix; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f || *at == '?' || *at == '#')
            return -1;
    }
    append_collapsed(prefix, &text);
    if (text.len > 0 && text.data[text.len - 1] == '/')
        text.len--;
    return text_copy(url->prefix, sizeof(url->prefix), buf_text(&text)) && text.error == 0 ? 0
                                                                                           : -1;
}

int http_url_parse(const char *text, struct http_url *out_url, struct problem *problem)
{
    struct http_url url = {0};
    const char *rest = text_after(text, "https://");
    url.is_tls = rest != NULL;
    if (rest == NULL)
        rest = text_after(text, "http://");
    if (rest == NULL)
        return problem_set(problem, "\"%.200s\" does not begin with https:// or http://", text);

    size_t len = strcspn(rest, "/?#");
    if (parse_authority((struct slice){rest, len}, &url) != 0)
        return problem_set(problem, "\"%.200s\" has no valid host and port", text);
    if (parse_prefix(rest + len, &url) != 0)
        return problem_set(problem, "\"%.200s\" has no valid path", text);
    *out_url = url;
    return 0;
}

void http_url_append_target(const struct http_url *url, const char *path, struct buf *out)
{
    struct buf target CLEANUP(buf_deinit);
    buf_init(&target, out->ceiling);
    buf_append_text(&target, url->prefix);
    if (path[0] != '/')
        buf_append_char(&target, '/');
    append_collapsed(path, &target);
    buf_append(out, buf_text(&target), target.len);
}
