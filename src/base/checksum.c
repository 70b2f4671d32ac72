/* SPDX-License-Identifier: MIT */
/*
 * CRC-32: eight bytes a step: table k says what a byte does to the remainder when k more bytes follow it,
 * so that eight look-ups replace eight steps that wait for each other.
 *
 * fold64, all words little-endian, fold(a, b) = the high XOR the low half of the 128-bit product:
 *
 *     state = seed XOR K0, other = length XOR K1
 *     for each 32 bytes w0 w1 w2 w3, the last one filled up with zeros:
 *         state = fold(w0 XOR K0 XOR state, w1 XOR K1)
 *         other = fold(w2 XOR K2 XOR other, w3 XOR K3)
 *     result = fold(state XOR K2, other XOR K3)
 */
#include "base/checksum.h"

#include <pthread.h>
#include <string.h>

#define CHECKSUM_POLYNOMIAL 0xedb88320u /* reflected */
#define CHECKSUM_LANES      8

static uint32_t tables[CHECKSUM_LANES][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? CHECKSUM_POLYNOMIAL : 0);
        tables[0][byte] = crc;
    }
    for (int lane = 1; lane < CHECKSUM_LANES; lane++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[lane - 1][byte];
            tables[lane][byte] = (before >> 8) ^ tables[0][before & 0xff];
        }
    }
}

/* The low byte first: we run on little-endian machines only. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the word is read in memory order");

static uint32_t eight_bytes(uint32_t crc, const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    word ^= crc;
    uint32_t next = 0;
    for (int i = 0; i < CHECKSUM_LANES; i++)
        next ^= tables[CHECKSUM_LANES - 1 - i][(word >> (8 * i)) & 0xff];
    return next;
}

uint32_t checksum_crc32(uint32_t crc, const void *data, size_t len)
{
    pthread_once(&tables_once, make_tables);
    const unsigned char *at = data;
    crc = ~crc;
    for (; len >= 8; at += 8, len -= 8)
        crc = eight_bytes(crc, at);
    for (; len > 0; at++, len--)
        crc = (crc >> 8) ^ tables[0][(crc ^ *at) & 0xff];
    return ~crc;
}

static const uint64_t fold_keys[] = {0x9e3779b97f4a7c15ull, 0xd1b54a32d192ed03ull,
                                     0x8cb92ba72f3d8dd7ull, 0xaef17502108ef2d9ull};

__extension__ typedef unsigned __int128 wide_word;

static uint64_t fold(uint64_t a, uint64_t b)
{
    wide_word product = (wide_word)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t checksum_fold64(uint64_t seed, const void *data, size_t len)
{
    const unsigned char *at = data;
    const uint64_t *k = fold_keys;
    uint64_t state = seed ^ k[0], other = (uint64_t)len ^ k[1];
    for (size_t left = len; left > 0;) {
        uint64_t words[4] = {0};
        size_t step = left < sizeof(words) ? left : sizeof(words);
        if (step == sizeof(words))
            memcpy(words, at, sizeof(words));
        else
            memcpy(words, at, step);
        state = fold(words[0] ^ k[0] ^ state, words[1] ^ k[1]);
        other = fold(words[2] ^ k[2] ^ other, words[3] ^ k[3]);
        at += step;
        left -= step;
    }
    return fold(state ^ k[2], other ^ k[3]);
}
