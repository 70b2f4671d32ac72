/* SPDX-License-Identifier: MIT */
/*
 * regex_dfa - the automaton of a program, built while it is used.
 *
 * A state is the set of steps that threads are at, all of which take a character, assert
 * something, or match.  Which state follows on which class of characters is found out by running
 * the threads once, and then remembered.  States live in one array of words that has a ceiling:
 * when it is full everything is forgotten and built again as needed, so that a character costs
 * at most one pass over the program.
 *
 * A state in the array, counted from its own place:
 *
 *     0                     next state with the same hash, 0 = none
 *     1                     number of steps
 *     2                     what stands before (enum regex_side), 0 where no step asserts
 *     3 ... 3+classes-1     the state after a character of that class; 0 = not known yet
 *     3+classes             whether the text may end here: 0 = not known yet, 1 = no, 2 = yes
 *     4+classes ...         the steps, ascending
 */
#include <assert.h>
#include <errno.h>

#include "base/hash.h"
#include "model/regex_program.h"

#define WORDS_MAX   ((size_t)256 * 1024) /* 1 MiB */
#define CLASSES_MAX 8192
#define N_BUCKETS   1024
#define DEAD        1 /* no thread is left; not a place of a state, they begin at 2 */

_Static_assert(WORDS_MAX > 4 * (CLASSES_MAX + REGEX_STEPS_MAX), "several states fit");

/* ---- classes of characters ---- */

static int by_value(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void add_bounds(struct regex_classes *classes, uint32_t first, uint32_t last)
{
    VEC_PUSH(&classes->firsts, first);
    if (last < RUNE_LAST)
        VEC_PUSH(&classes->firsts, last + 1);
}

static void collect_bounds(struct regex_classes *classes, const struct regex_program *program)
{
    VEC_PUSH(&classes->firsts, 0);
    for (size_t i = 0; i < program->steps.len; i++) {
        const struct regex_step *step = &program->steps.items[i];
        if (step->op == REGEX_RUNE)
            add_bounds(classes, (uint32_t)step->arg, (uint32_t)step->arg);
    }
    for (size_t i = 0; i < program->sets.len; i++) {
        const struct rune_set *set = &program->sets.items[i];
        for (size_t k = 0; k < set->ranges.len; k++)
            add_bounds(classes, set->ranges.items[k].first, set->ranges.items[k].last);
    }
    for (uint32_t rune = 0; program->has_asserts && rune < 128; rune++) {
        if (regex_side_of(rune) != REGEX_SIDE_OTHER)
            add_bounds(classes, rune, rune);
    }
}

static unsigned find_class(const struct regex_classes *classes, uint32_t rune)
{
    size_t low = 0, high = classes->firsts.len;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (classes->firsts.items[middle] <= rune)
            low = middle;
        else
            high = middle;
    }
    return (unsigned)low;
}

int regex_classes_init(struct regex_classes *classes, const struct regex_program *program,
                       struct problem *problem)
{
    *classes = (struct regex_classes){0};
    collect_bounds(classes, program);
    uint32_t *firsts = classes->firsts.items;
    qsort(firsts, classes->firsts.len, sizeof(*firsts), by_value);
    size_t kept = 0;
    for (size_t i = 1; i < classes->firsts.len; i++) {
        if (firsts[i] != firsts[kept])
            firsts[++kept] = firsts[i];
    }
    classes->firsts.len = kept + 1;
    if (classes->firsts.len > CLASSES_MAX) {
        regex_classes_deinit(classes);
        return problem_set(problem, "regular expression tells too many characters apart");
    }
    for (uint32_t rune = 0; rune < 128; rune++)
        classes->of_ascii[rune] = (uint16_t)find_class(classes, rune);
    return 0;
}

void regex_classes_deinit(struct regex_classes *classes)
{
    VEC_DEINIT(&classes->firsts);
}

/* ---- sets of steps ---- */

struct step_set {
    uint64_t *bits; /* owned */
    uint32_t *list; /* owned; what extract() made of them */
    uint32_t n;
    bool has_asserts;
};

struct regex_dfa {
    const struct regex_program *program;
    const struct regex_classes *classes;
    uint32_t *words; /* owned */
    size_t len, capacity;
    uint32_t first; /* the state before any character; 0 = not built */
    uint32_t buckets[N_BUCKETS];
    struct step_set here, next;
    uint32_t *stack; /* owned; room for two entries for each step */
};

static size_t n_bit_words(const struct regex_program *program)
{
    return (program->steps.len + 63) / 64;
}

