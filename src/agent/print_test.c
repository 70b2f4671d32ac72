/* SPDX-License-Identifier: MIT */
#include "agent/print.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit.h"

static struct settings all_on(void)
{
    return (struct settings){.name = "server1",
                             .root = "/",
                             .cpu = true,
                             .memory = true,
                             .disk = true,
                             .network = true,
                             .services = true,
                             .ssh = true,
                             .ssh_window = MSEC_MINUTE,
                             .ssh_threshold = 5};
}

static struct collect_summary measured(void)
{
    struct collect_summary summary = {.cpu_percent = 63.249,
                                      .memory_percent = 3.95,
                                      .n_disks = 1,
                                      .n_interfaces = 1,
                                      .n_services = 2,
                                      .ssh_failed = 5};
    strcpy(summary.disks[0].path, "/");
    summary.disks[0].percent = 24.84;
    strcpy(summary.interfaces[0].name, "lo");
    summary.interfaces[0].in_kib_per_s = 22330.9052734375;
    summary.interfaces[0].out_kib_per_s = 0.5;
    strcpy(summary.services[0].name, "nginx");
    strcpy(summary.services[0].state, "active");
    strcpy(summary.services[1].name, "re\"dis");
    strcpy(summary.services[1].state, "unknown");
    return summary;
}

START_TEST(has_the_shape_of_earlier_agents)
{
    struct settings settings = all_on();
    struct collect_summary summary = measured();
    struct buf out;
    buf_init(&out, 1 << 16);
    setenv("TZ", "UTC-3", 1); /* three hours ahead; times are local and say no offset */
    tzset();
    print_summary(&settings, &summary, true, 1763630248124, &out);
    static const char expected[] =
        "{\"cpu_usage\":63.2,\"ram_usage\":4,\"disk_usage\":{\"/\":24.8},"
        "\"network\":{\"lo\":{\"in\":22330.9052734375,\"out\":0.5}},"
        "\"services\":{\"nginx\":\"active\",\"re\\\"dis\":\"unknown\"},"
        "\"ssh_brute_force\":{\"failed_attempts\":5,\"threshold_exceeded\":true},"
        "\"timestamp\":\"2025-11-20T12:17:28.124000\",\"agent_name\":\"server1\",\"hostname\":\"";
    ck_assert_msg(text_has_prefix(buf_text(&out), expected), "%s", buf_text(&out));
    ck_assert(text_has_suffix(buf_text(&out), "\"}\n"));
    buf_deinit(&out);
}
END_TEST

START_TEST(what_is_off_or_unknown_is_null)
{
    struct settings settings = {.name = "n", .ssh = true};
    struct collect_summary summary = measured();
    struct buf out;
    buf_init(&out, 1 << 16);
    print_summary(&settings, &summary, false, 0, &out);
    ck_assert(text_has_prefix(buf_text(&out),
                              "{\"cpu_usage\":null,\"ram_usage\":null,\"disk_usage\":null,"
                              "\"network\":null,\"services\":null,\"ssh_brute_force\":null,"));
    buf_reset(&out);
    settings = all_on();
    summary.cpu_percent = (double)NAN;
    summary.n_disks = 0;
    print_summary(&settings, &summary, true, 0, &out);
    ck_assert(text_has_prefix(buf_text(&out), "{\"cpu_usage\":null,\"ram_usage\":4,"
                                              "\"disk_usage\":{},"));
    buf_deinit(&out);
}
END_TEST

START_TEST(measures_this_machine)
{
    struct settings settings = all_on();
    struct buf out;
    buf_init(&out, 1 << 24);
    ck_assert_int_eq(print_json(&settings, &out), 0);
    json_t *document = json_loadb(out.data, out.len, 0, NULL);
    ck_assert(json_is_number(json_object_get(document, "ram_usage")));
    json_decref(document);
    buf_reset(&out);
    ck_assert_int_eq(print_prometheus(&settings, &out), 0);
    const char *help = strstr(buf_text(&out), "# HELP node_load1 ");
    ck_assert_ptr_nonnull(help);
    ck_assert_ptr_null(strstr(help + 1, "# HELP node_load1 "));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "\nsentora_memory_usage_percent "));
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN("print", has_the_shape_of_earlier_agents, what_is_off_or_unknown_is_null,
          measures_this_machine)
