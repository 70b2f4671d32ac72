/* SPDX-License-Identifier: MIT */
/* services_test - hosts without a bus, and with one that is silent. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collect/fake_host.h"
#include "unit.h"

static const char *const list[] = {"nginx", "backup.timer", NULL};
static const struct collect_options only_services = {.services = true, .service_list = list};

static struct fake_host host;
static struct collect *collect;

static void check_unknown(void)
{
    ck_assert_uint_eq(fake_host_count(&host, "sentora_service_up"), 0);

    struct collect_summary summary;
    collect_summary(collect, &summary);
    ck_assert_uint_eq(summary.n_services, 2);
    ck_assert_str_eq(summary.services[0].name, "nginx");
    ck_assert_str_eq(summary.services[0].state, "unknown");

    struct buf text;
    struct json json;
    buf_init(&text, 4096);
    json_init(&json, &text);
    collect_write_services(collect, &json);
    ck_assert_str_eq(buf_text(&text), "[{\"name\":\"nginx.service\",\"state\":\"unknown\"},"
                                      "{\"name\":\"backup.timer\",\"state\":\"unknown\"}]");
    buf_deinit(&text);
}

START_TEST(without_a_bus_states_are_unknown)
{
    fake_host_init(&host);
    collect = fake_host_collect_new(&host, only_services);
    fake_host_run(&host, collect);
    check_unknown();
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "services: no answer from systemd"));
    fake_host_run(&host, collect);
    check_unknown();
    collect_free(collect);
    fake_host_deinit(&host);
}
END_TEST

START_TEST(a_silent_bus_holds_nobody_up)
{
    fake_host_init(&host);
    fake_host_write(&host, "run/dbus/x", "");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/dbus/system_bus_socket",
             host.path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 5), 0);

    collect = fake_host_collect_new(&host, only_services);
    mono_t before = clock_mono_ms();
    fake_host_run(&host, collect);
    fake_host_run(&host, collect);
    ck_assert_int_lt(clock_mono_ms() - before, 10000);
    check_unknown();
    collect_free(collect);
    close(listener);
    fake_host_deinit(&host);
}
END_TEST

START_TEST(switched_off_is_an_empty_list)
{
    fake_host_init(&host);
    collect = fake_host_collect_new(&host, (struct collect_options){.services = false});
    struct buf text;
    struct json json;
    buf_init(&text, 4096);
    json_init(&json, &text);
    collect_write_services(collect, &json);
    ck_assert_str_eq(buf_text(&text), "[]");
    buf_deinit(&text);
    collect_free(collect);
    fake_host_deinit(&host);
}
END_TEST

UNIT_MAIN("services", without_a_bus_states_are_unknown, a_silent_bus_holds_nobody_up,
          switched_off_is_an_empty_list)
