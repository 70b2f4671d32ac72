/* SPDX-License-Identifier: MIT */
/*
 * log - one line per event: `subsystem: event key=value ...`.
 *
 * error: a person should act.  warn: we cope, but look.  info: a state changed.  debug: off.
 * Only programs log (agent, server, ctl, notify); the layers below return codes.  Newlines and
 * control characters in what is printed are replaced, so that a line stays a line.  A line that
 * repeats within a second is counted and summarised rather than printed.  Thread safe.
 *
 *     log_warn("spool", "dropped segment samples=%zu: %s", count, strerror(-error));
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_COUNT
};

extern const char *const log_level_names[LOG_LEVEL_COUNT];

/* To stderr (with journal priorities when systemd runs us) until log_to_file(). */
void log_set_level(enum log_level level);

/* Takes the names people write: error, warning, info, debug, CRITICAL ... in any case.
 * False when the name is unknown; the level stays. */
bool log_set_level_name(const char *name);

/* Appends to `path` beside stderr.  0, -errno.  log_reopen() after it was rotated. */
int log_to_file(const char *path);
int log_reopen(void);

void log_error(const char *subsystem, const char *format, ...) PRINTF_LIKE(2, 3);
void log_warn(const char *subsystem, const char *format, ...) PRINTF_LIKE(2, 3);
void log_info(const char *subsystem, const char *format, ...) PRINTF_LIKE(2, 3);
void log_debug(const char *subsystem, const char *format, ...) PRINTF_LIKE(2, 3);
