/* SPDX-License-Identifier: MIT */
/*
 * checksum - finds torn and rotten records in files, not forged ones.  Thread safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of IEEE 802.3, the one of zip, PNG and Ethernet.  Goes on from `crc`, which is 0 at the beginning: the parts of a record one after the other. */
uint32_t checksum_crc32(uint32_t crc, const void *data, size_t len);

/* 64 bits at many bytes a nanosecond; checksum.c says what they are, and they stay that way, because
 * they stand in files.  `seed` is part of what is checked: where the record belongs. */
uint64_t checksum_fold64(uint64_t seed, const void *data, size_t len);

/* The low half of it, where four bytes have to do. */
static inline uint32_t checksum_fold32(uint64_t seed, const void *data, size_t len)
{
    return (uint32_t)checksum_fold64(seed, data, len);
}
