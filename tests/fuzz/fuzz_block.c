/* SPDX-License-Identifier: MIT */
/*
 * Blocks and runs of the store.  Any bytes as two columns: reading stays inside them, and gives
 * samples in ascending order or says that they are malformed.  Any bytes as samples: block and
 * run give them back.
 *
 *     script/fuzz block
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/block.h"
#include "store/block_quick.h"
#include "store/bytes.h"
#include "store/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef int read_fn(const struct block_times *times, struct block_bytes values, msec_t from_ms,
                    msec_t to_ms, struct sample_list *out);

static void read_values(read_fn *read, const struct block_times *times,
                        struct block_bytes values, uint8_t part)
{
    struct sample_list all = {0}, some = {0};
    int result = read(times, values, INT64_MIN, INT64_MAX, &all);
    assert(result == 0 ? all.len == times->count : result == -EBADMSG && all.len == 0);
    for (size_t i = 1; i < all.len; i++)
        assert(all.items[i - 1].at_ms < all.items[i].at_ms);
    if (result == 0) {
        size_t first = all.len * (part & 15) / 16, last = all.len * (part >> 4) / 16;
        if (first <= last &&
            read(times, values, all.items[first].at_ms, all.items[last].at_ms, &some) == 0) {
            assert(some.len == last - first + 1);
            assert(memcmp(some.items, all.items + first, some.len * sizeof(*some.items)) == 0);
        }
    }
    sample_list_deinit(&all);
    sample_list_deinit(&some);
}

/* Copies, so that a byte too far is seen. */
static struct block_bytes copy(const uint8_t *data, size_t len)
{
    uint8_t *bytes = malloc(MAX_OF(len, 1));
    memcpy(bytes, data, len);
    return (struct block_bytes){bytes, len};
}

static void drop(struct block_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

/* Which range, length of the times, times, values. */
static void read_hostile(read_fn *read, const uint8_t *data, size_t len)
{
    if (len < 2 || data[1] > len - 2)
        return;
    struct block_bytes times_bytes = copy(data + 2, data[1]);
    struct block_bytes values = copy(data + 2 + data[1], len - 2 - data[1]);
    struct block_times times;
    if (block_times_open(times_bytes, &times) == 0) {
        read_values(read, &times, values, data[0]);
        block_times_close(&times);
    }
    /* the same values with times that fit */
    const uint8_t *at = values.data;
    uint64_t count;
    if (bytes_get_varint(&at, at + values.len, &count) && count > 0 &&
        count <= BLOCK_SAMPLES_MAX) {
        times = (struct block_times){(uint32_t)count, 0, (msec_t)(count - 1) * 10, 10, NULL};
        read_values(read, &times, values, data[0]);
    }
    drop(times_bytes);
    drop(values);
}

static struct sample *make_samples(const uint8_t *data, size_t n)
{
    struct sample *samples = memory_alloc(n * sizeof(*samples));
    msec_t at_ms = 0;
    for (size_t i = 0; i < n; i++, data += 8) {
        uint64_t bits = bytes_get_u64(data);
        samples[i].value = data[7] < 0x20 ? (double)(bits >> 32) / 100 : sample_from_bits(bits);
        samples[i].at_ms = at_ms += 1 + (data[0] < 0xf0 ? 9999 : data[1] * 1000);
    }
    return samples;
}

static void write_block(const struct sample *samples, size_t n)
{
    struct buf times_buf, values;
    struct block_times times;
    struct sample_list got = {0};
    buf_init(&times_buf, 1 << 20);
    buf_init(&values, 1 << 20);
    int result = block_encode_times(samples, n, &times_buf);
    result |= block_encode_values(samples, n, &values);
    struct block_bytes bytes = {(const uint8_t *)times_buf.data, times_buf.len};
    result |= block_times_open(bytes, &times);
    bytes = (struct block_bytes){(const uint8_t *)values.data, values.len};
    result |= block_read(&times, bytes, INT64_MIN, INT64_MAX, &got);
    assert(result == 0 && got.len == n &&
           memcmp(got.items, samples, n * sizeof(*samples)) == 0);
    block_times_close(&times);
    sample_list_deinit(&got);
    buf_deinit(&times_buf);
    buf_deinit(&values);
}

static void write_run(const struct sample *samples, size_t n)
{
    struct run run = {0};
    struct sample_list got = {0};
    for (size_t i = 0; i < n; i++) {
        bool fits = run_append(&run, samples[i]);
        assert(fits);
    }
    run_read(&run, INT64_MIN, INT64_MAX, &got);
    assert(got.len == n && memcmp(got.items, samples, n * sizeof(*samples)) == 0);
    sample_list_deinit(&got);
    run_reset(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    read_hostile(block_read, data, len);
    read_hostile(block_quick_read, data, len);
    size_t n = len / 8;
    if (n > 0) {
        struct sample *samples = make_samples(data, n);
        write_block(samples, n);
        write_run(samples, n);
        free(samples);
    }
    return 0;
}
