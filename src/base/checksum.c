/* SPDX-License-Identifier: MIT */
/*
 * Eight bytes a step: table k says what a byte does to the remainder when k more bytes follow it,
 * so that eight look-ups replace eight steps that wait for each other.
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
