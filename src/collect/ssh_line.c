/* SPDX-License-Identifier: MIT */
/*
 * The classic stamp has no year: it is the year that puts the line nearest before now, where a
 * day of leeway covers clocks and zones that differ.
 */
#include "collect/ssh_line.h"

#include <string.h>
#include <time.h>

#include "base/macros.h"

struct reader {
    const char *at, *end;
};

static bool take_char(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static bool take_number(struct reader *reader, size_t digits_max, int *out_number)
{
    int number = 0;
    const char *start = reader->at;
    while (reader->at < reader->end && (size_t)(reader->at - start) < digits_max &&
           *reader->at >= '0' && *reader->at <= '9')
        number = number * 10 + (*reader->at++ - '0');
    *out_number = number;
    return reader->at > start;
}

static bool take_blanks(struct reader *reader)
{
    const char *start = reader->at;
    while (take_char(reader, ' '))
        continue;
    return reader->at > start;
}

static struct slice take_word(struct reader *reader)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at != ' ')
        reader->at++;
    struct slice word = {start, (size_t)(reader->at - start)};
    take_blanks(reader);
    return word;
}

static bool take_clock(struct reader *reader, struct tm *out_time)
{
    return take_number(reader, 2, &out_time->tm_hour) && take_char(reader, ':') &&
           take_number(reader, 2, &out_time->tm_min) && take_char(reader, ':') &&
           take_number(reader, 2, &out_time->tm_sec);
}

static bool take_month(struct reader *reader, int *out_month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (reader->end - reader->at < 3)
        return false;
    for (int i = 0; i < 12; i++) {
        if (memcmp(reader->at, names + (size_t)i * 3, 3) == 0) {
            *out_month = i;
            reader->at += 3;
            return true;
        }
    }
    return false;
}

/* "Nov 20 09:17:28 " */
static bool take_classic(struct reader *reader, msec_t now_ms, msec_t *out_at_ms)
{
    struct tm stamp = {.tm_isdst = -1};
    if (!take_month(reader, &stamp.tm_mon) || !take_blanks(reader) ||
        !take_number(reader, 2, &stamp.tm_mday) || !take_blanks(reader) ||
        !take_clock(reader, &stamp) || !take_blanks(reader))
        return false;

    time_t now = now_ms / MSEC_SECOND;
    struct tm today;
    localtime_r(&now, &today);
    struct tm copy = stamp;
    copy.tm_year = today.tm_year;
    msec_t at_ms = (msec_t)mktime(&copy) * MSEC_SECOND;
    if (at_ms > now_ms + MSEC_DAY) {
        stamp.tm_year = today.tm_year - 1;
        at_ms = (msec_t)mktime(&stamp) * MSEC_SECOND;
    }
    *out_at_ms = at_ms;
    return true;
}

static bool take_zone(struct reader *reader, int *out_seconds)
{
    int hours, minutes = 0;
    *out_seconds = 0;
    if (take_char(reader, 'Z'))
        return true;
    bool is_west = take_char(reader, '-');
    if (!is_west && !take_char(reader, '+'))
        return false;
    if (!take_number(reader, 2, &hours))
        return false;
    take_char(reader, ':');
    take_number(reader, 2, &minutes);
    *out_seconds = (hours * 60 + minutes) * (is_west ? -60 : 60);
    return true;
}

/* "2026-11-20T09:17:28.124913+01:00 " */
static bool take_rfc3339(struct reader *reader, msec_t *out_at_ms)
{
    struct tm stamp = {0};
    int fraction, zone;
    if (!take_number(reader, 4, &stamp.tm_year) || !take_char(reader, '-') ||
        !take_number(reader, 2, &stamp.tm_mon) || !take_char(reader, '-') ||
        !take_number(reader, 2, &stamp.tm_mday) ||
        (!take_char(reader, 'T') && !take_char(reader, ' ')) || !take_clock(reader, &stamp))
        return false;
    stamp.tm_year -= 1900;
    stamp.tm_mon -= 1;
    if (take_char(reader, '.') && !take_number(reader, 9, &fraction))
        return false;
    if (!take_zone(reader, &zone) || !take_blanks(reader))
        return false;
    *out_at_ms = ((msec_t)timegm(&stamp) - zone) * MSEC_SECOND;
    return true;
}

