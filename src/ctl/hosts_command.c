/* SPDX-License-Identifier: MIT */
/* hosts_command - `sentora hosts`: every host with its vitals. */
#include "ctl/answer.h"
#include "ctl/client.h"

static const char *const titles[] = {"HOST",  "STATE",   ">CPU",       ">MEMORY", ">DISK",
                                     ">LOAD", ">ALERTS", ">LAST SEEN", ">UP"};

static void add_host(struct table *table, const json_t *host, msec_t now)
{
    const json_t *vitals = json_object_get(host, "vitals");
    const json_t *disk = json_object_get(json_object_get(vitals, "disk"), "value");
    const json_t *uptime = json_object_get(vitals, "uptime_s");
    table_add(table, "%s", answer_text(host, "name"));
    table_add(table, "%s", answer_text(host, "state"));
    answer_add_number(table, json_object_get(vitals, "cpu"), 1, " %");
    answer_add_number(table, json_object_get(vitals, "memory"), 1, " %");
    answer_add_number(table, disk, 1, " %");
    answer_add_number(table, json_object_get(vitals, "load1"), 2, "");
    table_add(table, "%lld", (long long)answer_int(host, "open_alerts"));
    answer_add_span(table, answer_int(host, "last_seen_ms"), now);
    mspan_t up = (mspan_t)(json_number_value(uptime) * (double)MSEC_SECOND);
    answer_add_span(table, json_is_number(uptime) ? now - up : 0, now);
}

static int run(struct ctl *ctl)
{
    json_t *answer = NULL;
    int status = client_ask(ctl, "/api/v1/hosts", NULL, &answer);
    if (status == CTL_FINE && ctl->settings.json) {
        client_print_json(answer);
    } else if (status == CTL_FINE) {
        struct table table;
        table_init(&table, titles, ARRAY_LEN(titles));
        size_t i;
        json_t *host;
        json_array_foreach(json_object_get(answer, "hosts"), i, host)
            add_host(&table, host, answer_int(answer, "now_ms"));
        table_print(&table, stdout);
        table_deinit(&table);
    }
    json_decref(answer);
    return status;
}

static const struct option options[] = {{.help = NULL}};

const struct command hosts_command = {
    .name = "hosts",
    .args = "",
    .summary = "List the hosts with their vitals",
    .help = "DISK is the fullest file system. A \"-\" was not measured.",
    .options = options,
    .run = run,
};
