/* SPDX-License-Identifier: MIT */
#include "collect/host_dir.h"

#include <stdio.h>

#include "collect/fake_host.h"
#include "unit.h"

static struct fake_host host;
static struct host_root root;

static void begin(void)
{
    fake_host_init(&host);
    ck_assert_int_eq(host_root_init(&root, host.path), 0);
}

static void end(void)
{
    host_root_deinit(&root);
    fake_host_deinit(&host);
}

START_TEST(names_are_sorted_and_bounded)
{
    struct host_dir dir;
    begin();
    host_dir_read(&root, "sys/none", &dir);
    ck_assert_uint_eq(dir.len, 0);
    host_dir_deinit(&dir);

    fake_host_write(&host, "sys/b", "");
    fake_host_write(&host, "sys/a", "");
    fake_host_write(&host, "sys/.hidden", "");
    host_dir_read(&root, "sys", &dir);
    ck_assert_uint_eq(dir.len, 2);
    ck_assert_str_eq(dir.names[0], "a");
    ck_assert_str_eq(dir.names[1], "b");
    host_dir_deinit(&dir);

    for (int i = 0; i < HOST_DIR_MAX + 10; i++) {
        char path[32];
        snprintf(path, sizeof(path), "many/%d", i);
        fake_host_write(&host, path, "");
    }
    host_dir_read(&root, "many", &dir);
    ck_assert_uint_eq(dir.len, HOST_DIR_MAX);
    host_dir_deinit(&dir);
    end();
}
END_TEST

START_TEST(numbers_are_decimal_or_hexadecimal)
{
    static const struct {
        const char *text;
        bool is_number;
        double number;
    } cases[] = {{"12\n", true, 12},
                 {"-7", true, -7},
                 {"0x1003\n", true, 4099},
                 {"1.5\n", true, 1.5},
                 {"", false, 0},
                 {"full\n", false, 0},
                 {"0x\n", false, 0},
                 {"0xyz", false, 0},
                 {"12 monkeys\n", false, 0},
                 {"\n12\n", false, 0},
                 {"18446744073709551615\n", true, 18446744073709551615.0}};
    begin();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double number = -1;
        fake_host_write(&host, "sys/x/number", cases[i].text);
        ck_assert_msg(host_dir_number(&root, "sys/x", "number", &number) == cases[i].is_number,
                      "%s", cases[i].text);
        if (cases[i].is_number)
            ck_assert_double_eq(number, cases[i].number);
    }
    double number;
    ck_assert(!host_dir_number(&root, "sys/x", "absent", &number));
    end();
}
END_TEST

START_TEST(texts_are_made_fit_for_labels)
{
    static const struct {
        const char *text, *label;
    } cases[] = {{"plain\n", "plain"},
                 {"  Größe \n", "Größe"},
                 {"LNV\xa0\xa1", "LNV\xef\xbf\xbd"},
                 {"\xff[\xc3\n", "\xef\xbf\xbd[\xef\xbf\xbd"}};
    char text[32];
    begin();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fake_host_write(&host, "sys/x/text", cases[i].text);
        ck_assert(host_dir_text(&root, "sys/x", "text", text, sizeof(text)));
        ck_assert_str_eq(text, cases[i].label);
    }
    ck_assert(!host_dir_text(&root, "sys/x", "absent", text, sizeof(text)));
    fake_host_write(&host, "sys/x/text", "this is longer than there is room for it");
    ck_assert(!host_dir_text(&root, "sys/x", "text", text, sizeof(text)));
    end();
}
END_TEST

UNIT_MAIN("host_dir", names_are_sorted_and_bounded, numbers_are_decimal_or_hexadecimal,
          texts_are_made_fit_for_labels)
