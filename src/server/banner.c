/* SPDX-License-Identifier: MIT */
#include "server/banner.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/service.h"

#define BANNER_ADDRESS_SIZE 128

/* The listener's address as one would type it: its real port, and loopback for "any". */
static void address_of(const char *listen, int port, char out[BANNER_ADDRESS_SIZE])
{
    char host[BANNER_ADDRESS_SIZE - 8];
    text_copy(host, sizeof(host), listen);
    char *colon = strrchr(host, ':');
    if (colon != NULL)
        *colon = '\0';
    if (*host == '\0' || text_is(host, "0.0.0.0") || text_is(host, "[::]"))
        text_copy(host, sizeof(host), "127.0.0.1");
    snprintf(out, BANNER_ADDRESS_SIZE, "%s:%d", host, port);
}

static void print_sign_in(struct account *account, const char *base)
{
    char secret[ACCOUNT_SECRET_SIZE];
    if (account_make_link(account, clock_wall_ms(), secret) == 0)
        printf("  Sign in    %s/signin?link=%s\n"
               "             (works once, within 24 hours)\n",
               base, secret);
}

static void write_ready_file(const struct server_options *options, const char *address)
{
    char path[PATH_MAX];
    file_join(path, sizeof(path), options->data, BANNER_READY_FILE);
    int error = file_write_atomic(path, address, strlen(address), 0600);
    if (error != 0)
        log_warn("server", "cannot write path=%s: %s", path, strerror(-error));
}

void banner_print(const struct server_options *options, const struct http_server *http,
                  struct account *account, const char *fingerprint)
{
    char address[BANNER_ADDRESS_SIZE], base[BANNER_ADDRESS_SIZE + 16];
    bool is_plain = options->listen.len > 0;
    const char *listen = is_plain ? options->listen.items[0] : options->tls_listen.items[0];
    address_of(listen, http_server_port(http, 0), address);
    snprintf(base, sizeof(base), "%s://%s", is_plain ? "http" : "https", address);

    printf("\nSentora " SENTORA_VERSION " is running.\n");
    printf("  Dashboard  %s\n", base);
    print_sign_in(account, base);
    if (options->tls_listen.len > 0) {
        char secure[BANNER_ADDRESS_SIZE];
        address_of(options->tls_listen.items[0], http_server_port(http, options->listen.len),
                   secure);
        printf("  Agents     https://%s  (certificate sha256:%s)\n", secure, fingerprint);
    }
    printf("\n");
    fflush(stdout);
    write_ready_file(options, address);
    service_notify("READY=1");
    log_info("server", "ready version=%s address=%s data=%s", SENTORA_VERSION, address,
             options->data);
}
