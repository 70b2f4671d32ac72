/* SPDX-License-Identifier: MIT */
/* alerts_command - `sentora alerts` and `sentora alerts acknowledge`. */
#include <string.h>

#include "base/text.h"
#include "ctl/answer.h"
#include "ctl/client.h"

#define AT(field) .offset = offsetof(struct ctl_settings, field)

static const char *const titles[] = {">ID",   "SEVERITY",     "STATE",  "HOST",
                                     "SINCE", "ACKNOWLEDGED", "SUMMARY"};

static void add_alert(struct table *table, const json_t *alert)
{
    table_add(table, "%lld", (long long)answer_int(alert, "id"));
    table_add(table, "%s", answer_text(alert, "severity"));
    table_add(table, "%s", answer_text(alert, "state"));
    table_add(table, "%s", answer_text(alert, "host_name"));
    answer_add_time(table, answer_int(alert, "since_ms"));
    const char *by = answer_text(alert, "acked_by");
    table_add(table, "%s",
              answer_int(alert, "acked_ms") == 0 ? "-"
              : by[0] == '\0'                    ? "yes"
                                                 : by);
    table_add(table, "%s", answer_text(alert, "summary"));
}

static void print_alerts(const json_t *alerts)
{
    struct table table;
    table_init(&table, titles, ARRAY_LEN(titles));
    size_t i;
    json_t *alert;
    json_array_foreach(alerts, i, alert) add_alert(&table, alert);
    table_print(&table, stdout);
    table_deinit(&table);
}

/* The id of the host with that name, 0 = there is none; CTL_FINE or what went wrong. */
static int find_host(const struct ctl *ctl, int64_t *out_id)
{
    json_t *answer = NULL, *host;
    int status = client_ask(ctl, "/api/v1/hosts", NULL, &answer);
    size_t i;
    int64_t id = 0;
    json_array_foreach(json_object_get(answer, "hosts"), i, host)
    {
        if (text_is(answer_text(host, "name"), ctl->settings.host))
            id = answer_int(host, "id");
    }
    json_decref(answer);
    if (status == CTL_FINE && id == 0)
        status = ctl_fail("there is no host \"%s\"", ctl->settings.host);
    *out_id = id;
    return status;
}

static int run_alerts(struct ctl *ctl)
{
    const struct ctl_settings *settings = &ctl->settings;
    int64_t host = 0;
    int status = settings->host == NULL ? CTL_FINE : find_host(ctl, &host);
    if (status != CTL_FINE)
        return status;
    char path[160], filter[48] = "";
    if (host != 0)
        snprintf(filter, sizeof(filter), "&host=%lld", (long long)host);
    snprintf(path, sizeof(path), "/api/v1/alerts?state=%s&limit=%lld%s",
             settings->all ? "all" : "open", (long long)settings->limit, filter);
    json_t *answer = NULL;
    status = client_ask(ctl, path, NULL, &answer);
    const json_t *alerts = json_object_get(answer, "alerts");
    if (status == CTL_FINE && settings->json)
        client_print_json(answer);
    else if (status == CTL_FINE && json_array_size(alerts) == 0)
        puts(settings->all ? "There were no alerts." : "Nothing is alerting.");
    else if (status == CTL_FINE)
        print_alerts(alerts);
    json_decref(answer);
    return status;
}

static int run_acknowledge(struct ctl *ctl)
{
    uint64_t id;
    if (text_to_u64(ctl->args[0], &id) != 0) {
        ctl_fail("\"%s\" is no number of an alert; `sentora alerts` lists them", ctl->args[0]);
        return CTL_USAGE;
    }
    char path[96];
    snprintf(path, sizeof(path), "/api/v1/alerts/%llu/acknowledge", (unsigned long long)id);
    json_t *body = json_object(), *answer = NULL;
    const char *comment = ctl->settings.comment;
    json_object_set_new(body, "comment", json_string(comment == NULL ? "" : comment));
    char *text = json_dumps(body, JSON_COMPACT);
    int status = text == NULL ? ctl_fail("--comment is not UTF-8")
                              : client_post_json(ctl, path, text, &answer);
    free(text);
    if (status == CTL_FINE && ctl->settings.json)
        client_print_json(answer);
    else if (status == CTL_FINE)
        printf("Acknowledged: %s\n", answer_text(answer, "summary"));
    json_decref(answer);
    json_decref(body);
    return status;
}

static const struct option alerts_options[] = {
    {.type = OPTION_BOOL, .flag = "--all", .help = "those that are over too", AT(all)},
    {.type = OPTION_STRING,
     .flag = "--host",
     .value_name = "NAME",
     .help = "of one host only",
     AT(host)},
    {.type = OPTION_INT,
     .flag = "--limit",
     .value_name = "N",
     .preset = "200",
     .min = 1,
     .max = 1000,
     .help = "no more than so many, the newest",
     AT(limit)},
    {.help = NULL},
};

static const struct option acknowledge_options[] = {
    {.type = OPTION_STRING,
     .flag = "--comment",
     .value_name = "TEXT",
     .help = "what others should know about it",
     AT(comment)},
    {.help = NULL},
};

const struct command alerts_command = {
    .name = "alerts",
    .args = "",
    .summary = "List what is alerting",
    .help = "The newest come first.",
    .options = alerts_options,
    .run = run_alerts,
};

const struct command alerts_acknowledge_command = {
    .name = "alerts acknowledge",
    .args = "ID",
    .min_args = 1,
    .max_args = 1,
    .summary = "Say that somebody takes care of an alert",
    .help = "The token must be one that may change things, not one that may only look.",
    .options = acknowledge_options,
    .run = run_acknowledge,
};
