/* SPDX-License-Identifier: MIT */
#include "collect/registry.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

const struct collector *const collectors[] = {
    &cpu_collector,
    &loadavg_collector,
    &memory_collector,
    &system_collector,
};
const size_t n_collectors = ARRAY_LEN(collectors);

void source_set_problem(struct source *source, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(source->problem, sizeof(source->problem), format, args);
    va_end(args);
}

bool counter_rate(uint64_t before, uint64_t now, int64_t span_ns, double *out_per_second)
{
    if (now < before || span_ns <= 0)
        return false;
    *out_per_second = (double)(now - before) / ((double)span_ns / 1e9);
    return true;
}

bool list_has(const char *const *list, const char *name)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (text_is(list[i], name))
            return true;
    }
    return false;
}
