/* SPDX-License-Identifier: MIT */
#include "agent/report.h"

#include "base/hash.h"

#define REPORT_MAX_BYTES ((size_t)1024 * 1024)

void report_init(struct report *report)
{
    *report = (struct report){0};
    buf_init(&report->text, REPORT_MAX_BYTES);
}

void report_deinit(struct report *report)
{
    buf_deinit(&report->text);
}

bool report_build(struct report *report, struct collect *collect, mspan_t interval,
                  msec_t wall_now, mono_t now)
{
    struct json json;
    buf_reset(&report->text);
    json_init(&json, &report->text);
    json_object_begin(&json);
    json_key(&json, "facts");
    collect_write_facts(collect, &json);
    json_key(&json, "services");
    collect_write_services(collect, &json);
    json_key(&json, "ssh");
    collect_write_ssh(collect, &json);
    json_field_double(&json, "interval_s", (double)interval / MSEC_SECOND);
    uint64_t hash = hash_bytes(report->text.data, report->text.len, 0);
    json_field_int(&json, "at_ms", wall_now);
    json_object_end(&json);

    bool is_due = report->sent_at == 0 || now - report->sent_at >= REPORT_PERIOD;
    if (report->text.error != 0 || (hash == report->sent_hash && !is_due))
        return false;
    report->sent_hash = hash;
    report->sent_at = now;
    return true;
}
