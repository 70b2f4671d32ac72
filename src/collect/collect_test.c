/* SPDX-License-Identifier: MIT */
#include "collect/collect.h"

#include "collect/fake_host.h"
#include "collect/registry.h"
#include "unit.h"

static struct fake_host host;

START_TEST(what_has_a_period_is_told_from_memory)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/mdstat",
                    "md0 : active raid1 a[0] b[1]\n 5 blocks [2/2] [UU]\n");
    fake_host_write(&host, "proc/loadavg", "1.00 0.37 0.39 1/719 19737\n");
    struct collect *collect =
        fake_host_collect_new(&host, (struct collect_options){.disk = true, .cpu = true});
    fake_host_run(&host, collect);
    ck_assert_double_eq(fake_host_value(&host, "node_md_blocks{device=\"md0\"}"), 5);
    size_t n_samples = fake_host_count(&host, "node_md");

    fake_host_write(&host, "proc/mdstat",
                    "md0 : active raid1 a[0] b[1]\n 7 blocks [2/2] [UU]\n");
    fake_host_write(&host, "proc/loadavg", "2.00 0.37 0.39 1/719 19737\n");
    fake_host_run(&host, collect);
    ck_assert_double_eq(fake_host_value(&host, "node_md_blocks{device=\"md0\"}"), 5);
    ck_assert_double_eq(fake_host_value(&host, "node_load1"), 2);
    ck_assert_uint_eq(fake_host_count(&host, "node_md"), n_samples);
    collect_free(collect);
    fake_host_deinit(&host);
}
END_TEST

START_TEST(a_problem_stays_until_the_source_is_read_again)
{
    char problems[2048];
    fake_host_init(&host);
    struct collect *collect =
        fake_host_collect_new(&host, (struct collect_options){.network = true});
    for (int i = 0; i < 2; i++) {
        fake_host_run(&host, collect);
        fake_host_problems(collect, problems, sizeof(problems));
        ck_assert_ptr_nonnull(strstr(problems, "arp: cannot read /proc/net/arp"));
    }
    collect_free(collect);
    fake_host_deinit(&host);
}
END_TEST

START_TEST(every_collector_has_a_name_of_its_own_and_help)
{
    for (size_t i = 0; i < n_collectors; i++) {
        ck_assert(collectors[i]->name[0] != '\0' && collectors[i]->help[0] != '\0');
        ck_assert_ptr_nonnull(collectors[i]->collect);
        ck_assert_int_ge(collectors[i]->period_ms, 0);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(collectors[i]->name, collectors[k]->name);
    }
}
END_TEST

/* On an empty tree nothing is measured, and nothing crashes. */
START_TEST(an_empty_host_gives_nothing)
{
    fake_host_init(&host);
    struct collect *collect = fake_host_collect_new(
        &host,
        (struct collect_options){.cpu = true, .memory = true, .disk = true, .network = true});
    for (int i = 0; i < 3; i++) {
        fake_host_run(&host, collect);
        ck_assert_uint_eq(fake_host_count(&host, ""), fake_host_count(&host, "sentora_agent"));
    }
    collect_free(collect);
    fake_host_deinit(&host);
}
END_TEST

UNIT_MAIN("collect", what_has_a_period_is_told_from_memory,
          a_problem_stays_until_the_source_is_read_again,
          every_collector_has_a_name_of_its_own_and_help, an_empty_host_gives_nothing)
