/* SPDX-License-Identifier: MIT */
/*
 * checksum - CRC-32 of IEEE 802.3 (the one of zip, PNG and Ethernet): finds torn and rotten
 * records in files, not forged ones.  Thread safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, which is 0 at the beginning: the parts of a record one after the other. */
uint32_t checksum_crc32(uint32_t crc, const void *data, size_t len);
