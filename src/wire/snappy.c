/* SPDX-License-Identifier: MIT */
#include "wire/snappy.h"

#include <assert.h>
#include <errno.h>
#include <snappy-c.h>
#include <stdbool.h>

/* The densest element is a copy of 64 bytes in 3 bytes. */
#define SNAPPY_RATIO_MAX 22

static bool is_possible(size_t claimed, size_t packed_len)
{
    return claimed / SNAPPY_RATIO_MAX <= packed_len;
}

int snappy_unpack(const void *packed, size_t len, struct buf *out)
{
    size_t claimed;
    if (snappy_uncompressed_length(packed, len, &claimed) != SNAPPY_OK ||
        !is_possible(claimed, len))
        return -EINVAL;
    if (claimed > out->ceiling - out->len)
        return -ENOBUFS;
    if (claimed == 0)
        return snappy_validate_compressed_buffer(packed, len) == SNAPPY_OK ? 0 : -EINVAL;

    int error = buf_reserve(out, claimed);
    if (error != 0)
        return error;
    size_t unpacked_len = claimed;
    if (snappy_uncompress(packed, len, out->data + out->len, &unpacked_len) != SNAPPY_OK)
        return -EINVAL;
    assert(unpacked_len == claimed);
    out->len += unpacked_len;
    return 0;
}

int snappy_pack(const void *data, size_t len, struct buf *out)
{
    size_t packed_len = snappy_max_compressed_length(len);
    int error = buf_reserve(out, packed_len);
    if (error != 0)
        return error;
    snappy_status status = snappy_compress(data, len, out->data + out->len, &packed_len);
    assert(status == SNAPPY_OK);
    out->len += packed_len;
    return 0;
}
