/* SPDX-License-Identifier: MIT */
#include "collect/fake_host.h"
#include "unit.h"

static const struct collect_options only_cpu = {.cpu = true};

static struct fake_host host;
static struct collect *collect;

static void start(const char *stat_text)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/loadavg", "0.21 0.37 0.39 1/719 19737\n");
    fake_host_write(&host, "proc/stat", stat_text);
    collect = fake_host_collect_new(&host, only_cpu);
    fake_host_run(&host, collect);
}

static void next(const char *stat_text)
{
    fake_host_write(&host, "proc/stat", stat_text);
    fake_host_run(&host, collect);
}

static void stop(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

START_TEST(first_collection_has_counters_but_no_percentages)
{
    start("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 7 3\n"
          "intr 8885917 17 0 0\nctxt 38014093\nbtime 1418183276\nprocesses 26442\n"
          "procs_running 2\nprocs_blocked 1\n"
          "softirq 5057579 250191 1481983 1647 211099 186066 0 1783454 622196 12499 508444\n");

    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}"), 8);
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"user\"}"), 0.07);
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"nice\"}"), 0.03);
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_seconds_total"), 8);
    ck_assert_double_eq(fake_host_value(&host, "node_intr_total"), 8885917);
    ck_assert_double_eq(fake_host_value(&host, "node_context_switches_total"), 38014093);
    ck_assert_double_eq(fake_host_value(&host, "node_boot_time_seconds"), 1418183276);
    ck_assert_double_eq(fake_host_value(&host, "node_forks_total"), 26442);
    ck_assert_double_eq(fake_host_value(&host, "node_procs_running"), 2);
    ck_assert_double_eq(fake_host_value(&host, "node_procs_blocked"), 1);
    ck_assert_double_eq(fake_host_value(&host, "node_softirqs_total{vector=\"hi\"}"), 250191);
    ck_assert_double_eq(fake_host_value(&host, "node_softirqs_total{vector=\"rcu\"}"), 508444);
    ck_assert_double_eq(fake_host_value(&host, "node_load15"), 0.39);
    ck_assert(!fake_host_has(&host, "sentora_cpu_usage_percent"));

    struct collect_summary summary;
    collect_summary(collect, &summary);
    ck_assert(isnan(summary.cpu_percent));
    stop();
}
END_TEST

START_TEST(percentages_share_one_window)
{
    start("cpu  100 0 100 1600 0 0 0 0 0 0\ncpu0 50 0 50 800 0 0 0 0 0 0\n"
          "cpu1 50 0 50 800 0 0 0 0 0 0\n");
    next("cpu  150 0 110 1740 0 0 0 0 50 0\ncpu0 100 0 60 840 0 0 0 0 50 0\n"
         "cpu1 50 0 50 900 0 0 0 0 0 0\n");

    ck_assert_double_eq(fake_host_value(&host, "sentora_cpu_usage_percent"), 30);
    ck_assert_double_eq(fake_host_value(&host, "sentora_cpu_core_usage_percent{core=\"0\"}"),
                        60);
    ck_assert_double_eq(fake_host_value(&host, "sentora_cpu_core_usage_percent{core=\"1\"}"),
                        0);
    ck_assert_double_eq(fake_host_value(&host, "sentora_cpu_mode_percent{mode=\"user\"}"), 25);
    ck_assert_double_eq(fake_host_value(&host, "sentora_cpu_mode_percent{mode=\"idle\"}"), 70);

    struct collect_summary summary;
    collect_summary(collect, &summary);
    ck_assert_double_eq(summary.cpu_percent, 30);
    stop();
}
END_TEST

START_TEST(window_stays_open_until_a_tick_passed)
{
    start("cpu  100 0 0 100 0 0 0 0 0 0\ncpu0 100 0 0 100 0 0 0 0 0 0\n");
    next("cpu  100 0 0 100 0 0 0 0 0 0\ncpu0 100 0 0 100 0 0 0 0 0 0\n");
    ck_assert(!fake_host_has(&host, "sentora_cpu_usage_percent"));
    next("cpu  101 0 0 103 0 0 0 0 0 0\ncpu0 101 0 0 103 0 0 0 0 0 0\n");
    ck_assert_double_eq(fake_host_value(&host, "sentora_cpu_usage_percent"), 25);
    stop();
}
END_TEST

START_TEST(counters_never_go_backwards)
{
    start("cpu  0 0 0 1000 70 0 0 0 0 0\ncpu0 0 0 0 1000 70 0 0 0 0 0\n");
    next("cpu  10 0 0 990 60 0 0 0 0 0\ncpu0 10 0 0 990 60 0 0 0 0 0\n");

    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}"), 10);
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_seconds_total{cpu=\"0\",mode=\"iowait\"}"), 0.7);
    ck_assert_double_eq(fake_host_value(&host, "sentora_cpu_usage_percent"), 100);
    stop();
}
END_TEST

