/* SPDX-License-Identifier: MIT */
#include "model/regex_program.h"

#include <assert.h>
#include <errno.h>

#define RANGES_MAX 20000 /* of all sets together */

void regex_program_deinit(struct regex_program *program)
{
    for (size_t i = 0; i < program->sets.len; i++)
        rune_set_deinit(&program->sets.items[i]);
    for (size_t i = 0; i < program->names.len; i++)
        free(program->names.items[i]);
    VEC_DEINIT(&program->steps);
    VEC_DEINIT(&program->sets);
    VEC_DEINIT(&program->names);
}

int regex_emit(struct regex_program *program, enum regex_op op, int32_t arg)
{
    if (program->steps.len >= REGEX_STEPS_MAX)
        return -ENOBUFS;
    VEC_PUSH(&program->steps, ((struct regex_step){op, arg}));
    program->has_asserts |= op == REGEX_ASSERT;
    return 0;
}

int regex_insert(struct regex_program *program, size_t at, enum regex_op op, int32_t arg)
{
    assert(at <= program->steps.len);
    size_t n_moved = program->steps.len - at;
    int error = regex_emit(program, op, arg);
    if (error != 0)
        return error;
    struct regex_step *steps = program->steps.items;
    memmove(&steps[at + 1], &steps[at], n_moved * sizeof(*steps));
    steps[at] = (struct regex_step){op, arg};
    return 0;
}

int regex_emit_set(struct regex_program *program, struct rune_set *set)
{
    size_t at = 0;
    while (at < program->sets.len && !rune_set_equals(&program->sets.items[at], set))
        at++;
    if (at == program->sets.len) {
        if (program->n_ranges + set->ranges.len > RANGES_MAX)
            return -ENOBUFS;
        program->n_ranges += set->ranges.len;
        VEC_PUSH(&program->sets, *set);
        *set = (struct rune_set){0};
    }
    rune_set_deinit(set);
    return regex_emit(program, REGEX_SET, (int32_t)at);
}

int regex_emit_rune(struct regex_program *program, uint32_t rune, bool fold)
{
    if (!fold || !rune_has_case(rune))
        return regex_emit(program, REGEX_RUNE, (int32_t)rune);
    struct rune_set set = {0};
    rune_set_add(&set, rune, rune, true);
    rune_set_finish(&set);
    int error = regex_emit_set(program, &set);
    rune_set_deinit(&set);
    return error;
}

static int emit_run(struct regex_program *program, const struct regex_step *run, size_t len)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < len; i++)
        error = regex_emit(program, run[i].op, run[i].arg);
    return error;
}

/* x{0,3} as (x(x(x)?)?)?: every SPLIT can leave for the end. */
static int emit_optional(struct regex_program *program, const struct regex_step *run,
                         size_t len, unsigned times, bool lazy)
{
    int error = 0;
    for (unsigned left = times; error == 0 && left > 0; left--) {
        error =
            regex_emit(program, lazy ? REGEX_RSPLIT : REGEX_SPLIT, (int32_t)(left * (len + 1)));
        if (error == 0)
            error = emit_run(program, run, len);
    }
    return error;
}

/* x+ is x and then back or on; x* is (x+)?, which catches what RE2 catches when x is empty. */
static int emit_endless(struct regex_program *program, const struct regex_step *run, size_t len,
                        bool or_none, bool lazy)
{
    int error =
        or_none ? regex_emit(program, lazy ? REGEX_RSPLIT : REGEX_SPLIT, (int32_t)len + 2) : 0;
    if (error == 0)
        error = emit_run(program, run, len);
    if (error == 0)
        error = regex_emit(program, lazy ? REGEX_SPLIT : REGEX_RSPLIT, -(int32_t)len);
    return error;
}

int regex_repeat(struct regex_program *program, size_t at, unsigned min, unsigned max,
                 bool lazy)
{
    assert(at <= program->steps.len && min <= max);
    size_t len = program->steps.len - at;
    if (len == 0)
        return 0;
    struct regex_step *run = memory_alloc(len * sizeof(*run));
    memcpy(run, &program->steps.items[at], len * sizeof(*run));
    program->steps.len = at;

    int error = 0;
    bool endless = max == REGEX_NO_END;
    unsigned n_plain = endless && min > 0 ? min - 1 : min;
    for (unsigned i = 0; error == 0 && i < n_plain; i++)
        error = emit_run(program, run, len);
    if (error == 0 && endless)
        error = emit_endless(program, run, len, min == 0, lazy);
    else if (error == 0)
        error = emit_optional(program, run, len, max - min, lazy);
    free(run);
    return error;
}
