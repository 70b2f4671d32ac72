/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <math.h>

#include "unit.h"

START_TEST(nests_and_separates)
{
    struct buf buf;
    struct json json;
    buf_init(&buf, 1000);
    json_init(&json, &buf);
    json_object_begin(&json);
    json_field_int(&json, "a", -3);
    json_key(&json, "list");
    json_array_begin(&json);
    json_double(&json, 1.5);
    json_double(&json, (double)NAN);
    json_object_begin(&json);
    json_object_end(&json);
    json_array_end(&json);
    json_field_bool(&json, "yes", true);
    json_field_string(&json, "none", NULL);
    json_object_end(&json);
    ck_assert_str_eq(buf_text(&buf),
                     "{\"a\":-3,\"list\":[1.5,null,{}],\"yes\":true,\"none\":null}");
    buf_deinit(&buf);
}
END_TEST

START_TEST(hostile_text_stays_json)
{
    struct buf buf;
    struct json json;
    buf_init(&buf, 1000);
    json_init(&json, &buf);
    json_text_n(&json, "a\"\\\n\x01</\xc3\xa9\xff\xc3", 11);
    ck_assert_str_eq(buf_text(&buf),
                     "\"a\\\"\\\\\\n\\u0001</\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\"");
    buf_deinit(&buf);
}
END_TEST

START_TEST(numbers_read_back)
{
    static const double values[] = {0.1, 1e300, -2.5e-8, 123456789012345678.0, 100, 5e-324};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct buf buf;
        struct json json;
        buf_init(&buf, 100);
        json_init(&json, &buf);
        json_double(&json, values[i]);
        ck_assert_double_eq(strtod(buf_text(&buf), NULL), values[i]);
        buf_deinit(&buf);
    }
}
END_TEST

UNIT_MAIN("json", nests_and_separates, hostile_text_stays_json, numbers_read_back)
