/* SPDX-License-Identifier: MIT */
/*
 * fuzz_regex - any text as a pattern, up to the first NUL, and the rest as the text to match.
 *
 * Beyond not crashing: the automaton and the run with groups must agree, groups lie within the
 * text, and a pattern that is refused says why.
 */
#include "base/memory.h"
#include "model/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_groups(const struct regex *regex, struct slice text, bool matched)
{
    struct slice groups[REGEX_GROUPS_MAX + 1];
    if (regex_capture(regex, text, groups) != matched)
        __builtin_trap();
    for (size_t i = 0; matched && i <= regex_group_count(regex); i++) {
        const struct slice *group = &groups[i];
        if (group->data != NULL && (group->data < text.data || group->len > text.len ||
                                    group->data + group->len > text.data + text.len))
            __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *pattern = memory_strndup((const char *)data, size);
    size_t used = strlen(pattern);
    used += used < size;
    struct slice text = {(const char *)data + used, size - used};
    struct problem problem = {0};
    struct regex *plain, *regex;
    if (regex_new(pattern, REGEX_MATCHES, &problem, &plain) != 0) {
        if (problem.text[0] == '\0')
            __builtin_trap();
        free(pattern);
        return 0;
    }
    bool matched = regex_matches(plain, text.data, text.len);
    if (regex_new(pattern, REGEX_CAPTURES, &problem, &regex) == 0) {
        if (regex_matches(regex, text.data, text.len) != matched)
            __builtin_trap();
        check_groups(regex, text, matched);
        regex_free(regex);
    }
    regex_free(plain);
    free(pattern);
    return 0;
}
