/* SPDX-License-Identifier: MIT */
/* ssh_pattern_test - messages of sshd, and whole lines of log files. */
#include "collect/ssh_pattern.h"

#include <stdlib.h>
#include <time.h>

#include "collect/ssh_line.h"
#include "unit.h"

static const struct {
    const char *message;
    enum ssh_event_kind kind;
    const char *user, *address; /* NULL = not said */
} cases[] = {
    {"Failed password for root from 192.0.2.1 port 22 ssh2", SSH_FAILURE, "root", "192.0.2.1"},
    {"Failed password for invalid user a from 1.2.3.4 port 5 ssh2", SSH_FAILURE, "a",
     "1.2.3.4"},
    {"Failed password for invalid user  from 1.2.3.4 port 5 ssh2", SSH_FAILURE, "", "1.2.3.4"},
    {"Failed password for invalid user from 1.2.3.4 port 5 ssh2", SSH_FAILURE, "", "1.2.3.4"},
    {"Failed password for x from 2001:db8::1 port 5 ssh2", SSH_FAILURE, "x", "2001:db8::1"},
    {"Failed password for x from fe80::1%eth0 port 5 ssh2", SSH_FAILURE, "x", "fe80::1%eth0"},
    {"Failed password for x from ::ffff:192.0.2.9 port 5 ssh2", SSH_FAILURE, "x", "192.0.2.9"},
    {"Failed keyboard-interactive/pam for root from 192.0.2.1 port 2 ssh2",
     SSH_KEYBOARD_FAILURE, "root", "192.0.2.1"},
    {"Failed publickey for git from 192.0.2.1 port 9 ssh2: RSA SHA256:x", SSH_DOUBT, "git",
     "192.0.2.1"},
    {"Failed publickey for invalid user g from 192.0.2.1 port 9 ssh2: RSA SHA256:x", SSH_SIGN,
     "g", "192.0.2.1"},
    {"Failed none for root from 192.0.2.1 port 9 ssh2", SSH_NOTHING, NULL, NULL},
    /* names that try to look like the rest of the line */
    {"Failed password for invalid user x from 9.9.9.9 port 1 ssh2 from 192.0.2.1 port 2 ssh2",
     SSH_FAILURE, "x from 9.9.9.9 port 1 ssh2", "192.0.2.1"},
    {"Failed password for user from 192.0.2.1 port 2 ssh1: ruser from 9.9.9.9", SSH_FAILURE,
     "user", "192.0.2.1"},
    {"Connection closed by invalid user x 9.9.9.9 port 1 192.0.2.1 port 2 [preauth]", SSH_SIGN,
     "x 9.9.9.9 port 1", "192.0.2.1"},
    {"error: PAM: Authentication failure for root from 192.0.2.1", SSH_PAM_FAILURE, "root",
     "192.0.2.1"},
    {"error: PAM: Authentication failure for illegal user y from h.example via 10.0.0.1",
     SSH_PAM_FAILURE, "y", "h.example"},
    {"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
     "rhost=192.0.2.1  user=root",
     SSH_DOUBT, "root", "192.0.2.1"},
    {"Invalid user admin from 192.0.2.1 port 44004", SSH_SIGN, "admin", "192.0.2.1"},
    {"Invalid user  from 192.0.2.1 port 44004", SSH_SIGN, "", "192.0.2.1"},
    {"Connection closed by invalid user admin 203.0.113.1 port 4242 [preauth]", SSH_SIGN,
     "admin", "203.0.113.1"},
    {"Connection reset by authenticating user root 203.0.113.1 port 4 [preauth]", SSH_SIGN,
     "root", "203.0.113.1"},
    {"Disconnected from authenticating user root 203.0.113.9 port 4242 [preauth]", SSH_SIGN,
     "root", "203.0.113.9"},
    {"Disconnecting invalid user x 192.0.2.7 port 4: Too many authentication failures [preauth]",
     SSH_SIGN, "x", "192.0.2.7"},
    {"Disconnecting: Too many authentication failures for root [preauth]", SSH_SIGN, "root",
     NULL},
    {"error: maximum authentication attempts exceeded for invalid user x from 192.0.2.7 port 9 "
     "ssh2 [preauth]",
     SSH_SIGN, "x", "192.0.2.7"},
    {"User root from 192.0.2.1 not allowed because not listed in AllowUsers", SSH_SIGN, "root",
     "192.0.2.1"},
    {"User root not allowed because account is locked", SSH_DOUBT, "root", NULL},
    {"ROOT LOGIN REFUSED FROM 192.0.2.1 port 1 [preauth]", SSH_SIGN, "root", "192.0.2.1"},
    {"Received disconnect from 192.0.2.1 port 7:11: Bye Bye [preauth]", SSH_SIGN, NULL,
     "192.0.2.1"},
    {"Received disconnect from 192.0.2.1 port 7:11: disconnected by user", SSH_NOTHING, NULL,
     NULL},
    {"refused connect from x@(evil) (::ffff:192.0.2.1)", SSH_SIGN, NULL, "192.0.2.1"},
    {"Connection closed by 192.0.2.1 port 3 [preauth]", SSH_CLOSED, NULL, "192.0.2.1"},
    {"Connection closed by 192.0.2.1 port 3", SSH_NOTHING, NULL, NULL},
    {"Connection from 192.0.2.1 port 3 on 10.0.0.1 port 22", SSH_CONNECTED, NULL, "192.0.2.1"},
    {"Disconnected from user alice 192.0.2.1 port 3", SSH_NOTHING, NULL, NULL},
    {"Accepted password for alice from 192.0.2.1 port 3 ssh2", SSH_ACCEPTED, NULL, NULL},
    {"Server listening on 0.0.0.0 port 22.", SSH_NOTHING, NULL, NULL},
    {"Failed password for", SSH_NOTHING, NULL, NULL},
    {"Failed password for root", SSH_NOTHING, NULL, NULL},
    {"Invalid user ", SSH_NOTHING, NULL, NULL},
    {"refused connect from ", SSH_NOTHING, NULL, NULL},
    {"", SSH_NOTHING, NULL, NULL},
};

