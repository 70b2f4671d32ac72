/* SPDX-License-Identifier: MIT */
/*
 * notify_socket - tells systemd how the service is, as sd_notify(3) does.
 */
#pragma once

/* "READY=1", "STOPPING=1", ... to $NOTIFY_SOCKET; does nothing without one. */
void notify_socket_send(const char *state);
