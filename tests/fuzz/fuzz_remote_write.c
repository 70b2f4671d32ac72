/* SPDX-License-Identifier: MIT */
/*
 * Whatever bytes come, decoding stays inside them and inside the arena, the quick way and the
 * general one read the same, and what was decoded encodes and decodes to the same again.
 *
 *     clang -std=gnu17 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -Isrc \
 *         tests/fuzz/fuzz_remote_write.c src/wire/{remote_write,remote_write_encode,snappy}.c \
 *         src/model/{labels,labels_encoded,problem}.c \
 *         src/base/{arena,buf,decimal,hash,memory,random,text}.c -lm -o fuzz
 *     ./fuzz -max_len=4096 -max_total_time=120
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "wire/remote_write.h"
#include "wire/snappy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_same(const struct batch *a, const struct batch *b)
{
    assert(a->n_series == b->n_series && a->n_samples == b->n_samples);
    for (size_t i = 0; i < a->n_series; i++) {
        const struct batch_series *x = &a->series[i], *y = &b->series[i];
        assert(x->encoded_len == y->encoded_len && x->n_samples == y->n_samples);
        assert(x->encoded_len == 0 || memcmp(x->encoded, y->encoded, x->encoded_len) == 0);
        assert(memcmp(x->samples, y->samples, x->n_samples * sizeof(*x->samples)) == 0);
    }
}

static void decode(const void *body, size_t len, struct arena *arena)
{
    struct batch batch = {0}, slow = {0}, again = {0};
    int result = remote_write_decode(body, len, arena, &batch, NULL);
    int other = remote_write_decode_slowly(body, len, arena, &slow, NULL);
    assert(result == other || result == -E2BIG || other == -E2BIG);
    if (result == 0 && other == 0)
        check_same(&batch, &slow);
    if (result != 0)
        return;
    for (size_t i = 0; i < batch.n_series; i++) {
        struct labels *labels = NULL;
        if (labels_new_decoded(batch.series[i].encoded, batch.series[i].encoded_len, &labels) ==
            0)
            labels_unref(labels);
    }
    struct buf encoded;
    buf_init(&encoded, (size_t)1 << 20);
    int error = remote_write_encode(batch.series, batch.n_series, &encoded);
    if (error == 0) {
        error = remote_write_decode(encoded.data, encoded.len, arena, &again, NULL);
        assert(error == 0 || error == -E2BIG);
        if (error == 0)
            check_same(&batch, &again);
    }
    buf_deinit(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    decode(data, len, &arena);

    struct buf unpacked;
    buf_init(&unpacked, (size_t)1 << 16);
    if (snappy_unpack(data, len, &unpacked) == 0)
        decode(unpacked.data, unpacked.len, &arena);
    buf_deinit(&unpacked);
    arena_deinit(&arena);
    return 0;
}
