/* SPDX-License-Identifier: MIT */
/*
 * service - tells the service manager how we are, when one runs us (sd_notify(3)'s protocol: one
 * datagram to the socket that NOTIFY_SOCKET names).
 */
#pragma once

#include <stdbool.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1".  Does not wait.  False when nobody
 * listens, which is no error. */
bool service_notify(const char *state);