static bool is_slice(struct slice slice, const char *text)
{
    return text == NULL ? slice.data == NULL : slice.data != NULL && slice_is(slice, text);
}

START_TEST(messages_are_recognised)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ssh_event event = ssh_pattern_match(slice_of(cases[i].message));
        ck_assert_msg(event.kind == cases[i].kind, "%s: kind %d", cases[i].message, event.kind);
        ck_assert_msg(is_slice(event.user, cases[i].user), "%s: user %.*s", cases[i].message,
                      (int)event.user.len, event.user.data);
        ck_assert_msg(is_slice(event.address, cases[i].address), "%s: address %.*s",
                      cases[i].message, (int)event.address.len, event.address.data);
    }
}
END_TEST

START_TEST(joined_lines_count_as_often)
{
    struct ssh_event event = ssh_pattern_match(SLICE(
        "message repeated 3 times: [ Failed password for root from 192.0.2.1 port 2 ssh2]"));
    ck_assert_int_eq(event.kind, SSH_FAILURE);
    ck_assert_uint_eq(event.repeats, 3);
    ck_assert(slice_is(event.address, "192.0.2.1"));
    event = ssh_pattern_match(SLICE("message repeated x times: [ Failed"));
    ck_assert_int_eq(event.kind, SSH_NOTHING);
}
END_TEST

/* Every prefix of every message, in memory that ends where it ends. */
START_TEST(cut_lines_are_harmless)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t len = strlen(cases[i].message);
        for (size_t cut = 0; cut <= len; cut++) {
            char *copy = malloc(cut + 1);
            memcpy(copy, cases[i].message, cut);
            struct ssh_event event = ssh_pattern_match((struct slice){copy, cut});
            ck_assert_uint_ge(event.repeats, 1);
            free(copy);
        }
    }
}
END_TEST