static bool add_bit(struct step_set *set, uint32_t at)
{
    uint64_t bit = (uint64_t)1 << (at % 64);
    bool is_new = (set->bits[at / 64] & bit) == 0;
    set->bits[at / 64] |= bit;
    return is_new;
}

/* Adds the step `at` and all that a thread there reaches without taking a character, going
 * through those assertions that hold between the two sides (none when `asserts` is false). */
static void add_thread(struct regex_dfa *dfa, struct step_set *set, uint32_t at, bool asserts,
                       enum regex_side before, enum regex_side after)
{
    const struct regex_step *steps = dfa->program->steps.items;
    size_t n = 0;
    dfa->stack[n++] = at;
    while (n > 0) {
        at = dfa->stack[--n];
        if (!add_bit(set, at))
            continue;
        const struct regex_step *step = &steps[at];
        uint32_t target = at + (uint32_t)step->arg;
        switch (step->op) {
        case REGEX_SPLIT:
        case REGEX_RSPLIT:
            dfa->stack[n++] = at + 1;
            dfa->stack[n++] = target;
            break;
        case REGEX_JUMP: dfa->stack[n++] = target; break;
        case REGEX_SAVE: dfa->stack[n++] = at + 1; break;
        case REGEX_ASSERT:
            if (asserts && regex_is_at((enum regex_place)step->arg, before, after))
                dfa->stack[n++] = at + 1;
            break;
        case REGEX_RUNE:
        case REGEX_SET:
        case REGEX_MATCH: break;
        }
    }
}

/* Moves the bits into the list, leaving out the steps that only lead to others. */
static void extract(const struct regex_dfa *dfa, struct step_set *set)
{
    const struct regex_step *steps = dfa->program->steps.items;
    size_t n_words = n_bit_words(dfa->program);
    set->n = 0;
    set->has_asserts = false;
    for (size_t i = 0; i < n_words; i++) {
        for (uint64_t word = set->bits[i]; word != 0; word &= word - 1) {
            uint32_t at = (uint32_t)(i * 64 + (size_t)__builtin_ctzll(word));
            enum regex_op op = steps[at].op;
            set->has_asserts |= op == REGEX_ASSERT;
            if (op <= REGEX_SET || op >= REGEX_ASSERT)
                set->list[set->n++] = at;
        }
        set->bits[i] = 0;
    }
}

/* ---- states ---- */

static size_t n_classes(const struct regex_dfa *dfa)
{
    return dfa->classes->firsts.len;
}

static uint32_t *nexts_of(const struct regex_dfa *dfa, uint32_t state)
{
    return dfa->words + state + 3;
}

static const uint32_t *steps_of(const struct regex_dfa *dfa, uint32_t state)
{
    return dfa->words + state + 4 + n_classes(dfa);
}

static void forget(struct regex_dfa *dfa)
{
    memset(dfa->buckets, 0, sizeof(dfa->buckets));
    dfa->len = DEAD + 1;
    dfa->first = 0;
}

/* Room for `n` more words.  False when that would pass the ceiling. */
static bool make_room(struct regex_dfa *dfa, size_t n)
{
    if (dfa->len + n > WORDS_MAX)
        return false;
    if (dfa->len + n > dfa->capacity) {
        dfa->capacity = MAX_OF(dfa->len + n, dfa->capacity * 2);
        dfa->words = memory_realloc(dfa->words, dfa->capacity * sizeof(*dfa->words));
    }
    return true;
}

static bool is_state(const struct regex_dfa *dfa, uint32_t state, enum regex_side before,
                     const struct step_set *set)
{
    return dfa->words[state + 1] == set->n && dfa->words[state + 2] == before &&
           memcmp(steps_of(dfa, state), set->list, set->n * sizeof(*set->list)) == 0;
}

/* The state for `set`, made when there is none.  May forget all others: then *out_forgot. */
static uint32_t find_state(struct regex_dfa *dfa, const struct step_set *set,
                           enum regex_side before, bool *out_forgot)
{
    if (set->n == 0)
        return DEAD;
    if (!set->has_asserts)
        before = REGEX_SIDE_NONE;
    uint64_t hash = hash_bytes(set->list, set->n * sizeof(*set->list), before);
    uint32_t *bucket = &dfa->buckets[hash % N_BUCKETS];
    for (uint32_t state = *bucket; state != 0; state = dfa->words[state]) {
        if (is_state(dfa, state, before, set))
            return state;
    }
    size_t size = 4 + n_classes(dfa) + set->n;
    if (!make_room(dfa, size)) {
        forget(dfa);
        *out_forgot = true;
        bool fits = make_room(dfa, size);
        assert(fits);
    }
    uint32_t state = (uint32_t)dfa->len;
    uint32_t *words = dfa->words + state;
    dfa->len += size;
    words[0] = *bucket;
    words[1] = set->n;
    words[2] = before;
    memset(words + 3, 0, (n_classes(dfa) + 1) * sizeof(*words));
    memcpy(words + 4 + n_classes(dfa), set->list, set->n * sizeof(*words));
    *bucket = state;
    return state;
}

