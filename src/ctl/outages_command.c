/* SPDX-License-Identifier: MIT */
/* outages_command - `sentora outages` and `sentora outages clear`. */
#include "base/text.h"
#include "ctl/answer.h"
#include "ctl/client.h"

#define AT(field) .offset = offsetof(struct ctl_settings, field)

static const char *const titles[] = {">ID",   "HOST",   "LAST SEEN",
                                     "ENDED", "LASTED", "CLEARED BY"};

static void add_outage(struct table *table, const json_t *outage)
{
    msec_t began = answer_int(outage, "last_seen_ms"), ended = answer_int(outage, "ended_ms");
    table_add(table, "%lld", (long long)answer_int(outage, "id"));
    table_add(table, "%s", answer_text(outage, "host_name"));
    answer_add_time(table, began);
    if (ended == 0)
        table_add(table, "goes on");
    else
        answer_add_time(table, ended);
    answer_add_span(table, began, ended == 0 ? clock_wall_ms() : ended);
    const char *by = answer_text(outage, "cleared_by");
    table_add(table, "%s", by[0] == '\0' ? "-" : by);
}

static int run_outages(struct ctl *ctl)
{
    char path[128];
    snprintf(path, sizeof(path), "/api/v1/outages?cleared=%s&limit=%lld",
             ctl->settings.all ? "true" : "false", (long long)ctl->settings.limit);
    json_t *answer = NULL, *outage;
    int status = client_ask(ctl, path, NULL, &answer);
    const json_t *outages = json_object_get(answer, "outages");
    if (status == CTL_FINE && ctl->settings.json) {
        client_print_json(answer);
    } else if (status == CTL_FINE && json_array_size(outages) == 0) {
        puts("There are no outages.");
    } else if (status == CTL_FINE) {
        struct table table;
        size_t i;
        table_init(&table, titles, ARRAY_LEN(titles));
        json_array_foreach(outages, i, outage) add_outage(&table, outage);
        table_print(&table, stdout);
        table_deinit(&table);
    }
    json_decref(answer);
    return status;
}

static int run_clear(struct ctl *ctl)
{
    uint64_t id;
    if (text_to_u64(ctl->args[0], &id) != 0) {
        ctl_fail("\"%s\" is no number of an outage; `sentora outages` lists them",
                 ctl->args[0]);
        return CTL_USAGE;
    }
    char path[96];
    snprintf(path, sizeof(path), "/api/v1/outages/%llu/clear", (unsigned long long)id);
    json_t *answer = NULL;
    int status = client_post_json(ctl, path, "{}", &answer);
    if (status == CTL_FINE && ctl->settings.json)
        client_print_json(answer);
    else if (status == CTL_FINE)
        printf("Cleared: the outage of %s\n", answer_text(answer, "host_name"));
    json_decref(answer);
    return status;
}

static const struct option outages_options[] = {
    {.type = OPTION_BOOL,
     .flag = "--cleared",
     .help = "those that were cleared instead",
     AT(all)},
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

static const struct option clear_options[] = {{.help = NULL}};

const struct command outages_command = {
    .name = "outages",
    .args = "",
    .summary = "List when hosts were away",
    .help = "Those that nobody has cleared yet, the newest first.",
    .options = outages_options,
    .run = run_outages,
};

const struct command outages_clear_command = {
    .name = "outages clear",
    .args = "ID",
    .min_args = 1,
    .max_args = 1,
    .summary = "Take an outage that is over off the list",
    .help = "One that goes on cannot be cleared.",
    .options = clear_options,
    .run = run_clear,
};
