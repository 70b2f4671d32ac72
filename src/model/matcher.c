/* SPDX-License-Identifier: MIT */
/*
 * A regular expression becomes the cheapest thing that decides the same: a list of words, a word
 * with gaps beside it, or a compiled pattern.  Only the last needs PCRE2, whose backtracking is
 * bounded by STEPS_MAX; a pattern that exceeds it FAILURES_MAX times is given up, so that it
 * costs the same few milliseconds however many values there are.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "model/matcher.h"

#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/pattern.h"

#define STEPS_MAX    100000 /* of PCRE2's matching, for one value */
#define HEAP_MAX_KIB 4096   /* for its backtracking, for one value */
#define FAILURES_MAX 4

const char *const matcher_op_names[] = {"=", "!=", "=~", "!~"};
_Static_assert(ARRAY_LEN(matcher_op_names) == MATCHER_OP_COUNT, "a name for each operator");

enum regex_kind {
    REGEX_WORDS,
    REGEX_AFFIX,
    REGEX_COMPILED,
};

struct matcher_regex {
    enum regex_kind kind;
    char *words; /* owned; REGEX_WORDS: n_words texts, each with its NUL */
    size_t n_words;
    struct pattern_affix affix;  /* its word is owned; REGEX_AFFIX */
    pcre2_code *code;            /* owned; REGEX_COMPILED */
    pcre2_match_context *limits; /* owned; REGEX_COMPILED */
    unsigned failures;           /* atomic */
};

static void free_regex(struct matcher_regex *regex)
{
    if (regex == NULL)
        return;
    free(regex->words);
    free(regex->affix.word);
    pcre2_code_free(regex->code);
    pcre2_match_context_free(regex->limits);
    free(regex);
}

static int compile(struct matcher_regex *regex, const char *pattern, struct problem *problem)
{
    int error = pattern_check(pattern, problem);
    if (error != 0)
        return error;

    uint32_t options = PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
                       PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C;
    int code;
    PCRE2_SIZE offset;
    regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &code,
                                &offset, NULL);
    if (regex->code == NULL) {
        PCRE2_UCHAR text[160];
        if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
            text[0] = '\0';
        return problem_set(problem, "regular expression, at character %zu: %s", offset + 1,
                           (const char *)text);
    }
    regex->limits = pcre2_match_context_create(NULL);
    if (regex->limits == NULL)
        return problem_set(problem, "regular expression is too large");
    pcre2_set_match_limit(regex->limits, STEPS_MAX);
    pcre2_set_heap_limit(regex->limits, HEAP_MAX_KIB);
    regex->kind = REGEX_COMPILED;
    return 0;
}

static int new_regex(const char *pattern, struct problem *problem,
                     struct matcher_regex **out_regex)
{
    struct matcher_regex *regex = memory_calloc(1, sizeof(*regex));
    int error = 0;
    if (pattern_read_words(pattern, &regex->words, &regex->n_words))
        regex->kind = REGEX_WORDS;
    else if (pattern_read_affix(pattern, &regex->affix))
        regex->kind = REGEX_AFFIX;
    else
        error = compile(regex, pattern, problem);

    if (error != 0) {
        free_regex(regex);
        return error;
    }
    *out_regex = regex;
    return 0;
}

int matcher_init(struct matcher *matcher, enum matcher_op op, const char *name,
                 const char *value, struct problem *problem)
{
    struct matcher_regex *regex = NULL;
    if (op == MATCHER_REGEX || op == MATCHER_NOT_REGEX) {
        int error = new_regex(value, problem, &regex);
        if (error != 0)
            return error;
    }
    *matcher = (struct matcher){
        .name = memory_strdup(name), .value = memory_strdup(value), .op = op, .regex = regex};
    return 0;
}

void matcher_deinit(struct matcher *matcher)
{
    free(matcher->name);
    free(matcher->value);
    free_regex(matcher->regex);
    *matcher = (struct matcher){0};
}

static bool is_one_of(const struct matcher_regex *regex, const char *value)
{
    const char *word = regex->words;
    for (size_t i = 0; i < regex->n_words; i++) {
        if (strcmp(word, value) == 0)
            return true;
        word += strlen(word) + 1;
    }
    return false;
}

static bool fits_affix(const struct pattern_affix *affix, const char *value)
{
    size_t len = strlen(value), word_len = strlen(affix->word);
    size_t before_min = affix->before == PATTERN_GAP_SOME;
    size_t after_min = affix->after == PATTERN_GAP_SOME;
    if (len < word_len + before_min + after_min)
        return false;
    if (affix->before == PATTERN_GAP_NONE)
        return memcmp(value, affix->word, word_len) == 0;
    if (affix->after == PATTERN_GAP_NONE)
        return memcmp(value + len - word_len, affix->word, word_len) == 0;

    /* The first place leaves the most behind it. */
    const char *found = strstr(value + before_min, affix->word);
    return found != NULL && len - (size_t)(found - value) >= word_len + after_min;
}

/* 1, 0, or -1 when it took too many steps. */
static int run_pattern(struct matcher_regex *regex, const char *value)
{
    if (__atomic_load_n(&regex->failures, __ATOMIC_RELAXED) >= FAILURES_MAX)
        return -1;
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    int code = match == NULL ? PCRE2_ERROR_NOMEMORY
                             : pcre2_match(regex->code, (PCRE2_SPTR)value, strlen(value), 0, 0,
                                           match, regex->limits);
    pcre2_match_data_free(match);
    if (code >= 0)
        return 1;
    if (code == PCRE2_ERROR_NOMATCH)
        return 0;
    __atomic_fetch_add(&regex->failures, 1, __ATOMIC_RELAXED);
    return -1;
}

bool matcher_matches_value(const struct matcher *matcher, const char *value)
{
    if (matcher->op == MATCHER_EQUAL)
        return strcmp(matcher->value, value) == 0;
    if (matcher->op == MATCHER_NOT_EQUAL)
        return strcmp(matcher->value, value) != 0;

    int matched;
    switch (matcher->regex->kind) {
    case REGEX_WORDS: matched = is_one_of(matcher->regex, value); break;
    case REGEX_AFFIX: matched = fits_affix(&matcher->regex->affix, value); break;
    default: matched = run_pattern(matcher->regex, value); break;
    }
    return matched >= 0 && (matched == 1) == (matcher->op == MATCHER_REGEX);
}

bool matcher_is_exhausted(const struct matcher *matcher)
{
    return matcher->regex != NULL &&
           __atomic_load_n(&matcher->regex->failures, __ATOMIC_RELAXED) > 0;
}

bool matcher_all_match(const struct matcher *matchers, size_t count,
                       const struct labels *labels)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = labels_value(labels, matchers[i].name);
        if (!matcher_matches_value(&matchers[i], value == NULL ? "" : value))
            return false;
    }
    return true;
}