/* Loads the threads of `state`, moved on through the assertions that hold before `after`. */
static void load(struct regex_dfa *dfa, uint32_t state, enum regex_side after)
{
    enum regex_side before = (enum regex_side)dfa->words[state + 2];
    struct step_set *here = &dfa->here;
    here->n = dfa->words[state + 1];
    memcpy(here->list, steps_of(dfa, state), here->n * sizeof(*here->list));
    if (!dfa->program->has_asserts)
        return;
    for (uint32_t i = 0; i < here->n; i++)
        add_thread(dfa, here, here->list[i], true, before, after);
    extract(dfa, here);
}

/* The state after `state` and a character of `class`, remembered unless all was forgotten. */
static uint32_t build_next(struct regex_dfa *dfa, uint32_t state, unsigned class)
{
    const struct regex_program *program = dfa->program;
    uint32_t rune = dfa->classes->firsts.items[class];
    enum regex_side side = regex_side_of(rune);
    load(dfa, state, side);
    for (uint32_t i = 0; i < dfa->here.n; i++) {
        uint32_t at = dfa->here.list[i];
        if (regex_takes(program, &program->steps.items[at], rune))
            add_thread(dfa, &dfa->next, at + 1, false, REGEX_SIDE_NONE, REGEX_SIDE_NONE);
    }
    extract(dfa, &dfa->next);
    bool forgot = false;
    uint32_t next = find_state(dfa, &dfa->next, side, &forgot);
    if (!forgot)
        nexts_of(dfa, state)[class] = next;
    return next;
}

static bool may_end(struct regex_dfa *dfa, uint32_t state)
{
    uint32_t *known = &nexts_of(dfa, state)[n_classes(dfa)];
    if (*known == 0) {
        load(dfa, state, REGEX_SIDE_NONE);
        const struct regex_step *steps = dfa->program->steps.items;
        *known = 1;
        for (uint32_t i = 0; i < dfa->here.n; i++) {
            if (steps[dfa->here.list[i]].op == REGEX_MATCH)
                *known = 2;
        }
    }
    return *known == 2;
}

static uint32_t first_state(struct regex_dfa *dfa)
{
    if (dfa->first != 0)
        return dfa->first;
    bool forgot;
    add_thread(dfa, &dfa->next, 0, false, REGEX_SIDE_NONE, REGEX_SIDE_NONE);
    extract(dfa, &dfa->next);
    uint32_t first = find_state(dfa, &dfa->next, REGEX_SIDE_NONE, &forgot);
    dfa->first = first;
    return first;
}

bool regex_dfa_matches(struct regex_dfa *dfa, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    uint32_t state = first_state(dfa);
    while (at < end && state != DEAD) {
        unsigned char byte = (unsigned char)*at;
        unsigned class = 0;
        if (byte < 0x80) {
            class = dfa->classes->of_ascii[byte];
            at++;
        } else {
            class = find_class(dfa->classes, rune_next(&at, end));
        }
        uint32_t next = nexts_of(dfa, state)[class];
        state = next != 0 ? next : build_next(dfa, state, class);
    }
    return state != DEAD && may_end(dfa, state);
}

static void init_set(struct step_set *set, const struct regex_program *program)
{
    set->bits = memory_calloc(n_bit_words(program), sizeof(*set->bits));
    set->list = memory_calloc(program->steps.len, sizeof(*set->list));
}

struct regex_dfa *regex_dfa_new(const struct regex_program *program,
                                const struct regex_classes *classes)
{
    struct regex_dfa *dfa = memory_calloc(1, sizeof(*dfa));
    dfa->program = program;
    dfa->classes = classes;
    init_set(&dfa->here, program);
    init_set(&dfa->next, program);
    dfa->stack = memory_calloc(2 * program->steps.len + 1, sizeof(*dfa->stack));
    forget(dfa);
    return dfa;
}

void regex_dfa_free(struct regex_dfa *dfa)
{
    if (dfa == NULL)
        return;
    free(dfa->here.bits);
    free(dfa->here.list);
    free(dfa->next.bits);
    free(dfa->next.list);
    free(dfa->stack);
    free(dfa->words);
    free(dfa);
}
