/* SPDX-License-Identifier: MIT */
#include "model/labels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static const struct label unsorted[] = {
    {"instance", "web-1"}, {"__name__", "up"}, {"empty", ""}, {"job", "no\"de"}};

START_TEST(sorts_and_drops_empty)
{
    struct labels *labels = labels_new(unsorted, ARRAY_LEN(unsorted));
    ck_assert_ptr_nonnull(labels);
    ck_assert_uint_eq(labels->count, 3);
    ck_assert_str_eq(labels_metric_name(labels), "up");
    ck_assert_str_eq(labels_value(labels, "job"), "no\"de");
    ck_assert_ptr_null(labels_value(labels, "empty"));
    ck_assert_ptr_null(labels_value(labels, "zzz"));
    struct buf text;
    buf_init(&text, 1000);
    labels_format(&text, labels);
    ck_assert_str_eq(buf_text(&text), "up{instance=\"web-1\",job=\"no\\\"de\"}");
    buf_deinit(&text);
    labels_unref(labels);
}
END_TEST

START_TEST(encoded_form_goes_both_ways)
{
    struct labels *labels = labels_new(unsorted, ARRAY_LEN(unsorted)), *back = NULL;
    struct buf encoded;
    buf_init(&encoded, 1000);
    labels_encode(&encoded, labels);
    ck_assert_int_eq(labels_new_decoded(encoded.data, encoded.len, &back), 0);
    ck_assert(labels_equal(labels, back));
    ck_assert_uint_eq(labels->hash, back->hash);
    ck_assert_int_eq(labels_compare(labels, back), 0);
    labels_unref(back);
    struct slice value;
    ck_assert(labels_encoded_value(encoded.data, encoded.len, "instance", &value));
    ck_assert(slice_is(value, "web-1"));
    ck_assert(!labels_encoded_value(encoded.data, encoded.len, "zone", &value));
    ck_assert(!labels_encoded_value(encoded.data, encoded.len - 1, "zone", &value));

    /* Every truncation is refused or gives a smaller set, and never reads beyond. */
    for (size_t len = 0; len < encoded.len; len++) {
        char *exact = malloc(len > 0 ? len : 1);
        memcpy(exact, encoded.data, len);
        struct labels *part = NULL;
        if (labels_new_decoded(exact, len, &part) == 0)
            ck_assert_uint_lt(part->count, 3);
        labels_unref(part);
        free(exact);
    }
    buf_deinit(&encoded);
    labels_unref(labels);
}
END_TEST

START_TEST(refuses_what_is_not_a_set)
{
    static const struct label twice[] = {{"a", "1"}, {"a", "2"}};
    static const struct label bad_text[] = {{"a", "\xff"}};
    static const struct label no_name[] = {{"", "x"}};
    ck_assert_ptr_null(labels_new(twice, 2));
    ck_assert_ptr_null(labels_new(bad_text, 1));
    ck_assert_ptr_null(labels_new(no_name, 1));

    struct buf encoded;
    buf_init(&encoded, 100000);
    char name[8];
    for (int i = 0; i <= LABELS_COUNT_MAX; i++) {
        snprintf(name, sizeof(name), "l%d", i);
        labels_encode_pair(&encoded, name, "v");
    }
    struct labels *labels = NULL;
    ck_assert_int_eq(labels_new_decoded(encoded.data, encoded.len, &labels), -E2BIG);
    buf_deinit(&encoded);
}
END_TEST

START_TEST(order_is_by_names_and_values)
{
    struct labels *a = labels_new((struct label[]){{"a", "1"}}, 1);
    struct labels *b = labels_new((struct label[]){{"a", "2"}}, 1);
    struct labels *c = labels_new((struct label[]){{"a", "1"}, {"b", "1"}}, 2);
    ck_assert_int_lt(labels_compare(a, b), 0);
    ck_assert_int_lt(labels_compare(a, c), 0);
    ck_assert_int_gt(labels_compare(b, c), 0);
    labels_unref(a);
    labels_unref(b);
    labels_unref(c);
}
END_TEST

UNIT_MAIN("labels", sorts_and_drops_empty, encoded_form_goes_both_ways,
          refuses_what_is_not_a_set, order_is_by_names_and_values)
