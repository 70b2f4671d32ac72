/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#define LOG_LINE_MAX 2048

const char *const log_level_names[] = {"error", "warn", "info", "debug"};
_Static_assert(ARRAY_LEN(log_level_names) == LOG_LEVEL_COUNT, "a name for each level");

/* What the journal calls our levels, see sd-daemon(3). */
static const char journal_priorities[] = {'3', '4', '6', '7'};
_Static_assert(ARRAY_LEN(journal_priorities) == LOG_LEVEL_COUNT, "a priority for each level");

static struct {
    pthread_mutex_t lock;
    enum log_level level;
    char *path; /* owned; NULL = no file */
    int file;
    char last[LOG_LINE_MAX]; /* the line printed last, without its time */
    mono_t last_at;
    unsigned repeats; /* of `last`, not printed yet */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO, .file = -1};

void log_set_level(enum log_level level)
{
    state.level = level;
}

bool log_set_level_name(const char *name)
{
    static const struct alias {
        const char *name;
        enum log_level level;
    } aliases[] = {{"critical", LOG_LEVEL_ERROR}, {"error", LOG_LEVEL_ERROR},
                   {"warning", LOG_LEVEL_WARN},   {"warn", LOG_LEVEL_WARN},
                   {"info", LOG_LEVEL_INFO},      {"debug", LOG_LEVEL_DEBUG}};

    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        if (text_is_nocase(aliases[i].name, name)) {
            log_set_level(aliases[i].level);
            return true;
        }
    }
    return false;
}

int log_reopen(void)
{
    pthread_mutex_lock(&state.lock);
    int error = 0;
    if (state.path != NULL) {
        int file = open(state.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (file < 0) {
            error = -errno;
        } else {
            if (state.file >= 0)
                close(state.file);
            state.file = file;
        }
    }
    pthread_mutex_unlock(&state.lock);
    return error;
}

int log_to_file(const char *path)
{
    pthread_mutex_lock(&state.lock);
    free(state.path);
    state.path = memory_strdup(path);
    pthread_mutex_unlock(&state.lock);
    return log_reopen();
}

static void write_all(int file, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(file, text, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return; /* a log that cannot be written must not stop the program */
        text += wrote;
        len -= (size_t)wrote;
    }
}

static void put(enum log_level level, const char *subsystem, const char *format, va_list args)
    PRINTF_LIKE(3, 0);

/* JOURNAL_STREAM names the socket that the journal reads; shells started from a service inherit
 * the variable without it, see systemd.exec(5). */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uint64_t device, inode;
    struct stat info;
    return stream != NULL && text_scan_u64(&stream, &device) && *stream++ == ':' &&
           text_scan_u64(&stream, &inode) && fstat(STDERR_FILENO, &info) == 0 &&
           info.st_dev == device && info.st_ino == inode;
}

static void put_line(enum log_level level, const char *text)
{
    char line[LOG_LINE_MAX + 64];
    char at[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(clock_wall_ms(), at);

    int len;
    if (stderr_is_journal())
        len = snprintf(line, sizeof(line), "<%c>%s\n", journal_priorities[level], text);
    else
        len = snprintf(line, sizeof(line), "%s %-5s %s\n", at, log_level_names[level], text);
    write_all(STDERR_FILENO, line, (size_t)len);

    if (state.file >= 0) {
        len = snprintf(line, sizeof(line), "%s %-5s %s\n", at, log_level_names[level], text);
        write_all(state.file, line, (size_t)len);
    }
}

static void put(enum log_level level, const char *subsystem, const char *format, va_list args)
{
    if (level > state.level)
        return;

    char text[LOG_LINE_MAX];
    int head = snprintf(text, sizeof(text), "%s: ", subsystem);
    vsnprintf(text + head, sizeof(text) - (size_t)head, format, args);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }

    pthread_mutex_lock(&state.lock);
    mono_t now = clock_mono_ms();
    if (text_is(state.last, text) && now - state.last_at < MSEC_SECOND) {
        state.repeats++;
    } else {
        if (state.repeats > 0) {
            char summary[96];
            snprintf(summary, sizeof(summary), "log: last line repeated times=%u",
                     state.repeats);
            put_line(LOG_LEVEL_INFO, summary);
        }
        put_line(level, text);
        memcpy(state.last, text, sizeof(text));
        state.last_at = now;
        state.repeats = 0;
    }
    pthread_mutex_unlock(&state.lock);
}

#define DEFINE_LOG(function, level)                                                            \
    void function(const char *subsystem, const char *format, ...)                              \
    {                                                                                          \
        va_list args;                                                                          \
        va_start(args, format);                                                                \
        put(level, subsystem, format, args);                                                   \
        va_end(args);                                                                          \
    }

DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
