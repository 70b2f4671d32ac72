/* SPDX-License-Identifier: MIT */
#include "collect/fake_host.h"
#include "unit.h"

static const struct collect_options only_memory = {.memory = true};

static struct fake_host host;
static struct collect *collect;

static void start(const char *meminfo)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/meminfo", meminfo);
    collect = fake_host_collect_new(&host, only_memory);
    fake_host_run(&host, collect);
}

static void stop(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

START_TEST(every_line_becomes_a_family)
{
    start("MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     250 kB\n"
          "Active(anon):      10 kB\nHugePages_Total:    3\nHugepagesize:    2048 kB\n"
          "SwapTotal:        200 kB\nSwapFree:         150 kB\n");

    ck_assert_double_eq(fake_host_value(&host, "node_memory_MemTotal_bytes"), 1024000);
    ck_assert_double_eq(fake_host_value(&host, "node_memory_Active_anon_bytes"), 10240);
    ck_assert_double_eq(fake_host_value(&host, "node_memory_HugePages_Total"), 3);
    ck_assert_double_eq(fake_host_value(&host, "sentora_memory_usage_percent"), 75);
    ck_assert_double_eq(fake_host_value(&host, "sentora_swap_usage_percent"), 25);

    struct collect_summary summary;
    collect_summary(collect, &summary);
    ck_assert_double_eq(summary.memory_percent, 75);
    stop();
}
END_TEST

START_TEST(old_kernel_is_judged_by_free_buffers_and_cache)
{
    start("MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 350 kB\n"
          "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
    ck_assert_double_eq(fake_host_value(&host, "sentora_memory_usage_percent"), 50);
    ck_assert(!fake_host_has(&host, "sentora_swap_usage_percent"));
    stop();
}
END_TEST

START_TEST(lines_may_come_and_go)
{
    start("MemTotal: 1000 kB\nMemAvailable: 500 kB\n");
    fake_host_write(&host, "proc/meminfo",
                    "NewField: 7 kB\nMemAvailable: 900 kB\nMemTotal: 1000 kB\n");
    fake_host_run(&host, collect);
    ck_assert_double_eq(fake_host_value(&host, "node_memory_NewField_bytes"), 7168);
    ck_assert_double_eq(fake_host_value(&host, "sentora_memory_usage_percent"), 10);
    stop();
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
    start("MemTotal\n: 5 kB\nBad key: 5 kB\nMemTotal: x kB\nMemAvailable: 5 kB\n"
          "AKeyThatIsMuchLongerThanAnyKeyThatTheKernelHasEverHadSoFar: 1 kB\nQ\"uote: 1 kB");
    ck_assert_uint_eq(fake_host_count(&host, ""), 1);
    ck_assert(!fake_host_has(&host, "sentora_memory_usage_percent"));
    stop();
}
END_TEST

START_TEST(number_of_families_is_bounded)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "Field%d: 1 kB\n", i);
    start(buf_text(&text));
    ck_assert_uint_eq(fake_host_count(&host, "node_memory_"), 256);
    buf_deinit(&text);
    stop();
}
END_TEST

UNIT_MAIN("memory", every_line_becomes_a_family, old_kernel_is_judged_by_free_buffers_and_cache,
          lines_may_come_and_go, nonsense_is_passed_over, number_of_families_is_bounded)