START_TEST(hot_plugged_core_starts_anew)
{
    start("cpu  9 0 0 2000 0 0 0 0 0 0\ncpu0 5 0 0 1000 0 0 0 0 0 0\n"
          "cpu1 4 0 0 1000 0 0 0 0 0 0\n");
    next("cpu  9 0 0 2100 0 0 0 0 0 0\ncpu0 5 0 0 1100 0 0 0 0 0 0\n");
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_seconds_total{cpu=\"1\""), 0);
    ck_assert(!fake_host_has(&host, "sentora_cpu_core_usage_percent{core=\"1\"}"));

    next("cpu  9 0 0 2200 0 0 0 0 0 0\ncpu0 5 0 0 1200 0 0 0 0 0 0\n"
         "cpu1 1 0 0 100 0 0 0 0 0 0\n");
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"}"), 1);
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_seconds_total{cpu=\"1\",mode=\"user\"}"), 0.01);
    ck_assert(!fake_host_has(&host, "sentora_cpu_core_usage_percent{core=\"1\"}"));
    stop();
}
END_TEST

START_TEST(old_kernels_and_nonsense_do_no_harm)
{
    start("cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu99999999 1 1 1 1\ncpux 5\ncpu\nintr\nctxt abc\n\n");
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}"), 0.04);
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_seconds_total{cpu=\"0\",mode=\"steal\"}"), 0);
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_seconds_total"), 8);
    ck_assert(!fake_host_has(&host, "node_context_switches_total"));

    next("cpu  99999999999999999999999 1\ncpu0 18446744073709551615 18446744073709551615\n");
    next("");
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_seconds_total"), 0);
    stop();
}
END_TEST

START_TEST(processors_are_described_once_read)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/stat", "cpu  1 0 0 1\ncpu0 1 0 0 1\ncpu1 1 0 0 1\n");
    fake_host_write(
        &host, "proc/cpuinfo",
        "processor\t: 0\nvendor_id\t: Maker\ncpu family\t: 6\nmodel\t\t: 142\nmodel name\t: Some CPU @ 2\n"
        "stepping\t: 10\nmicrocode\t: 0xb4\ncache size\t: 8192 KB\nphysical id\t: 0\n"
        "core id\t\t: 0\nflags\t\t: fpu aes avx avx2 avx512f sse\n"
        "bugs\t\t: spectre_v1 mds swapgs\n\nprocessor\t: 1\nphysical id\t: 0\n"
        "core id\t\t: 1\nflags\t\t: aes\n");
    fake_host_write(&host, "sys/devices/system/cpu/isolated", "1,3-5\n");
    for (int cpu = 0; cpu < 2; cpu++) {
        char path[128];
        snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
        fake_host_write(&host, path, cpu == 0 ? "0\n" : "1\n");
        snprintf(path, sizeof(path),
                 "sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
        fake_host_write(&host, path, "0\n");
        snprintf(path, sizeof(path),
                 "sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", cpu);
        fake_host_write(&host, path, "5\n");
        snprintf(path, sizeof(path),
                 "sys/devices/system/cpu/cpu%d/thermal_throttle/package_throttle_count", cpu);
        fake_host_write(&host, path, "30\n");
    }
    collect = fake_host_collect_new(&host, only_cpu);
    fake_host_run(&host, collect);

    ck_assert(fake_host_has(
        &host, "node_cpu_info{cachesize=\"8192 KB\",core=\"0\",cpu=\"0\","
               "family=\"6\",microcode=\"0xb4\",model=\"142\","
               "model_name=\"Some CPU @ 2\",package=\"0\",stepping=\"10\",vendor=\"Maker\"}"));
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_info"), 2);
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_flag_info"), 3);
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_bug_info"), 2);
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_isolated"), 4);
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_core_throttles_total"), 2);
    ck_assert_double_eq(
        fake_host_value(&host, "node_cpu_package_throttles_total{package=\"0\"}"), 30);
    ck_assert_uint_eq(fake_host_count(&host, "node_cpu_package_throttles_total"), 1);
    stop();
}
END_TEST

START_TEST(missing_file_is_a_problem_and_no_sample)
{
    fake_host_init(&host);
    collect = fake_host_collect_new(&host, only_cpu);
    fake_host_run(&host, collect);
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "cpu: cannot read /proc/stat"));
    ck_assert_uint_eq(fake_host_count(&host, ""), 0);
    stop();
}
END_TEST

UNIT_MAIN("cpu", first_collection_has_counters_but_no_percentages, percentages_share_one_window,
          window_stays_open_until_a_tick_passed, counters_never_go_backwards,
          hot_plugged_core_starts_anew, old_kernels_and_nonsense_do_no_harm,
          processors_are_described_once_read, missing_file_is_a_problem_and_no_sample)