/* "sshd[123]:", "sshd-session[123]:", "[sshd]:"; out_is_bare for RFC 5424's "sshd" */
static bool parse_tag(struct slice tag, uint64_t *out_pid, bool *out_is_bare)
{
    *out_pid = 0;
    if (tag.len > 0 && tag.data[0] == '[')
        tag = (struct slice){tag.data + 1, tag.len - 1};
    if (tag.len < 4 || memcmp(tag.data, "sshd", 4) != 0)
        return false;
    const char *open = memchr(tag.data, '[', tag.len);
    if (open != NULL) {
        open++;
        for (; open < tag.data + tag.len && *open >= '0' && *open <= '9' && *out_pid < 1u << 30;
             open++)
            *out_pid = *out_pid * 10 + (uint64_t)(*open - '0');
    }
    *out_is_bare = tag.data[tag.len - 1] != ':';
    return true;
}

/* Process id, message id and structured data of RFC 5424. */
static void skip_header_5424(struct reader *reader, uint64_t *out_pid)
{
    struct slice pid = take_word(reader);
    for (size_t i = 0;
         i < pid.len && pid.data[i] >= '0' && pid.data[i] <= '9' && *out_pid < 1u << 30; i++)
        *out_pid = *out_pid * 10 + (uint64_t)(pid.data[i] - '0');
    take_word(reader);
    if (take_char(reader, '-')) {
        take_blanks(reader);
        return;
    }
    bool is_quoted = false, is_inside = false;
    for (; reader->at < reader->end; reader->at++) {
        char c = *reader->at;
        if (is_quoted && c == '\\' && reader->at + 1 < reader->end)
            reader->at++;
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && c == '[')
            is_inside = true;
        else if (!is_quoted && c == ']')
            is_inside = false;
        else if (!is_quoted && !is_inside && c == ' ')
            break;
    }
    take_blanks(reader);
}

static void skip_priority(struct reader *reader)
{
    int number;
    struct reader start = *reader;
    if (!take_char(reader, '<') || !take_number(reader, 3, &number) ||
        !take_char(reader, '>')) {
        *reader = start;
        return;
    }
    start = *reader;
    if (!take_number(reader, 2, &number) || !take_blanks(reader))
        *reader = start;
}

bool ssh_line_parse(struct slice text, msec_t now_ms, struct ssh_line *out_line)
{
    if (text.len == 0 || memmem(text.data, text.len, "sshd", 4) == NULL)
        return false;
    struct reader reader = {text.data, text.data + text.len};
    struct ssh_line line;
    skip_priority(&reader);
    struct reader start = reader;
    if (!take_rfc3339(&reader, &line.at_ms)) {
        reader = start;
        if (!take_classic(&reader, now_ms, &line.at_ms))
            return false;
    }

    /* The host's name may be left out. */
    bool is_bare;
    bool is_tag = parse_tag(take_word(&reader), &line.pid, &is_bare);
    if (!is_tag)
        is_tag = parse_tag(take_word(&reader), &line.pid, &is_bare);
    if (!is_tag)
        return false;
    if (is_bare && line.pid == 0 && *text.data == '<')
        skip_header_5424(&reader, &line.pid);

    line.message = (struct slice){reader.at, (size_t)(reader.end - reader.at)};
    if (line.message.len > 4 && memcmp(line.message.data, "[ID ", 4) == 0) {
        const char *end = memchr(line.message.data, ']', line.message.len);
        if (end != NULL)
            line.message = text_trim((struct slice){end + 1, (size_t)(reader.end - end) - 1});
    }
    line.at_ms = MIN_OF(line.at_ms, now_ms);
    *out_line = line;
    return true;
}
