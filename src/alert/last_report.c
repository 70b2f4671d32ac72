/* SPDX-License-Identifier: MIT */
#include "alert/last_report.h"

#include <jansson.h>

#include "base/buf.h"
#include "base/text.h"
#include "state/hosts.h"

#define REPORT_MAX_BYTES ((size_t)1024 * 1024)

static mspan_t ssh_window(json_t *report)
{
    json_t *window = json_object_get(json_object_get(report, "ssh"), "window_s");
    json_int_t seconds = json_is_integer(window) ? json_integer_value(window) : 0;
    return seconds > 0 && seconds <= MSEC_DAY / MSEC_SECOND ? seconds * MSEC_SECOND : 0;
}

static const char *service_state(json_t *report, const char *name)
{
    json_t *services = json_object_get(report, "services");
    for (size_t i = 0; i < json_array_size(services); i++) {
        json_t *service = json_array_get(services, i);
        const char *other = json_string_value(json_object_get(service, "name"));
        if (other != NULL && text_is(other, name))
            return json_string_value(json_object_get(service, "state"));
    }
    return NULL;
}

void last_report_read(struct db *db, const struct host *host, const char *service,
                      struct last_report *out_report)
{
    *out_report = (struct last_report){0};
    struct buf CLEANUP(buf_deinit) text;
    buf_init(&text, REPORT_MAX_BYTES);
    if (hosts_append_report(db, host->org, host->id, &text) != 0)
        return;
    json_t *report = json_loadb(text.data, text.len, 0, NULL);
    out_report->ssh_window = ssh_window(report);
    const char *state = service == NULL ? NULL : service_state(report, service);
    /* A report follows its samples: one that says "active" of what they say is down is the one
     * of before. */
    if (state != NULL && !text_is(state, "active") && !text_is(state, "reloading"))
        text_copy(out_report->service_state, sizeof(out_report->service_state), state);
    json_decref(report);
}
