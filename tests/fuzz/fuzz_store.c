/* SPDX-License-Identifier: MIT */
/*
 * Blobs of the store's file: whatever a chunk or a log record holds, reading stays inside it and
 * says only what the format allows.  Checksums are put right first, or nothing would get past them.
 *
 *     clang -std=gnu17 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -Isrc \
 *         tests/fuzz/fuzz_store.c src/store/{chunk,chunk_xor,log_record}.c \
 *         src/base/{buf,memory}.c -lz -o fuzz
 *     ./fuzz -max_len=1024 -max_total_time=120
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/chunk.h"
#include "store/log_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_chunk(const uint8_t *data, size_t len)
{
    struct chunk chunk = {.codec = CHUNK_CODEC_XOR,
                          .count = (uint16_t)(1 + data[0]),
                          .bits = (uint32_t)(len - 1) * 8,
                          .capacity = (uint32_t)(len - 1),
                          .from_ms = (msec_t)data[0] << 40,
                          .to_ms = INT64_MAX};
    struct sample_list list = {0};
    chunk.payload = malloc(len);
    memcpy(chunk.payload, data + 1, len - 1);
    if (chunk_read(&chunk, INT64_MIN, INT64_MAX, &list)) {
        assert(list.len == chunk.count);
        for (size_t i = 1; i < list.len; i++)
            assert(list.items[i - 1].at_ms < list.items[i].at_ms);
    } else {
        assert(list.len == 0);
    }
    sample_list_deinit(&list);
    chunk_deinit(&chunk);
}

static void check_entry(const struct log_entry *entry, void *arg)
{
    *(size_t *)arg += entry->n_samples;
    assert(entry->series > 0 && entry->n_samples > 0);
}

static void read_record(const uint8_t *data, size_t len)
{
    struct buf record;
    struct log_record_writer writer;
    size_t n_samples = 0;
    buf_init(&record, len + 1000);
    buf_reserve(&record, len + 100);
    log_record_begin(&writer, &record);
    buf_append(&record, data, len);
    log_record_end(&writer);
    if (log_record_read((const uint8_t *)record.data, record.len, check_entry, &n_samples) == 0)
        assert(n_samples <= len / 9);
    buf_deinit(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    read_chunk(data, len);
    read_record(data, len);
    return 0;
}
