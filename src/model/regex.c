/* SPDX-License-Identifier: MIT */
#include "model/regex.h"

#include <assert.h>
#include <stdatomic.h>

#include "model/regex_program.h"

#define SPARES          4
#define GROUP_SLOTS_MAX 200000 /* steps times slots: what regex_capture() has to copy */

struct regex {
    struct regex_program program;
    struct regex_classes classes;
    struct regex_dfa *_Atomic spares[SPARES]; /* owned; automata that no thread is using */
};

int regex_new(const char *pattern, enum regex_mode mode, struct problem *problem,
              struct regex **out_regex)
{
    struct regex *regex = memory_calloc(1, sizeof(*regex));
    int error = regex_parse(pattern, mode, problem, &regex->program);
    size_t n_slots = 2 * regex->program.names.len;
    if (error == 0 && mode == REGEX_CAPTURES &&
        regex->program.steps.len * n_slots > GROUP_SLOTS_MAX)
        error = problem_set(problem, "regular expression is too large for that many groups");
    if (error == 0)
        error = regex_classes_init(&regex->classes, &regex->program, problem);
    if (error != 0) {
        regex_program_deinit(&regex->program);
        free(regex);
        return error;
    }
    *out_regex = regex;
    return 0;
}

void regex_free(struct regex *regex)
{
    if (regex == NULL)
        return;
    for (size_t i = 0; i < SPARES; i++)
        regex_dfa_free(atomic_load(&regex->spares[i]));
    regex_classes_deinit(&regex->classes);
    regex_program_deinit(&regex->program);
    free(regex);
}

/* A spare automaton, or a new one: there are as many as threads that match at once. */
static struct regex_dfa *take_dfa(struct regex *regex)
{
    for (size_t i = 0; i < SPARES; i++) {
        if (atomic_load_explicit(&regex->spares[i], memory_order_relaxed) == NULL)
            continue;
        struct regex_dfa *dfa = atomic_exchange(&regex->spares[i], NULL);
        if (dfa != NULL)
            return dfa;
    }
    return regex_dfa_new(&regex->program, &regex->classes);
}

static void give_back(struct regex *regex, struct regex_dfa *dfa)
{
    for (size_t i = 0; i < SPARES; i++) {
        struct regex_dfa *none = NULL;
        if (atomic_compare_exchange_strong(&regex->spares[i], &none, dfa))
            return;
    }
    regex_dfa_free(dfa);
}

bool regex_matches(const struct regex *regex, const char *text, size_t len)
{
    /* What is built while matching shows nowhere. */
    struct regex *own = (struct regex *)(uintptr_t)regex;
    struct regex_dfa *dfa = take_dfa(own);
    bool matched = regex_dfa_matches(dfa, text, len);
    give_back(own, dfa);
    return matched;
}

size_t regex_group_count(const struct regex *regex)
{
    return regex->program.names.len - 1;
}

size_t regex_find_group(const struct regex *regex, struct slice name)
{
    for (size_t i = 1; i < regex->program.names.len; i++) {
        const char *own = regex->program.names.items[i];
        if (own != NULL && slice_is(name, own))
            return i;
    }
    return 0;
}

bool regex_capture(const struct regex *regex, struct slice text, struct slice *out_groups)
{
    assert(regex->program.has_saves);
    return regex_run(&regex->program, text, out_groups);
}
