/* SPDX-License-Identifier: MIT */
#include "collect/ssh_window.h"

#include <stdio.h>

#include "unit.h"

static struct ssh_window window;
static const mspan_t span = 10 * MSEC_MINUTE;
static const msec_t start = (msec_t)1795176000 * 1000;

static void say(uint64_t pid, msec_t at_ms, const char *message)
{
    struct ssh_event event = ssh_pattern_match(slice_of(message));
    ssh_window_add(&window, &event, pid, at_ms, at_ms);
}

START_TEST(lines_of_a_connection_are_its_attempts)
{
    static const struct {
        const char *lines[8];
        unsigned attempts;
    } talks[] = {
        {{"Invalid user a from 1.2.3.4 port 5",
          "Failed password for invalid user a from 1.2.3.4 "
          "port 5 ssh2",
          "Connection closed by invalid user a 1.2.3.4 port 5 [preauth]"},
         1},
        {{"Failed password for root from 1.2.3.4 port 5 ssh2",
          "Failed password for root from 1.2.3.4 port 5 ssh2",
          "error: maximum authentication attempts exceeded for root from 1.2.3.4 port 5 ssh2 "
          "[preauth]",
          "Disconnecting authenticating user root 1.2.3.4 port 5: Too many authentication failures "
          "[preauth]"},
         2},
        {{"Connection closed by authenticating user root 1.2.3.4 port 5 [preauth]"}, 1},
        {{"error: PAM: Authentication failure for root from 1.2.3.4",
          "Failed keyboard-interactive/pam for root from 1.2.3.4 port 5 ssh2",
          "error: PAM: Authentication failure for root from 1.2.3.4",
          "Failed keyboard-interactive/pam for root from 1.2.3.4 port 5 ssh2"},
         2},
        {{"Failed publickey for git from 1.2.3.4 port 5 ssh2: RSA SHA256:x",
          "Accepted publickey for git from 1.2.3.4 port 5 ssh2: RSA SHA256:y",
          "Connection closed by 1.2.3.4 port 5 [preauth]"},
         0},
        {{"Failed publickey for git from 1.2.3.4 port 5 ssh2: RSA SHA256:x",
          "Connection closed by 1.2.3.4 port 5 [preauth]"},
         1},
        {{"Connection closed by 1.2.3.4 port 5 [preauth]"}, 0},
        {{"Disconnecting: Too many authentication failures for root [preauth]",
          "Connection closed by 1.2.3.4 [preauth]"},
         1},
        {{"Connection from 1.2.3.4 port 5 on 10.0.0.1 port 22",
          "Disconnecting: Too many authentication failures for root [preauth]"},
         1},
        {{"pam_unix(sshd:auth): authentication failure; logname= uid=0 rhost=1.2.3.4  user=root",
          "Failed password for root from 1.2.3.4 port 5 ssh2"},
         1},
        {{"message repeated 3 times: [ Failed password for root from 1.2.3.4 port 5 ssh2]"}, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(talks); i++) {
        ssh_window_init(&window, span);
        for (size_t k = 0; k < 8 && talks[i].lines[k] != NULL; k++)
            say(77, start + (msec_t)k, talks[i].lines[k]);
        ck_assert_msg(window.count == talks[i].attempts, "talk %zu: %u", i, window.count);
        ck_assert_uint_eq(window.total, talks[i].attempts);
        ssh_window_deinit(&window);
    }
}
END_TEST

START_TEST(a_process_id_used_again_is_another_connection)
{
    ssh_window_init(&window, span);
    say(77, start, "Connection closed by invalid user a 1.2.3.4 port 5 [preauth]");
    say(77, start + 20 * MSEC_MINUTE,
        "Connection closed by invalid user a 1.2.3.4 port 6 [preauth]");
    ck_assert_uint_eq(window.total, 2);
    ssh_window_deinit(&window);
}
END_TEST

START_TEST(the_window_slides)
{
    ssh_window_init(&window, span);
    for (int i = 0; i < 100; i++)
        say(100 + (uint64_t)i, start + i * 10 * MSEC_SECOND,
            "Failed password for root from 1.2.3.4 port 5 ssh2");
    msec_t last = start + 990 * MSEC_SECOND;
    ssh_window_slide(&window, last);
    ck_assert_uint_eq(window.count, 60);
    ck_assert_uint_eq(window.total, 100);
    ssh_window_slide(&window, last + span - 1);
    ck_assert_uint_eq(window.count, 1);
    ssh_window_slide(&window, last + span);
    ck_assert_uint_eq(window.count, 0);
    ck_assert_uint_eq(window.sources.items[0].count, 0);
    ssh_window_deinit(&window);
}
END_TEST

START_TEST(what_is_older_than_the_window_does_not_count)
{
    ssh_window_init(&window, span);
    struct ssh_event event =
        ssh_pattern_match(SLICE("Failed password for root from 1.2.3.4 port 5 ssh2"));
    ssh_window_add(&window, &event, 1, start - span, start);
    ck_assert_uint_eq(window.total, 0);
    ssh_window_add(&window, &event, 2, start - span + 1, start);
    ck_assert_uint_eq(window.count, 1);
    ssh_window_add(&window, &event, 3, start - span / 2, start);
    ssh_window_add(&window, &event, 4, start - span / 2 - 5000, start); /* out of order */
    ssh_window_slide(&window, start + span / 2 - 4999);
    ck_assert_uint_eq(window.count, 1);
    ssh_window_deinit(&window);
}
END_TEST

START_TEST(a_flood_stays_within_bounds)
{
    ssh_window_init(&window, span);
    for (unsigned i = 0; i < 20000; i++) {
        char line[160];
        snprintf(line, sizeof(line),
                 "Failed password for invalid user u%u from 10.%u.%u.%u port 5 ssh2", i,
                 i >> 16, i >> 8 & 255, i & 255);
        say(1000 + i, start + i, line);
    }
    ck_assert_uint_eq(window.total, 20000);
    ck_assert_uint_le(window.sources.len, SSH_SOURCES_MAX);
    ck_assert_uint_le(window.connections.len, SSH_CONNECTIONS_MAX);
    ck_assert_uint_le(window.marks.capacity, 4 * SSH_MARKS_MAX);
    ck_assert_uint_eq(window.count, SSH_MARKS_MAX);
    ssh_window_slide(&window, start + 20000 + span);
    ck_assert_uint_eq(window.count, 0);
    for (size_t i = 0; i < window.sources.len; i++)
        ck_assert_uint_eq(window.sources.items[i].count, 0);
    ssh_window_deinit(&window);
}
END_TEST

START_TEST(the_report_names_sources_and_users)
{
    ssh_window_init(&window, span);
    say(1, start, "Failed password for root from 192.0.2.7 port 5 ssh2");
    say(1, start + 1, "Failed password for root from 192.0.2.7 port 5 ssh2");
    say(2, start + 2, "Invalid user x\"\xff from 192.0.2.7 port 6");
    say(3, start + 3, "Invalid user y from 2001:db8::1 port 6");
    struct buf text;
    struct json json;
    buf_init(&text, 4096);
    json_init(&json, &text);
    ssh_window_write(&window, &json);
    ck_assert_str_eq(
        buf_text(&text),
        "{\"window_s\":600,\"failed\":4,\"sources\":[{\"address\":\"192.0.2.7\","
        "\"users\":[\"root\",\"x\\\"\xef\xbf\xbd\"],\"count\":3,"
        "\"last_ms\":1795176000002},{\"address\":\"2001:db8::1\",\"users\":[\"y\"],"
        "\"count\":1,\"last_ms\":1795176000003}]}");
    buf_deinit(&text);
    ssh_window_deinit(&window);
}
END_TEST

UNIT_MAIN("ssh_window", lines_of_a_connection_are_its_attempts,
          a_process_id_used_again_is_another_connection, the_window_slides,
          what_is_older_than_the_window_does_not_count, a_flood_stays_within_bounds,
          the_report_names_sources_and_users)
