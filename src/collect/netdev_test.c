/* SPDX-License-Identifier: MIT */
#include "collect/fake_host.h"
#include "unit.h"

#define HEADING                                                                                \
    "Inter-|   Receive                            |  Transmit\n"                               \
    " face |bytes packets errs drop fifo frame compressed multicast|bytes packets ...\n"

static const struct collect_options only_network = {.network = true};

static struct fake_host host;
static struct collect *collect;

static void start(struct collect_options options, const char *lines)
{
    char text[4096];
    fake_host_init(&host);
    snprintf(text, sizeof(text), HEADING "%s", lines);
    fake_host_write(&host, "proc/net/dev", text);
    collect = fake_host_collect_new(&host, options);
    fake_host_run(&host, collect);
}

static void next(const char *lines)
{
    char text[4096];
    snprintf(text, sizeof(text), HEADING "%s", lines);
    fake_host_write(&host, "proc/net/dev", text);
    fake_host_run(&host, collect);
}

static void stop(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

static bool has_rate(const char *device)
{
    char series[128];
    snprintf(series, sizeof(series), "sentora_network_receive_bytes_per_second{device=\"%s\"}",
             device);
    return fake_host_has(&host, series);
}

START_TEST(columns_become_families)
{
    start(only_network, "    lo: 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\n"
                        "  eth0:1 2 3 4 5 6 7 8 11 12 13 14 15 16 17 18\n");
    ck_assert_double_eq(
        fake_host_value(&host, "node_network_receive_bytes_total{device=\"eth0\"}"), 1);
    ck_assert_double_eq(
        fake_host_value(&host, "node_network_receive_multicast_total{device=\"eth0\"}"), 8);
    ck_assert_double_eq(
        fake_host_value(&host, "node_network_transmit_bytes_total{device=\"eth0\"}"), 11);
    ck_assert_double_eq(
        fake_host_value(&host, "node_network_transmit_drop_total{device=\"eth0\"}"), 14);
    ck_assert_uint_eq(fake_host_count(&host, "node_network_"), 16);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_"), 0);
    stop();
}
END_TEST

START_TEST(rates_need_growth)
{
    start(only_network, "eth0: 1000 0 0 0 0 0 0 0 5000 0 0 0 0 0 0 0\n");
    next("eth0: 2000 0 0 0 0 0 0 0 4999 0 0 0 0 0 0 0\n");
    ck_assert(has_rate("eth0"));
    ck_assert_uint_eq(fake_host_count(&host, "sentora_"), 1);

    struct collect_summary summary;
    collect_summary(collect, &summary);
    ck_assert_uint_eq(summary.n_interfaces, 0);
    next("eth0: 2000 0 0 0 0 0 0 0 4999 0 0 0 0 0 0 0\n");
    collect_summary(collect, &summary);
    ck_assert_uint_eq(summary.n_interfaces, 1);
    ck_assert_double_eq(summary.interfaces[0].in_kib_per_s, 0);
    stop();
}
END_TEST

START_TEST(an_interface_that_returns_starts_anew)
{
    start(only_network, "eth0: 10 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    next("");
    ck_assert_uint_eq(fake_host_count(&host, "node_network_"), 0);
    next("eth0: 99999 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    ck_assert(!has_rate("eth0"));
    stop();
}
END_TEST

static const char crowd[] = "lo: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                            "eth0: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                            "docker0: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                            "br-12ab: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                            "veth7: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

START_TEST(virtual_interfaces_have_no_rates)
{
    start(only_network, crowd);
    next(crowd);
    ck_assert(has_rate("eth0"));
    ck_assert_uint_eq(fake_host_count(&host, "sentora_network_receive"), 1);
    ck_assert_uint_eq(fake_host_count(&host, "node_network_receive_bytes_total"), 3);
    stop();
}
END_TEST

START_TEST(devices_beat_names)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/net/dev",
                    HEADING "bond0: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                            "lan1: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                            "mgmt: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    fake_host_write(&host, "sys/class/net/lan1/device/vendor", "0x8086\n");
    collect = fake_host_collect_new(&host, only_network);
    fake_host_run(&host, collect);
    fake_host_run(&host, collect);
    ck_assert(has_rate("lan1"));
    ck_assert_uint_eq(fake_host_count(&host, "sentora_network_receive"), 1);
    stop();
}
END_TEST

START_TEST(a_lonely_virtual_interface_is_better_than_none)
{
    start(only_network, "veth7: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    next("veth7: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    ck_assert(has_rate("veth7"));
    ck_assert_uint_eq(fake_host_count(&host, "node_network_receive_bytes_total"), 1);
    stop();
}
END_TEST

START_TEST(a_list_is_taken_literally)
{
    static const char *const list[] = {"docker0", "lo", "missing", NULL};
    struct collect_options options = only_network;
    options.interfaces = list;
    start(options, crowd);
    next(crowd);
    ck_assert(has_rate("docker0"));
    ck_assert(has_rate("lo"));
    ck_assert_uint_eq(fake_host_count(&host, "sentora_network_receive"), 2);
    ck_assert_uint_eq(fake_host_count(&host, "node_network_receive_bytes_total"), 2);
    stop();
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
    start(only_network,
          "eth0 1 2 3\neth1: 1 2 3\neth2: a b\n: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
          "averyveryveryverylongnameindeeditis: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    ck_assert_uint_eq(fake_host_count(&host, ""), 0);
    stop();
}
END_TEST

UNIT_MAIN("netdev", columns_become_families, rates_need_growth,
          an_interface_that_returns_starts_anew, virtual_interfaces_have_no_rates,
          devices_beat_names, a_lonely_virtual_interface_is_better_than_none,
          a_list_is_taken_literally, nonsense_is_passed_over)
