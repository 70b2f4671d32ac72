/* SPDX-License-Identifier: MIT */
#include "api/assets.h"

#include <stdlib.h>
#include <string.h>

#include "api/resource.h"

/* Nothing from elsewhere, nothing inline: a page can only run what we serve. */
#define ASSETS_POLICY                                                                          \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "          \
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "              \
    "form-action 'self'; frame-ancestors 'none'"

static int compare_path(const void *path, const void *asset)
{
    return strcmp(path, ((const struct asset *)asset)->path);
}

static const struct asset *find(const char *path)
{
    return bsearch(path, assets, assets_count, sizeof(assets[0]), compare_path);
}

/* True when Accept-Encoding names the coding without q=0. */
static bool accepts(const struct http_request *request, const char *coding)
{
    const char *header = http_request_header(request, "Accept-Encoding");
    if (header == NULL)
        return false;
    struct slice rest = slice_of(header), item;
    while (text_next_piece(&rest, ',', &item)) {
        struct slice name;
        text_next_piece(&item, ';', &name);
        if (!slice_is(text_trim(name), coding))
            continue;
        struct slice quality = item.data == NULL ? SLICE("") : text_trim(item);
        return !slice_is(quality, "q=0") && !slice_is(quality, "q=0.0");
    }
    return false;
}

static void send(struct http_exchange *exchange, const struct asset *asset)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct http_header headers[12] = {
        {"Content-Type", asset->type},
        {"ETag", asset->etag},
        {"Vary", "Accept-Encoding"},
        {"Cache-Control",
         asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache"},
        {"Content-Security-Policy", ASSETS_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    size_t n_headers = 9;

    const char *known = http_request_header(request, "If-None-Match");
    if (known != NULL && text_is(known, asset->etag)) {
        http_respond(exchange, &(struct http_answer){
                                   .status = 304, .headers = headers, .n_headers = n_headers});
        return;
    }
    const struct asset_form *form = &asset->plain;
    if (asset->brotli.data != NULL && accepts(request, "br")) {
        headers[n_headers++] = (struct http_header){"Content-Encoding", "br"};
        form = &asset->brotli;
    } else if (asset->gzip.data != NULL && accepts(request, "gzip")) {
        headers[n_headers++] = (struct http_header){"Content-Encoding", "gzip"};
        form = &asset->gzip;
    }
    http_respond(exchange, &(struct http_answer){.status = 200,
                                                 .headers = headers,
                                                 .n_headers = n_headers,
                                                 .body = form->data,
                                                 .len = form->len,
                                                 .is_static = true});
}

/* Addresses of pages are the dashboard's own affair; addresses of data are never pages. */
static bool is_page(const struct http_request *request)
{
    const char *accept = http_request_header(request, "Accept");
    return !text_has_prefix(request->path, "/api/") &&
           !text_has_prefix(request->path, "/prometheus/") &&
           !text_has_prefix(request->path, "/assets/") && accept != NULL &&
           strstr(accept, "text/html") != NULL;
}

bool assets_answer(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    if (request->method != HTTP_GET && request->method != HTTP_HEAD)
        return false;
    const struct asset *asset = find(request->path);
    if (asset == NULL && (text_is(request->path, "/") || is_page(request)))
        asset = find("/index.html");
    if (asset == NULL)
        return false;
    send(exchange, asset);
    return true;
}
