/* SPDX-License-Identifier: MIT */
/*
 * facts - what the host is: system, kernel, processor, memory, virtualisation, last start.
 *
 * What cannot be found out is left out.
 */
#pragma once

#include "base/json.h"
#include "collect/host_root.h"

/* One JSON object. */
void facts_write(struct host_root *root, struct json *json);
