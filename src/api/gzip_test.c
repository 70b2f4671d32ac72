/* SPDX-License-Identifier: MIT */
#include "api/gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "unit.h"

START_TEST(knows_who_takes_it)
{
    static const char *const yes[] = {"gzip",
                                      "GZIP",
                                      "deflate, gzip",
                                      "gzip;q=0.5",
                                      "br;q=1.0, gzip;q=0.8, *;q=0.1",
                                      "*",
                                      "gzip, br",
                                      "identity,  gzip ; q=1",
                                      "x-gzip"};
    static const char *const no[] = {"",         "br",     "gzip;q=0", "gzip; q=0.000",
                                     "identity", "gzipped"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        ck_assert_msg(gzip_is_accepted(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        ck_assert_msg(!gzip_is_accepted(no[i]), "%s", no[i]);
    ck_assert(!gzip_is_accepted(NULL));
}
END_TEST

/* What zlib makes of it again. */
static size_t unpack(const struct buf *packed, char *out, size_t size)
{
    z_stream stream = {.next_in = (Bytef *)packed->data,
                       .avail_in = (uInt)packed->len,
                       .next_out = (Bytef *)out,
                       .avail_out = (uInt)size};
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(stream.avail_in, 0);
    size_t len = size - stream.avail_out;
    inflateEnd(&stream);
    return len;
}

START_TEST(packs_what_unpacks_to_the_same)
{
    static const size_t sizes[] = {0, 1, 1000, 3 * 1024 * 1024 + 7};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *plain = malloc(sizes[i] + 1), *back = malloc(sizes[i] + 1);
        uint32_t state = 1;
        for (size_t k = 0; k < sizes[i]; k++) {
            state = state * 1664525 + 1013904223; /* hardly packs at all */
            plain[k] = (char)(state >> 24);
        }
        struct buf packed;
        buf_init(&packed, (size_t)8 * 1024 * 1024);
        ck_assert_int_eq(gzip_pack(plain, sizes[i], &packed), 0);
        ck_assert_uint_eq(unpack(&packed, back, sizes[i] + 1), sizes[i]);
        ck_assert_int_eq(memcmp(plain, back, sizes[i]), 0);
        buf_deinit(&packed);
        free(plain);
        free(back);
    }
}
END_TEST

START_TEST(stops_at_the_ceiling)
{
    char plain[4096];
    uint32_t state = 1;
    for (size_t k = 0; k < sizeof(plain); k++)
        plain[k] = (char)((state = state * 1664525 + 1013904223) >> 24);
    struct buf packed;
    buf_init(&packed, 100);
    ck_assert_int_ne(gzip_pack(plain, sizeof(plain), &packed), 0);
    buf_deinit(&packed);
}
END_TEST

UNIT_MAIN("gzip", knows_who_takes_it, packs_what_unpacks_to_the_same, stops_at_the_ceiling)
