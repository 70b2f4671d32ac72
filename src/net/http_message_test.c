/* SPDX-License-Identifier: MIT */
#include "net/http_message.h"

#include <errno.h>

#include "unit.h"

static const struct {
    const char *form, *name;
    int error;
    const char *value;
} forms[] = {
    {"", "a", -ENOENT, ""},
    {"a=1", "a", 0, "1"},
    {"a=1&a=2", "a", 0, "1"},
    {"b=1&a=2", "a", 0, "2"},
    {"a", "a", 0, ""},
    {"a=", "a", 0, ""},
    {"&&a=1", "a", 0, "1"},
    {"aa=1", "a", -ENOENT, ""},
    {"a=b=c", "a", 0, "b=c"},
    {"a=x+y%20z%2B", "a", 0, "x y z+"},
    {"match%5B%5D=up", "match[]", 0, "up"},
    {"match[]=up", "match[]", 0, "up"},
    {"%zz=1&a=2", "a", 0, "2"},
    {"a=%zz", "a", -EINVAL, ""},
    {"a=%2", "a", -EINVAL, ""},
    {"a=%", "a", -EINVAL, ""},
    {"a=%00", "a", -EINVAL, ""},
    {"a=1234567", "a", 0, "1234567"},
    {"a=12345678", "a", -ENOBUFS, ""},
};

START_TEST(reads_forms)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        char value[8];
        int error = http_form_value(forms[i].form, forms[i].name, value, sizeof(value));
        ck_assert_msg(error == forms[i].error, "%s: %d", forms[i].form, error);
        if (error == 0)
            ck_assert_str_eq(value, forms[i].value);
    }
    ck_assert_int_eq(http_form_decode(SLICE(""), NULL, 0), -ENOBUFS);
}
END_TEST

START_TEST(goes_through_a_form)
{
    struct slice form = SLICE("m=1&n=2&m=3"), name, value;
    char seen[16] = "";
    while (http_form_next(&form, &name, &value)) {
        if (slice_is(name, "m"))
            strncat(seen, value.data, value.len);
    }
    ck_assert_str_eq(seen, "13");
}
END_TEST

static const struct {
    const char *header, *name;
    int error;
    const char *value;
} cookies[] = {
    {"a=1", "a", 0, "1"},      {"b=2; a=1", "a", 0, "1"},  {"b=2;a=1;c=3", "a", 0, "1"},
    {"a=\"q\"", "a", 0, "q"},  {"a=", "a", 0, ""},         {"xa=1; a", "a", -ENOENT, ""},
    {"A=1", "a", -ENOENT, ""}, {";;=;", "a", -ENOENT, ""}, {"a=12345678", "a", -ENOBUFS, ""},
};

START_TEST(reads_cookies)
{
    for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
        char value[8];
        struct http_header headers[] = {{"Host", "a=9"}, {"cookie", cookies[i].header}};
        struct http_request request = {.headers = headers, .n_headers = 2};
        int error = http_request_cookie(&request, cookies[i].name, value, sizeof(value));
        ck_assert_msg(error == cookies[i].error, "%s: %d", cookies[i].header, error);
        if (error == 0)
            ck_assert_str_eq(value, cookies[i].value);
    }
}
END_TEST

START_TEST(finds_headers_in_any_case)
{
    struct http_header headers[] = {{"X-One", "1"}, {"x-one", "2"}};
    struct http_request request = {.headers = headers, .n_headers = 2};
    ck_assert_str_eq(http_request_header(&request, "x-ONE"), "1");
    ck_assert_ptr_null(http_request_header(&request, "x-on"));
}
END_TEST

START_TEST(names_every_status)
{
    ck_assert_str_eq(http_status_text(404), "Not Found");
    ck_assert_str_eq(http_status_text(299), "Success");
    ck_assert_str_eq(http_status_text(599), "Server Error");
    ck_assert_str_eq(http_status_text(99), "Unknown");
    ck_assert_str_eq(http_status_text(600), "Unknown");
    for (int i = 0; i < HTTP_METHOD_COUNT; i++)
        ck_assert_ptr_nonnull(http_method_names[i]);
}
END_TEST

UNIT_MAIN("http_message", reads_forms, goes_through_a_form, reads_cookies,
          finds_headers_in_any_case, names_every_status)
