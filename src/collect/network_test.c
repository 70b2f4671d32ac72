/* SPDX-License-Identifier: MIT */
#include "collect/fake_host.h"
#include "unit.h"

static const struct collect_options only_network = {.network = true};

static struct fake_host host;
static struct collect *collect;

static void begin(void)
{
    fake_host_init(&host);
}

static void run(void)
{
    collect = fake_host_collect_new(&host, only_network);
    fake_host_run(&host, collect);
}

static void end(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

static void is(const char *series, double value)
{
    double got = fake_host_value(&host, series);
    ck_assert_msg(got == value, "%s is %g, not %g", series, got, value);
}

START_TEST(netstat_finds_its_columns_by_name)
{
    begin();
    fake_host_write(&host, "proc/net/netstat",
                    "TcpExt: SyncookiesSent ListenOverflows ListenDrops Other TCPTimeouts\n"
                    "TcpExt: 1 2 3 4 115\n"
                    "IpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 6286396970 2786264347\n");
    fake_host_write(&host, "proc/net/snmp",
                    "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
                    "Tcp: MaxConn ActiveOpens CurrEstab\nTcp: -1 3556 7\n"
                    "UdpLite: InErrors\nUdpLite: 9\n");
    fake_host_write(&host, "proc/net/snmp6",
                    "Ip6InReceives                   7\nIp6InOctets                     460\n"
                    "Icmp6InErrors                   1\nUdp6NoPorts 5\nUdpLite6InErrors\t6\n");
    run();
    is("node_netstat_TcpExt_SyncookiesSent", 1);
    is("node_netstat_TcpExt_ListenOverflows", 2);
    is("node_netstat_TcpExt_ListenDrops", 3);
    is("node_netstat_TcpExt_TCPTimeouts", 115);
    is("node_netstat_IpExt_InOctets", 6286396970.0);
    is("node_netstat_IpExt_OutOctets", 2786264347.0);
    is("node_netstat_Ip_Forwarding", 1);
    is("node_netstat_Tcp_ActiveOpens", 3556);
    is("node_netstat_Tcp_CurrEstab", 7);
    is("node_netstat_UdpLite_InErrors", 9);
    is("node_netstat_Ip6_InOctets", 460);
    is("node_netstat_Icmp6_InErrors", 1);
    is("node_netstat_Udp6_NoPorts", 5);
    is("node_netstat_UdpLite6_InErrors", 6);
    ck_assert_uint_eq(fake_host_count(&host, "node_netstat"), 14);
    end();
}
END_TEST

START_TEST(netstat_survives_what_is_not_netstat)
{
    static const char *const texts[] = {
        "",
        "\n",
        "TcpExt:",
        "TcpExt: SyncookiesSent\n",
        "TcpExt: SyncookiesSent\nIpExt: 1\n",
        "TcpExt: SyncookiesSent SyncookiesRecv\nTcpExt:\n",
        "TcpExt: SyncookiesSent\nTcpExt: 99999999999999999999999\n",
        ": a\n: 1\n",
        "x\ny\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        begin();
        fake_host_write(&host, "proc/net/netstat", texts[i]);
        fake_host_write(&host, "proc/net/snmp", texts[i]);
        fake_host_write(&host, "proc/net/snmp6", texts[i]);
        run();
        ck_assert_uint_eq(fake_host_count(&host, "node_netstat"), 0);
        end();
    }
}
END_TEST

START_TEST(sockets_are_counted)
{
    begin();
    fake_host_write(&host, "proc/net/sockstat",
                    "sockets: used 229\nTCP: inuse 4 orphan 0 tw 4 alloc 17 mem 2\n"
                    "FRAG: inuse 0 memory 3\n: x 1\nODD! inuse 4\nRAW:\nUDP: inuse many\n");
    fake_host_write(&host, "proc/net/sockstat6", "TCP6: inuse 17\n");
    run();
    is("node_sockstat_sockets_used", 229);
    is("node_sockstat_TCP_inuse", 4);
    is("node_sockstat_TCP_alloc", 17);
    is("node_sockstat_TCP_mem", 2);
    ck_assert(fake_host_value(&host, "node_sockstat_TCP_mem_bytes") >= 8192);
    is("node_sockstat_FRAG_memory", 3);
    is("node_sockstat_TCP6_inuse", 17);
    ck_assert(!fake_host_has(&host, "node_sockstat_UDP_inuse"));
    end();
}
END_TEST

START_TEST(packets_of_each_processor)
{
    begin();
    fake_host_write(
        &host, "proc/net/softnet_stat",
        "00049279 00000001 00000002 00000000\n0000000a 0 ffffffff 0 0 0 0 0 0 0 0 0 "
        "00000007\n1 2\nxx\n");
    run();
    is("node_softnet_processed_total{cpu=\"0\"}", 0x49279);
    is("node_softnet_dropped_total{cpu=\"0\"}", 1);
    is("node_softnet_times_squeezed_total{cpu=\"0\"}", 2);
    is("node_softnet_processed_total{cpu=\"7\"}", 10);
    is("node_softnet_times_squeezed_total{cpu=\"7\"}", 4294967295.0);
    ck_assert_uint_eq(fake_host_count(&host, "node_softnet"), 6);
    end();
}
END_TEST

START_TEST(connections_are_summed_over_processors)
{
    begin();
    fake_host_write(&host, "proc/sys/net/netfilter/nf_conntrack_count", "123\n");
    fake_host_write(&host, "proc/sys/net/netfilter/nf_conntrack_max", "65536\n");
    fake_host_write(&host, "proc/net/stat/nf_conntrack",
                    "entries  found invalid insert_failed drop early_drop\n"
                    "00000021 00000001 0000000f 00000000 00000002 00000000\n"
                    "00000021 00000002 00000001 00000000 00000003\n");
    run();
    is("node_nf_conntrack_entries", 123);
    is("node_nf_conntrack_entries_limit", 65536);
    is("node_nf_conntrack_stat_found", 3);
    is("node_nf_conntrack_stat_invalid", 16);
    is("node_nf_conntrack_stat_drop", 5);
    end();

    begin(); /* no firewall, no problem */
    run();
    char problems[2048];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_null(strstr(problems, "conntrack"));
    ck_assert_uint_eq(fake_host_count(&host, "node_nf"), 0);
    end();
}
END_TEST

START_TEST(neighbours_and_queues)
{
    begin();
    fake_host_write(
        &host, "proc/net/arp",
        "IP address       HW type     Flags       HW address            Mask     Device\n"
        "192.168.1.1 0x1 0x2 cc:aa:dd:ee:aa:bb * eth0\n"
        "192.168.1.2 0x1 0x2 bb:cc:dd:ee:ff:aa * eth0\n"
        "10.0.0.1 0x1 0x2 de:ad:be:ef:00:00 * eth1\nhalf a line\n");
    fake_host_write(&host, "proc/net/udp",
                    "  sl  local_address rem_address   st tx_queue rx_queue tr\n"
                    "   0: 00000000:0016 00000000:0000 0A 00000015:00000003 00:0\n"
                    "   1: 00000000:0016 00000000:0000 0A 00000001:0000000f 00:0\nx\n");
    run();
    is("node_arp_entries{device=\"eth0\"}", 2);
    is("node_arp_entries{device=\"eth1\"}", 1);
    is("node_udp_queues{ip=\"v4\",queue=\"tx\"}", 22);
    is("node_udp_queues{ip=\"v4\",queue=\"rx\"}", 18);
    ck_assert_uint_eq(fake_host_count(&host, "node_udp"), 2);
    end();
}
END_TEST

static void make_interface(const char *name, const char *speed, const char *operstate)
{
    static const struct {
        const char *file, *text;
    } files[] = {{"ifindex", "2\n"},         {"mtu", "1500\n"},
                 {"flags", "0x1003\n"},      {"carrier", "1\n"},
                 {"duplex", "full\n"},       {"address", "01:02\n"},
                 {"dev_id", "0x20\n"},       {"ifalias", "\xff\n"},
                 {"tx_queue_len", "1000\n"}, {"carrier_changes", "broken\n"}};
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof(path), "sys/class/net/%s/%s", name, files[i].file);
        fake_host_write(&host, path, files[i].text);
    }
    snprintf(path, sizeof(path), "sys/class/net/%s/speed", name);
    fake_host_write(&host, path, speed);
    snprintf(path, sizeof(path), "sys/class/net/%s/operstate", name);
    fake_host_write(&host, path, operstate);
}

