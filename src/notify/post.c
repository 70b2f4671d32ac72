/* SPDX-License-Identifier: MIT */
#include "notify/post.h"

#include "base/macros.h"
#include "notify/render.h"

#define SHOWN_BYTES          ((size_t)300)
#define WAIT_MAX_S           ((double)(MSEC_DAY / MSEC_SECOND))
#define STATUS_IS_OK(status) ((status) >= 200 && (status) < 300)

int post_json(struct transfer *transfer, const char *url)
{
    int error = transfer_add_header(transfer, "Content-Type: application/json");
    if (error == 0)
        error = transfer_add_header(transfer, "Expect:");
    if (error == 0)
        transfer_use_http(transfer, url);
    return error;
}

static bool is_whole(const struct transfer *transfer, CURLcode code)
{
    return code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer->answer_cut);
}

long post_status(const struct transfer *transfer, CURLcode code)
{
    long status = 0;
    if (is_whole(transfer, code))
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

void post_judge(const struct transfer *transfer, CURLcode code, struct verdict *out)
{
    if (!is_whole(transfer, code)) {
        verdict_set(out, VERDICT_RETRY, "%s", transfer->error);
        return;
    }
    long status = post_status(transfer, code);
    int shown = (int)MIN_OF(transfer->answer.len, SHOWN_BYTES);
    const char *body = shown == 0 ? "" : transfer->answer.data;
    enum verdict_kind kind = VERDICT_FAILED;
    if (STATUS_IS_OK(status))
        kind = VERDICT_DELIVERED;
    else if (status == 408 || status == 429 || status >= 500)
        kind = VERDICT_RETRY;
    verdict_set(out, kind, "HTTP %ld%s%.*s", status, shown == 0 ? "" : ": ", shown, body);

    curl_off_t retry_after = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (kind == VERDICT_RETRY && retry_after > 0)
        out->retry_after = MIN_OF((mspan_t)retry_after, MSEC_DAY / MSEC_SECOND) * MSEC_SECOND;
}

json_t *post_answer(const struct transfer *transfer)
{
    json_t *answer = json_loadb(transfer->answer.len == 0 ? "" : transfer->answer.data,
                                transfer->answer.len, 0, NULL);
    if (json_is_object(answer))
        return answer;
    json_decref(answer);
    return NULL;
}

void post_wait_seconds(struct verdict *verdict, const json_t *seconds)
{
    if (verdict->kind != VERDICT_RETRY || !json_is_number(seconds))
        return;
    double wait = json_number_value(seconds);
    if (wait > 0)
        verdict->retry_after = (mspan_t)(MIN_OF(wait, WAIT_MAX_S) * MSEC_SECOND);
}

void post_facts(struct buf *out, const struct message *message, size_t max_bytes)
{
    struct render_facts facts;
    struct buf line;
    size_t begin = out->len;
    buf_init(&line, 1024);
    render_facts(&facts, message);
    for (size_t i = 0; i < facts.len; i++) {
        buf_reset(&line);
        buf_printf(&line, "%s%s: %s", i == 0 ? "" : "\n", facts.items[i].name,
                   facts.items[i].text);
        if (out->len - begin + line.len > max_bytes)
            break;
        buf_append(out, line.data, line.len);
    }
    if (facts.len == 0)
        render_summary(out, message);
    buf_deinit(&line);
}
