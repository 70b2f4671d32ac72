/* SPDX-License-Identifier: MIT */
/* kernel_test - the small sources: pressure, vmstat, filefd, entropy, uptime, and the facts. */
#include <errno.h>

#include "collect/fake_host.h"
#include "unit.h"

static struct fake_host host;
static struct collect *collect;

static void stop(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

START_TEST(small_sources_are_read)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/pressure/cpu",
                    "some avg10=0.00 avg60=0.00 avg300=0.00 total=14036781\n"
                    "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
    fake_host_write(&host, "proc/pressure/io",
                    "some avg10=0.18 avg60=0.34 avg300=0.10 total=2000000\n"
                    "full avg10=0.18 avg60=0.34 avg300=0.10 total=1000000\n");
    fake_host_write(&host, "proc/vmstat", "nr_free_pages 1\npgpgin 7\npgpginx 8\noom_kill 2\n");
    fake_host_write(&host, "proc/sys/fs/file-nr", "1024\t0\t1631329\n");
    fake_host_write(&host, "proc/sys/kernel/random/entropy_avail", "1337\n");
    fake_host_write(&host, "proc/uptime", "3600.25 100.0\n");
    fake_host_write(&host, "proc/loadavg", "abc\n");
    collect =
        fake_host_collect_new(&host, (struct collect_options){.cpu = true, .memory = true});
    fake_host_run(&host, collect);

    ck_assert_double_eq(fake_host_value(&host, "node_pressure_cpu_waiting_seconds_total"),
                        14.036781);
    ck_assert_double_eq(fake_host_value(&host, "node_pressure_io_waiting_seconds_total"), 2);
    ck_assert_double_eq(fake_host_value(&host, "node_pressure_io_stalled_seconds_total"), 1);
    ck_assert_uint_eq(fake_host_count(&host, "node_pressure_"), 3);
    ck_assert_double_eq(fake_host_value(&host, "node_vmstat_pgpgin"), 7);
    ck_assert_double_eq(fake_host_value(&host, "node_vmstat_oom_kill"), 2);
    ck_assert_uint_eq(fake_host_count(&host, "node_vmstat_"), 2);
    ck_assert_double_eq(fake_host_value(&host, "node_filefd_maximum"), 1631329);
    ck_assert_double_eq(fake_host_value(&host, "node_entropy_available_bits"), 1337);
    ck_assert_double_eq(fake_host_value(&host, "sentora_uptime_seconds"), 3600.25);
    ck_assert_uint_eq(fake_host_count(&host, "node_load"), 0);

    char problems[1024];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "loadavg: "));
    ck_assert_ptr_null(strstr(problems, "pressure"));
    stop();
}
END_TEST

static void write_facts(char *out, size_t size)
{
    struct buf text;
    struct json json;
    buf_init(&text, 1 << 16);
    json_init(&json, &text);
    collect_write_facts(collect, &json);
    text_copy(out, size, buf_text(&text));
    buf_deinit(&text);
}

START_TEST(facts_are_what_the_host_says)
{
    char facts[4096];
    fake_host_init(&host);
    fake_host_write(&host, "etc/os-release", "NAME=x\nPRETTY_NAME=\"Some Linux 12\"\n");
    fake_host_write(&host, "proc/sys/kernel/hostname", "web-1\n");
    fake_host_write(&host, "proc/sys/kernel/osrelease", "6.1.0\n");
    fake_host_write(&host, "proc/cpuinfo",
                    "model name\t: A CPU\nflags\t: fpu hypervisor sse\n");
    fake_host_write(&host, "proc/meminfo", "MemTotal: 4 kB\n");
    fake_host_write(&host, "proc/stat", "cpu  1\ncpu0 1\ncpu1 1\nbtime 1418183276\n");
    fake_host_write(&host, "sys/class/dmi/id/sys_vendor", "QEMU\n");
    collect = fake_host_collect_new(&host, (struct collect_options){0});
    write_facts(facts, sizeof(facts));
    ck_assert_str_eq(facts,
                     "{\"hostname\":\"web-1\",\"kernel\":\"6.1.0\",\"os\":\"Some Linux 12\","
                     "\"cpu_model\":\"A CPU\",\"cores\":2,\"memory_bytes\":4096,"
                     "\"virtualization\":\"qemu\",\"boot_ms\":1418183276000}");

    fake_host_write(&host, ".dockerenv", "");
    write_facts(facts, sizeof(facts));
    ck_assert_ptr_nonnull(strstr(facts, "\"virtualization\":\"docker\""));
    stop();
}
END_TEST

START_TEST(an_empty_host_has_no_facts)
{
    char facts[256];
    fake_host_init(&host);
    collect = fake_host_collect_new(&host, (struct collect_options){0});
    write_facts(facts, sizeof(facts));
    ck_assert_str_eq(facts, "{}");
    stop();
}
END_TEST

START_TEST(what_is_not_a_file_is_refused)
{
    fake_host_init(&host);
    char command[256];
    snprintf(command, sizeof(command), "mkdir %s/proc && mkfifo %s/proc/uptime", host.path,
             host.path);
    ck_assert_int_eq(system(command), 0);
    collect = fake_host_collect_new(&host, (struct collect_options){0});
    fake_host_run(&host, collect);
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(
        strstr(problems, "system: cannot read /proc/uptime (Invalid argument)"));
    stop();
}
END_TEST

START_TEST(a_bad_root_is_refused)
{
    struct collect *none = NULL;
    struct collect_options options = {.root = "/no/such/directory"};
    ck_assert_int_eq(collect_new(&options, &none), -ENOENT);
    options.root = "/proc/self/status";
    ck_assert_int_eq(collect_new(&options, &none), -ENOTDIR);
    options.root = "";
    ck_assert_int_eq(collect_new(&options, &none), -EINVAL);
    ck_assert_ptr_null(none);
    collect_free(NULL);
}
END_TEST

UNIT_MAIN("kernel", small_sources_are_read, facts_are_what_the_host_says,
          an_empty_host_has_no_facts, what_is_not_a_file_is_refused, a_bad_root_is_refused)