START_TEST(interfaces_have_properties)
{
    begin();
    make_interface("eth0", "1000\n", "up\n");
    make_interface("eth1", "-1\n", "down\n");
    make_interface("veth7a", "10000\n", "up\n");
    fake_host_write(&host, "sys/class/net/bonding_masters", "bond0\n");
    run();
    is("node_network_up{device=\"eth0\"}", 1);
    is("node_network_up{device=\"eth1\"}", 0);
    is("node_network_speed_bytes{device=\"eth0\"}", 125e6);
    ck_assert(!fake_host_has(&host, "node_network_speed_bytes{device=\"eth1\"}"));
    is("node_network_flags{device=\"eth0\"}", 4099);
    is("node_network_device_id{device=\"eth0\"}", 32);
    is("node_network_mtu_bytes{device=\"eth0\"}", 1500);
    is("node_network_info{address=\"01:02\",broadcast=\"\",device=\"eth0\",duplex=\"full\","
       "ifalias=\"\",operstate=\"up\"}",
       1);
    ck_assert_uint_eq(fake_host_count(&host, "node_network_carrier_changes"), 0);
    ck_assert_uint_eq(fake_host_count(&host, "node_network_up"), 2);
    end();
}
END_TEST

START_TEST(bonds_have_links)
{
    begin();
    fake_host_write(&host, "sys/class/net/bonding_masters", "bond0 dmz\n");
    fake_host_write(&host, "sys/class/net/bond0/bonding/slaves", "\n");
    fake_host_write(&host, "sys/class/net/dmz/bonding/slaves", "eth0 eth4 eth5\n");
    fake_host_write(&host, "sys/class/net/dmz/lower_eth0/bonding_slave/mii_status", "up\n");
    fake_host_write(&host, "sys/class/net/dmz/slave_eth4/bonding_slave/mii_status", "up\n");
    fake_host_write(&host, "sys/class/net/dmz/lower_eth5/bonding_slave/mii_status", "down\n");
    run();
    is("node_bonding_slaves{master=\"bond0\"}", 0);
    is("node_bonding_active{master=\"bond0\"}", 0);
    is("node_bonding_slaves{master=\"dmz\"}", 3);
    is("node_bonding_active{master=\"dmz\"}", 2);
    end();
}
END_TEST

UNIT_MAIN("network", netstat_finds_its_columns_by_name, netstat_survives_what_is_not_netstat,
          sockets_are_counted, packets_of_each_processor,
          connections_are_summed_over_processors, neighbours_and_queues,
          interfaces_have_properties, bonds_have_links)
