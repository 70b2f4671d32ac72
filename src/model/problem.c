/* SPDX-License-Identifier: MIT */
#include "model/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"

static int set(struct problem *problem, int line, int column, const char *format, va_list args)
    PRINTF_LIKE(4, 0);

static int set(struct problem *problem, int line, int column, const char *format, va_list args)
{
    if (problem != NULL) {
        problem->line = line;
        problem->column = column;
        vsnprintf(problem->text, sizeof(problem->text), format, args);
    }
    return -EINVAL;
}

int problem_set(struct problem *problem, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int error = set(problem, 0, 0, format, args);
    va_end(args);
    return error;
}

int problem_set_at(struct problem *problem, int line, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int error = set(problem, line, column, format, args);
    va_end(args);
    return error;
}

char *problem_format(const struct problem *problem, char *out, size_t size)
{
    struct buf text;
    buf_init(&text, sizeof(problem->file) + sizeof(problem->text) + 64);
    if (problem->file[0] != '\0')
        buf_printf(&text, "%s:", problem->file);
    if (problem->line > 0)
        buf_printf(&text, "%d:", problem->line);
    if (problem->line > 0 && problem->column > 0)
        buf_printf(&text, "%d:", problem->column);
    buf_printf(&text, "%s%s", text.len > 0 ? " " : "", problem->text);
    text_copy(out, size, buf_text(&text));
    buf_deinit(&text);
    return out;
}
