/* SPDX-License-Identifier: MIT */
#include "agent/describe.h"

#include <errno.h>
#include <string.h>

#include "unit.h"
#include "wire/remote_write.h"
#include "wire/snappy.h"

static const struct metric load = {"load", "How busy it is.", METRIC_GAUGE};
static const struct metric bytes = {"bytes_total", "All bytes.", METRIC_COUNTER};
static const struct metric odd = {"odd", NULL, METRIC_UNTYPED};

struct seen {
    char text[512]; /* name:type:help of each */
    size_t count;
};

static void note(void *arg, const struct metadata *metadata)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof(seen->text) - len, "%s:%s:%s;", metadata->metric,
             metadata_type_names[metadata->type], metadata->help);
    seen->count++;
}

START_TEST(tells_each_metric_once)
{
    struct sampler sampler;
    struct buf packed, plain;
    sampler_init(&sampler, "web-1", "node");
    buf_init(&packed, 1 << 20);
    buf_init(&plain, 1 << 20);
    ck_assert_int_eq(describe_metrics(&sampler, &packed), -ENODATA);

    const struct label first = {"device", "a"}, second = {"device", "b"};
    size_t n_samples;
    sampler_begin(&sampler, 1000);
    sampler_emit(&sampler, &bytes, &first, 1, 1);
    sampler_emit(&sampler, &load, NULL, 0, 0.5);
    sampler_emit(&sampler, &bytes, &second, 1, 2);
    sampler_emit(&sampler, &odd, NULL, 0, 3);
    ck_assert_int_eq(sampler_pack(&sampler, &n_samples), 0);
    ck_assert_int_eq(describe_metrics(&sampler, &packed), 0);

    struct seen seen = {0};
    ck_assert_int_eq(snappy_unpack(packed.data, packed.len, &plain), 0);
    remote_write_metadata(plain.data, plain.len, note, &seen);
    ck_assert_uint_eq(seen.count, 3);
    ck_assert_str_eq(seen.text, "bytes_total:counter:All bytes.;load:gauge:How busy it is.;"
                                "odd:unknown:;");
    sampler_deinit(&sampler);
    buf_deinit(&packed);
    buf_deinit(&plain);
}
END_TEST

UNIT_MAIN("describe", tells_each_metric_once)