/* 2026-11-20T12:00:00Z */
#define NOW ((msec_t)1795176000 * 1000)

START_TEST(lines_have_time_process_and_message)
{
    setenv("TZ", "UTC", 1);
    tzset();
    static const struct {
        const char *text;
        msec_t at_ms;
        uint64_t pid;
        const char *message;
    } lines[] = {
        {"Nov 20 11:59:00 host sshd[31602]: hello", NOW - MSEC_MINUTE, 31602, "hello"},
        {"Nov  3 12:00:00 host sshd-session[7]: hello", NOW - 17 * MSEC_DAY, 7, "hello"},
        {"2026-11-20T12:58:00.568798+01:00 host sshd[2716]: hi", NOW - 2 * MSEC_MINUTE, 2716,
         "hi"},
        {"2026-11-20T11:58:00Z host sshd[2716]: hi", NOW - 2 * MSEC_MINUTE, 2716, "hi"},
        {"Nov 20 11:59:00 sshd[8148]: bare", NOW - MSEC_MINUTE, 8148, "bare"},
        {"Nov 20 11:59:00 [sshd]: none", NOW - MSEC_MINUTE, 0, "none"},
        {"Nov 20 11:59:00 h sshd[5]: [ID 800047 auth.info] x", NOW - MSEC_MINUTE, 5, "x"},
        {"<38>1 2026-11-20T11:59:00Z h sshd 57915 - - Failed", NOW - MSEC_MINUTE, 57915,
         "Failed"},
        {"<38>1 2026-11-20T11:59:00Z h sshd 57915 - [a b=\"]\\\" \"][c] Failed",
         NOW - MSEC_MINUTE, 57915, "Failed"},
        /* the future is now */
        {"Nov 20 12:30:00 host sshd[1]: hello", NOW, 1, "hello"},
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct ssh_line line;
        ck_assert_msg(ssh_line_parse(slice_of(lines[i].text), NOW, &line), "%s", lines[i].text);
        ck_assert_msg(line.at_ms == lines[i].at_ms, "%s: %lld", lines[i].text,
                      (long long)line.at_ms);
        ck_assert_msg(line.pid == lines[i].pid, "%s", lines[i].text);
        ck_assert_msg(slice_is(line.message, lines[i].message), "%s: %.*s", lines[i].text,
                      (int)line.message.len, line.message.data);
    }
}
END_TEST

START_TEST(the_year_is_the_one_before_at_new_year)
{
    setenv("TZ", "UTC", 1);
    tzset();
    const msec_t new_year = (msec_t)1798761600 * 1000; /* 2027-01-01T00:00:00Z */
    struct ssh_line line;
    ck_assert(ssh_line_parse(SLICE("Dec 31 23:59:50 h sshd[1]: x"), new_year, &line));
    ck_assert_int_eq(line.at_ms, new_year - 10 * MSEC_SECOND);
}
END_TEST

START_TEST(other_lines_are_refused)
{
    static const char *const lines[] = {
        "",
        "sshd",
        "Nov 20 11:59:00 host cron[1]: sshd[2]: Failed password for root from 1.2.3.4 port 1 ssh2",
        "Nov 20 11:59 host sshd[1]: x",
        "Nux 20 11:59:00 host sshd[1]: x",
        "2026-11-20 host sshd[1]: x",
        "<38>1 2026-11-20T11:59:00Z",
        "<38>1 sshd",
    };
    struct ssh_line line;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        ck_assert_msg(!ssh_line_parse(slice_of(lines[i]), NOW, &line), "%s", lines[i]);
}
END_TEST

UNIT_MAIN("ssh_pattern", messages_are_recognised, joined_lines_count_as_often,
          cut_lines_are_harmless, lines_have_time_process_and_message,
          the_year_is_the_one_before_at_new_year, other_lines_are_refused)
