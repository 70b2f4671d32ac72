/* SPDX-License-Identifier: MIT */
/*
 * A regular expression becomes the cheapest thing that decides the same: a set of words, a word
 * with gaps beside it, or a compiled pattern.
 */
#include "model/matcher.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "model/pattern.h"
#include "model/regex.h"

const char *const matcher_op_names[] = {"=", "!=", "=~", "!~"};
_Static_assert(ARRAY_LEN(matcher_op_names) == MATCHER_OP_COUNT, "a name for each operator");

enum regex_kind {
    REGEX_WORDS,
    REGEX_AFFIX,
    REGEX_COMPILED,
};

struct matcher_regex {
    enum regex_kind kind;
    char *text;         /* owned; REGEX_WORDS: the words one after another, each with its NUL */
    const char **words; /* owned; REGEX_WORDS: they by hash, NULL = free */
    uint64_t seed;
    size_t n_slots;             /* a power of two, at least twice the number of words */
    struct pattern_affix affix; /* its word is owned; REGEX_AFFIX */
    struct regex *compiled;     /* owned; REGEX_COMPILED */
};

static void free_regex(struct matcher_regex *regex)
{
    if (regex == NULL)
        return;
    free(regex->text);
    free(regex->words);
    free(regex->affix.word);
    regex_free(regex->compiled);
    free(regex);
}

/* Where `word` is among the words, or the free slot where it would be. */
static const char **find_word(const struct matcher_regex *regex, const char *word, size_t len)
{
    size_t at = (size_t)hash_bytes(word, len, regex->seed);
    for (;; at++) {
        const char **slot = &regex->words[at & (regex->n_slots - 1)];
        if (*slot == NULL || strcmp(*slot, word) == 0)
            return slot;
    }
}

static void init_words(struct matcher_regex *regex, size_t n_words)
{
    regex->kind = REGEX_WORDS;
    regex->seed = random_u64();
    regex->n_slots = 2;
    while (regex->n_slots < 2 * n_words)
        regex->n_slots *= 2;
    regex->words = memory_calloc(regex->n_slots, sizeof(*regex->words));
    const char *word = regex->text;
    for (size_t i = 0; i < n_words; i++) {
        size_t len = strlen(word);
        *find_word(regex, word, len) = word;
        word += len + 1;
    }
}

static int new_regex(const char *pattern, struct problem *problem,
                     struct matcher_regex **out_regex)
{
    struct matcher_regex *regex = memory_calloc(1, sizeof(*regex));
    size_t n_words;
    int error = 0;
    if (pattern_read_words(pattern, &regex->text, &n_words)) {
        init_words(regex, n_words);
    } else if (pattern_read_affix(pattern, &regex->affix)) {
        regex->kind = REGEX_AFFIX;
    } else {
        regex->kind = REGEX_COMPILED;
        error = regex_new(pattern, REGEX_MATCHES, problem, &regex->compiled);
    }
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

static bool fits_regex(const struct matcher_regex *regex, const char *value)
{
    switch (regex->kind) {
    case REGEX_WORDS: return *find_word(regex, value, strlen(value)) != NULL;
    case REGEX_AFFIX: return fits_affix(&regex->affix, value);
    case REGEX_COMPILED: break;
    }
    return regex_matches(regex->compiled, value, strlen(value));
}

bool matcher_matches_value(const struct matcher *matcher, const char *value)
{
    switch (matcher->op) {
    case MATCHER_EQUAL: return strcmp(matcher->value, value) == 0;
    case MATCHER_NOT_EQUAL: return strcmp(matcher->value, value) != 0;
    case MATCHER_REGEX: return fits_regex(matcher->regex, value);
    case MATCHER_NOT_REGEX: return !fits_regex(matcher->regex, value);
    case MATCHER_OP_COUNT: break;
    }
    return false;
}

const char *matcher_next_word(const struct matcher *matcher, size_t *cursor)
{
    const struct matcher_regex *regex = matcher->regex;
    assert(matcher_has_words(matcher));
    while (*cursor < regex->n_slots) {
        const char *word = regex->words[(*cursor)++];
        if (word != NULL)
            return word;
    }
    return NULL;
}

bool matcher_has_words(const struct matcher *matcher)
{
    return matcher->regex != NULL && matcher->regex->kind == REGEX_WORDS;
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
