/* SPDX-License-Identifier: MIT */
/*
 * regex_capture - running a program with all its threads side by side, each with its own groups.
 *
 * Threads are kept in order of precedence and no two are at the same step, so that a character
 * costs at most one pass over the program; the first that has matched at the end of the text is
 * the one a backtracking engine would have found.
 */
#include <assert.h>

#include "model/regex_program.h"

#define UNSET SIZE_MAX

struct thread_list {
    uint32_t *order; /* owned; the steps that threads are at, by precedence */
    size_t n;
    bool *present; /* owned; by step */
    size_t *slots; /* owned; n_slots for each step */
};

struct frame {
    uint32_t step; /* go on here; or, when it is the program's length, */
    uint32_t slot; /* put this slot back */
    size_t old;
};

struct run {
    const struct regex_program *program;
    size_t n_slots;
    size_t *slots;       /* owned; those of the thread being moved */
    struct frame *stack; /* owned; room for two entries for each step */
    struct thread_list here, next;
};

static void init_list(struct thread_list *list, size_t n_steps, size_t n_slots)
{
    list->order = memory_calloc(n_steps, sizeof(*list->order));
    list->present = memory_calloc(n_steps, sizeof(*list->present));
    list->slots = memory_calloc(n_steps * n_slots, sizeof(*list->slots));
}

static void deinit_list(struct thread_list *list)
{
    free(list->order);
    free(list->present);
    free(list->slots);
}

static void clear_list(struct thread_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        list->present[list->order[i]] = false;
    list->n = 0;
}

struct place {
    size_t offset;
    enum regex_side before, after;
};

static void push(struct run *run, size_t *n, struct frame frame)
{
    run->stack[(*n)++] = frame;
}

/* Moves the thread at `step` as far as it gets without a character: every step it passes joins
 * the list, so that none is passed twice at one place. */
static void add_thread(struct run *run, struct thread_list *list, uint32_t step,
                       struct place place)
{
    const uint32_t restore = (uint32_t)run->program->steps.len;
    size_t n = 0;
    push(run, &n, (struct frame){.step = step});
    while (n > 0) {
        struct frame frame = run->stack[--n];
        if (frame.step == restore) {
            run->slots[frame.slot] = frame.old;
            continue;
        }
        uint32_t at = frame.step;
        if (list->present[at])
            continue;
        list->present[at] = true;
        list->order[list->n++] = at;
        const struct regex_step *code = &run->program->steps.items[at];
        uint32_t target = at + (uint32_t)code->arg;
        switch (code->op) {
        case REGEX_SPLIT:
            push(run, &n, (struct frame){.step = target});
            push(run, &n, (struct frame){.step = at + 1});
            break;
        case REGEX_RSPLIT:
            push(run, &n, (struct frame){.step = at + 1});
            push(run, &n, (struct frame){.step = target});
            break;
        case REGEX_JUMP: push(run, &n, (struct frame){.step = target}); break;
        case REGEX_SAVE:
            push(run, &n, (struct frame){restore, (uint32_t)code->arg, run->slots[code->arg]});
            run->slots[code->arg] = place.offset;
            push(run, &n, (struct frame){.step = at + 1});
            break;
        case REGEX_ASSERT:
            if (regex_is_at((enum regex_place)code->arg, place.before, place.after))
                push(run, &n, (struct frame){.step = at + 1});
            break;
        case REGEX_RUNE:
        case REGEX_SET:
        case REGEX_MATCH:
            memcpy(list->slots + at * run->n_slots, run->slots,
                   run->n_slots * sizeof(*run->slots));
            break;
        }
    }
}

static enum regex_side side_at(const char *at, const char *end)
{
    return at == end ? REGEX_SIDE_NONE : regex_side_of(rune_next(&at, end));
}

/* Every thread that takes the character goes on behind it. */
static void advance(struct run *run, uint32_t rune, struct place place)
{
    const struct regex_program *program = run->program;
    for (size_t i = 0; i < run->here.n; i++) {
        uint32_t at = run->here.order[i];
        if (!regex_takes(program, &program->steps.items[at], rune))
            continue;
        memcpy(run->slots, run->here.slots + at * run->n_slots,
               run->n_slots * sizeof(*run->slots));
        add_thread(run, &run->next, at + 1, place);
    }
    struct thread_list done = run->here;
    run->here = run->next;
    run->next = done;
    clear_list(&run->next);
}

static const size_t *find_match(const struct run *run)
{
    for (size_t i = 0; i < run->here.n; i++) {
        uint32_t at = run->here.order[i];
        if (run->program->steps.items[at].op == REGEX_MATCH)
            return run->here.slots + at * run->n_slots;
    }
    return NULL;
}

static bool run_text(struct run *run, struct slice text, struct slice *out_groups)
{
    const char *at = text.data, *end = text.data + text.len;
    struct place place = {.before = REGEX_SIDE_NONE, .after = side_at(at, end)};
    for (size_t i = 0; i < run->n_slots; i++)
        run->slots[i] = UNSET;
    add_thread(run, &run->here, 0, place);
    while (at < end && run->here.n > 0) {
        uint32_t rune = rune_next(&at, end);
        place = (struct place){(size_t)(at - text.data), regex_side_of(rune), side_at(at, end)};
        advance(run, rune, place);
    }
    const size_t *slots = at == end ? find_match(run) : NULL;
    if (slots == NULL)
        return false;
    out_groups[0] = text;
    for (size_t i = 2; i + 1 < run->n_slots; i += 2) {
        bool caught = slots[i] != UNSET && slots[i + 1] != UNSET;
        out_groups[i / 2] = caught
                                ? (struct slice){text.data + slots[i], slots[i + 1] - slots[i]}
                                : (struct slice){NULL, 0};
    }
    return true;
}

bool regex_run(const struct regex_program *program, struct slice text, struct slice *out_groups)
{
    size_t n_steps = program->steps.len;
    struct run run = {.program = program, .n_slots = 2 * program->names.len};
    run.slots = memory_calloc(run.n_slots, sizeof(*run.slots));
    run.stack = memory_calloc(2 * n_steps + 1, sizeof(*run.stack));
    init_list(&run.here, n_steps, run.n_slots);
    init_list(&run.next, n_steps, run.n_slots);
    bool matched = run_text(&run, text, out_groups);
    deinit_list(&run.here);
    deinit_list(&run.next);
    free(run.slots);
    free(run.stack);
    return matched;
}
