/* SPDX-License-Identifier: MIT */
#include "agent/report.h"

#include "base/hash.h"
#include "base/text.h"

#define REPORT_MAX_BYTES ((size_t)1024 * 1024)
#define FACTS_MAX_BYTES  ((size_t)64 * 1024)

void report_init(struct report *report)
{
    *report = (struct report){0};
    buf_init(&report->text, REPORT_MAX_BYTES);
    buf_init(&report->facts, FACTS_MAX_BYTES);
}

void report_deinit(struct report *report)
{
    buf_deinit(&report->text);
    buf_deinit(&report->facts);
}

/* The collectors know the machine, we know the agent: our fields go in front of theirs, so their
 * object follows without its opening brace. */
static void read_facts(struct report *report, struct collect *collect, mspan_t interval)
{
    CLEANUP(buf_deinit) struct buf machine;
    struct json json;
    buf_init(&machine, FACTS_MAX_BYTES);
    json_init(&json, &machine);
    collect_write_facts(collect, &json);

    char seconds[TEXT_DOUBLE_SIZE];
    text_from_double((double)interval / MSEC_SECOND, seconds);
    buf_reset(&report->facts);
    buf_printf(&report->facts, "{\"agent_version\":\"%s\",\"interval_s\":%s", SENTORA_VERSION,
               seconds);
    if (machine.error == 0 && machine.len > 2) {
        buf_append_char(&report->facts, ',');
        buf_append(&report->facts, machine.data + 1, machine.len - 1);
    } else {
        buf_append_char(&report->facts, '}');
    }
}

bool report_build(struct report *report, struct collect *collect, mspan_t interval,
                  msec_t wall_now, mono_t now)
{
    bool is_due = report->sent_at == 0 || now - report->sent_at >= REPORT_PERIOD;
    if (is_due)
        read_facts(report, collect, interval);

    struct json json;
    buf_reset(&report->text);
    json_init(&json, &report->text);
    json_object_begin(&json);
    json_key(&json, "facts");
    json_raw(&json, report->facts.data, report->facts.len);
    json_key(&json, "services");
    collect_write_services(collect, &json);
    json_key(&json, "ssh");
    collect_write_ssh(collect, &json);
    json_field_double(&json, "interval_s", (double)interval / MSEC_SECOND);
    uint64_t hash = hash_bytes(report->text.data, report->text.len, 0);
    json_field_int(&json, "at_ms", wall_now);
    json_object_end(&json);

    if (report->facts.error != 0 || report->text.error != 0 ||
        (hash == report->sent_hash && !is_due))
        return false;
    report->sent_hash = hash;
    report->sent_at = now;
    return true;
}
