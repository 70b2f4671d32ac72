/* SPDX-License-Identifier: MIT */
#include "notify/transfer.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

#define TRANSFER_HEADER_MAX_BYTES ((size_t)8 * 1024)

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t len = size * count, room = TRANSFER_ANSWER_MAX_BYTES - transfer->answer.len;
    buf_append(&transfer->answer, data, MIN_OF(len, room));
    transfer->answer_cut = len > room;
    return transfer->answer_cut ? 0 : len;
}

static size_t give_body(char *out, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t len = MIN_OF(size * count, transfer->body.len - transfer->body_sent);
    if (len > 0)
        memcpy(out, transfer->body.data + transfer->body_sent, len);
    transfer->body_sent += len;
    return len;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct transfer *transfer = arg;
    if (transfer->n_sockets == TRANSFER_SOCKETS_MAX)
        return CURL_SOCKET_BAD;
    curl_socket_t opened =
        socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (opened != CURL_SOCKET_BAD)
        transfer->sockets[transfer->n_sockets++] = opened;
    return opened;
}

static int close_socket(void *arg, curl_socket_t closed)
{
    struct transfer *transfer = arg;
    for (size_t i = 0; i < transfer->n_sockets; i++) {
        if (transfer->sockets[i] == closed) {
            transfer->sockets[i] = transfer->sockets[--transfer->n_sockets];
            break;
        }
    }
    return close(closed);
}

static void note_command(struct transfer *transfer, const char *line)
{
    transfer->asks_recipient = text_has_prefix(line, "RCPT TO:");
    if (text_has_prefix(line, "MAIL FROM:"))
        transfer->mail_begun = true;
    if (!text_has_prefix(line, "QUIT"))
        return;
    /* libcurl would wait for the answer, and all other deliveries with it. */
    transfer->parting = true;
    for (size_t i = 0; i < transfer->n_sockets; i++)
        shutdown(transfer->sockets[i], SHUT_RD);
}

/* The last line of a reply: three digits and a blank. */
static void note_reply(struct transfer *transfer, const char *line)
{
    if (transfer->parting || !isdigit((unsigned char)line[0]) ||
        !isdigit((unsigned char)line[1]) || !isdigit((unsigned char)line[2]) || line[3] == '-')
        return;
    text_copy(transfer->reply, sizeof(transfer->reply), line);
    if (transfer->asks_recipient && line[0] >= '4') {
        transfer->refused++;
        transfer->refused_for_now = transfer->refused_for_now || line[0] == '4';
        text_copy(transfer->refused_reply, sizeof(transfer->refused_reply), line);
    }
}

static int watch(CURL *easy, curl_infotype type, char *data, size_t len, void *arg)
{
    (void)easy;
    char line[256];
    if (type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT)
        return 0;
    text_copy_slice(line, sizeof(line), text_trim((struct slice){data, len}));
    if (type == CURLINFO_HEADER_OUT)
        note_command(arg, line);
    else
        note_reply(arg, line);
    return 0;
}

int transfer_init(struct transfer *transfer)
{
    memset(transfer, 0, sizeof(*transfer));
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL)
        return -ENOMEM;
    buf_init(&transfer->body, TRANSFER_BODY_MAX_BYTES);
    buf_init(&transfer->answer, TRANSFER_ANSWER_MAX_BYTES);

    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never join a resolver that hangs */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)TRANSFER_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TRANSFER_TOTAL_MS);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer);
    return 0;
}

void transfer_deinit(struct transfer *transfer)
{
    if (transfer->easy == NULL)
        return;
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->recipients);
    buf_deinit(&transfer->body);
    buf_deinit(&transfer->answer);
    transfer->easy = NULL;
}

static int append_item(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer == NULL)
        return -ENOMEM;
    *list = longer;
    return 0;
}

int transfer_add_header(struct transfer *transfer, const char *format, ...)
{
    struct buf line;
    buf_init(&line, TRANSFER_HEADER_MAX_BYTES);
    va_list args;
    va_start(args, format);
    int error = buf_vprintf(&line, format, args);
    va_end(args);
    if (error == 0) {
        assert(strpbrk(buf_text(&line), "\r\n") == NULL);
        error = append_item(&transfer->headers, buf_text(&line));
    }
    buf_deinit(&line);
    return error;
}

int transfer_add_recipient(struct transfer *transfer, const char *address)
{
    return append_item(&transfer->recipients, address);
}

void transfer_use_http(struct transfer *transfer, const char *url)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, buf_text(&transfer->body));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sentora-server/" SENTORA_VERSION);
}

void transfer_use_smtp(struct transfer *transfer, const char *url, const char *from)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer->recipients);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->body.len);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, watch);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

void transfer_explain(struct transfer *transfer, CURLcode code)
{
    if (transfer->error[0] == '\0')
        text_copy(transfer->error, sizeof(transfer->error), curl_easy_strerror(code));
    long os_error = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_error);
    if (code != CURLE_COULDNT_CONNECT || os_error == 0)
        return;
    size_t len = strlen(transfer->error);
    snprintf(transfer->error + len, sizeof(transfer->error) - len, ": %s",
             strerror((int)os_error));
}
