/* SPDX-License-Identifier: MIT */
#include "agent/identity.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "unit.h"

static char folder[64], path[96];

static void begin(void)
{
    unit_make_folder(folder, sizeof(folder));
    file_join(path, sizeof(path), folder, "identity");
}

static void end(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(keeps_what_it_was_given)
{
    struct identity made, read;
    struct stat status;
    begin();
    ck_assert_int_eq(identity_load(folder, &made), 0);
    ck_assert_uint_eq(strlen(made.agent_id), 32);
    ck_assert(!file_exists(path)); /* nothing to keep yet */
    text_copy(made.server, sizeof(made.server), "https://s:8443");
    text_copy(made.name, sizeof(made.name), "we \"quote\" $and \\ #ß");
    text_copy(made.token, sizeof(made.token), "secret");
    ck_assert_int_eq(identity_save(folder, &made), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(identity_load(folder, &read), 0);
    ck_assert_str_eq(read.agent_id, made.agent_id);
    ck_assert_str_eq(read.server, made.server);
    ck_assert_str_eq(read.name, made.name);
    ck_assert_str_eq(read.token, made.token);
    end();
}
END_TEST

START_TEST(its_token_is_for_one_server_and_name)
{
    struct identity identity = {.server = "https://a", .name = "n", .token = "t"};
    ck_assert(identity_is_enrolled(&identity, "https://a", "n"));
    ck_assert(!identity_is_enrolled(&identity, "https://b", "n"));
    ck_assert(!identity_is_enrolled(&identity, "https://a", "m"));
    identity.token[0] = '\0';
    ck_assert(!identity_is_enrolled(&identity, "https://a", "n"));
}
END_TEST

START_TEST(makes_a_new_one_from_a_broken_file)
{
    static const char *const broken[] = {"", "AGENT_ID=xyz\nTOKEN=t\n", "\xff\xfe garbage",
                                         "TOKEN=\"open\nAGENT_ID=12\n"};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct identity identity;
        begin();
        ck_assert_int_eq(file_write_atomic(path, broken[i], strlen(broken[i]), 0600), 0);
        ck_assert_int_eq(identity_load(folder, &identity), 0);
        ck_assert_uint_eq(strlen(identity.agent_id), 32);
        ck_assert_str_eq(identity.token, "");
        end();
    }
}
END_TEST

START_TEST(says_when_it_cannot_be_kept)
{
    struct identity identity = {.agent_id = "00"};
    ck_assert_int_lt(identity_save("/proc/nowhere", &identity), 0);
}
END_TEST

UNIT_MAIN("identity", keeps_what_it_was_given, its_token_is_for_one_server_and_name,
          makes_a_new_one_from_a_broken_file, says_when_it_cannot_be_kept)
