/* SPDX-License-Identifier: MIT */
#include "state/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static char dir[64], path[96];

static void begin(void)
{
    unit_make_folder(dir, sizeof(dir));
    snprintf(path, sizeof(path), "%s/secret.key", dir);
}

static void end(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(opens_what_it_sealed_also_after_a_restart)
{
    begin();
    struct problem problem;
    struct secrets *secrets;
    ck_assert_int_eq(secrets_open(path, &secrets, &problem), 0);
    struct stat about;
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0600);
    ck_assert_int_eq(about.st_size, 32);

    struct buf box, again, plain;
    buf_init(&box, 4096);
    buf_init(&again, 4096);
    buf_init(&plain, 4096);
    ck_assert_int_eq(secrets_seal(secrets, "hunter2", 7, &box), 0);
    ck_assert_int_eq(secrets_seal(secrets, "hunter2", 7, &again), 0);
    ck_assert_uint_eq(box.len, 24 + 16 + 7);
    ck_assert_int_ne(memcmp(box.data, again.data, box.len), 0);
    ck_assert_ptr_null(memmem(box.data, box.len, "hunter2", 7));
    secrets_close(secrets);

    ck_assert_int_eq(secrets_open(path, &secrets, &problem), 0);
    ck_assert_int_eq(secrets_unseal(secrets, box.data, box.len, &plain), 0);
    ck_assert_str_eq(buf_text(&plain), "hunter2");
    secrets_close(secrets);
    buf_deinit(&box);
    buf_deinit(&again);
    buf_deinit(&plain);
    end();
}
END_TEST

START_TEST(refuses_a_changed_box)
{
    begin();
    struct problem problem;
    struct secrets *secrets;
    ck_assert_int_eq(secrets_open(path, &secrets, &problem), 0);
    struct buf box, plain;
    buf_init(&box, 4096);
    buf_init(&plain, 4096);
    ck_assert_int_eq(secrets_seal(secrets, "", 0, &box), 0);
    ck_assert_int_eq(secrets_unseal(secrets, box.data, box.len, &plain), 0);
    ck_assert_uint_eq(plain.len, 0);

    for (size_t i = 0; i < box.len; i++) {
        box.data[i] ^= 1;
        ck_assert_int_eq(secrets_unseal(secrets, box.data, box.len, &plain), -EBADMSG);
        box.data[i] ^= 1;
    }
    for (size_t len = 0; len < box.len; len++)
        ck_assert_int_eq(secrets_unseal(secrets, box.data, len, &plain), -EBADMSG);
    secrets_close(secrets);
    buf_deinit(&box);
    buf_deinit(&plain);
    end();
}
END_TEST

START_TEST(stays_under_the_ceiling)
{
    begin();
    struct problem problem;
    struct secrets *secrets;
    ck_assert_int_eq(secrets_open(path, &secrets, &problem), 0);
    struct buf box;
    buf_init(&box, 46);
    ck_assert_int_eq(secrets_seal(secrets, "hunter2", 7, &box), -ENOBUFS);
    buf_deinit(&box);
    secrets_close(secrets);
    end();
}
END_TEST

START_TEST(refuses_a_bad_key_file)
{
    begin();
    struct problem problem = {0};
    struct secrets *secrets = NULL;
    ck_assert_int_eq(file_write_atomic(path, "short", 5, 0600), 0);
    ck_assert_int_eq(secrets_open(path, &secrets, &problem), -EINVAL);
    ck_assert_ptr_nonnull(strstr(problem.text, "32 bytes"));

    char key[33] = {0};
    ck_assert_int_eq(file_write_atomic(path, key, 33, 0600), 0);
    ck_assert_int_eq(secrets_open(path, &secrets, &problem), -EINVAL);
    ck_assert_int_eq(file_write_atomic(path, key, 32, 0644), 0);
    ck_assert_int_eq(secrets_open(path, &secrets, &problem), -EPERM);
    ck_assert_ptr_nonnull(strstr(problem.text, "0600"));
    ck_assert_ptr_null(secrets);
    end();
    ck_assert_int_eq(secrets_open("/proc/no/such/place", &secrets, &problem), -ENOENT);
}
END_TEST

UNIT_MAIN("secrets", opens_what_it_sealed_also_after_a_restart, refuses_a_changed_box,
          stays_under_the_ceiling, refuses_a_bad_key_file)
