/* SPDX-License-Identifier: MIT */
/*
 * disk_info - what udev knows of a block device: model, serial number, what is on it.
 */
#pragma once

#include "collect/registry.h"

struct disk_info;

/* Never NULL; without udev's entry all fields are empty. */
struct disk_info *disk_info_new(struct host_root *root, unsigned major, unsigned minor);
void disk_info_free(struct disk_info *info);

void disk_info_emit(const struct disk_info *info, const char *device,
                    const struct emitter *out);
