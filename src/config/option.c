/* SPDX-License-Identifier: MIT */
#include "config/option.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LIST_ITEMS_MAX   1000
#define NEAREST_WORD_MAX 64

static const char *const type_nouns[] = {
    "text",
    "a path",
    "a whole number",
    "a number",
    "a duration such as 10s or 5m",
    "a size such as 64MiB",
    "true or false",
    "a list",
};
_Static_assert(ARRAY_LEN(type_nouns) == OPTION_TYPE_COUNT, "a noun for each type");

struct unit {
    const char *name;
    double factor;
};

static const struct unit duration_units[] = {
    {"ms", 1},          {"s", MSEC_SECOND},    {"sec", MSEC_SECOND},
    {"m", MSEC_MINUTE}, {"min", MSEC_MINUTE},  {"h", MSEC_HOUR},
    {"d", MSEC_DAY},    {"w", 7.0 * MSEC_DAY},
};

static const struct unit byte_units[] = {
    {"b", 1},
    {"k", 1024.0},
    {"kb", 1024.0},
    {"kib", 1024.0},
    {"m", 1048576.0},
    {"mb", 1048576.0},
    {"mib", 1048576.0},
    {"g", 1073741824.0},
    {"gb", 1073741824.0},
    {"gib", 1073741824.0},
    {"t", 1099511627776.0},
    {"tib", 1099511627776.0},
};

bool option_env_name(const struct option *option, char out[OPTION_ENV_SIZE])
{
    if (option->path == NULL)
        return false;
    int len = snprintf(out, OPTION_ENV_SIZE, "SENTORA_%s", option->path);
    if (len >= OPTION_ENV_SIZE)
        return false;
    for (char *c = out; *c != '\0'; c++)
        *c = (char)(*c == '.' || *c == '-' ? '_' : toupper((unsigned char)*c));
    return true;
}

static const struct unit *find_unit(const struct unit *units, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(units[i].name) == name.len &&
            strncasecmp(units[i].name, name.data, name.len) == 0)
            return &units[i];
    }
    return NULL;
}

/* A number at *cursor: digits with at most one point. */
static bool scan_number(const char **cursor, double *out_value)
{
    char digits[32];
    size_t len = strspn(*cursor, "0123456789.");
    if (len == 0 || len >= sizeof(digits))
        return false;
    memcpy(digits, *cursor, len);
    digits[len] = '\0';
    *cursor += len;
    return text_to_double(digits, out_value) == 0;
}

/* To the nearest; the agent has no other need of libm, which would cost it 300 KiB. */
static int64_t whole(double number)
{
    if (number >= 0x1p63)
        return INT64_MAX;
    if (number <= -0x1p63)
        return INT64_MIN;
    return (int64_t)(number + (number < 0 ? -0.5 : 0.5));
}

/* Number and unit, repeated ("1h30m"); a number alone has the factor `bare`. */
static int parse_units(const char *text, const struct unit *units, size_t n_units, double bare,
                       double *out_value)
{
    const char *cursor = text + strspn(text, " \t");
    double sum = 0;
    bool any = false;
    while (*cursor != '\0') {
        double number;
        if (!scan_number(&cursor, &number))
            return -EINVAL;
        cursor += strspn(cursor, " \t");
        struct slice name = {cursor, 0};
        while (isalpha((unsigned char)cursor[name.len]))
            name.len++;
        cursor += name.len;
        cursor += strspn(cursor, " \t");
        const struct unit *unit = find_unit(units, n_units, name);
        if (unit == NULL && (name.len > 0 || any || *cursor != '\0'))
            return -EINVAL;
        sum += number * (unit != NULL ? unit->factor : bare);
        any = true;
    }
    if (!any || !(sum < 9e15))
        return -EINVAL;
    *out_value = sum;
    return 0;
}

static int parse_bool(const char *text, bool *out_value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false},
                 {"on", true},   {"off", false},   {"1", true},   {"0", false}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (text_is_nocase(text, words[i].word)) {
            *out_value = words[i].value;
            return 0;
        }
    }
    return -EINVAL;
}

static bool is_choice(const char *choices, const char *text)
{
    struct slice rest = slice_of(choices), choice;
    while (text_next_piece(&rest, '|', &choice)) {
        if (slice_is(choice, text))
            return true;
    }
    return false;
}

static bool in_range(const struct option *option, double value)
{
    return (option->min == 0 && option->max == 0) ||
           (value >= option->min && value <= option->max);
}

/* The value of `text` without range checks; texts are not copied. */
static int parse_value(const struct option *option, const char *text,
                       union option_value *out_value, double *out_number)
{
    int error = 0;
    switch (option->type) {
    case OPTION_STRING:
    case OPTION_PATH:
        out_value->text = text;
        return option->choices == NULL || is_choice(option->choices, text) ? 0 : -EINVAL;
    case OPTION_INT:
        error = text_to_i64(text, &out_value->number);
        *out_number = (double)out_value->number;
        return error;
    case OPTION_DOUBLE:
        error = text_to_double(text, &out_value->real);
        *out_number = out_value->real;
        return error != 0 || !isfinite(out_value->real) ? -EINVAL : 0;
    case OPTION_DURATION:
    case OPTION_BYTES:
        error = option->type == OPTION_DURATION
                    ? parse_units(text, duration_units, ARRAY_LEN(duration_units), MSEC_SECOND,
                                  out_number)
                    : parse_units(text, byte_units, ARRAY_LEN(byte_units), 1, out_number);
        if (error == 0)
            out_value->number = whole(*out_number);
        return error;
    case OPTION_BOOL: return parse_bool(text, &out_value->truth);
    case OPTION_LIST:
    case OPTION_TYPE_COUNT: break;
    }
    abort(); /* a list is parsed by option_parse_list() */
}

int option_parse(const struct option *option, const char *text, struct arena *arena,
                 union option_value *out_value, struct problem *problem)
{
    union option_value value = {0};
    double number = option->min;
    int error = parse_value(option, text, &value, &number);
    if (error != 0 || !in_range(option, number)) {
        char expected[256];
        option_expected(option, expected, sizeof(expected));
        if ((option->flags & OPTION_SECRET) != 0)
            return problem_set(problem, "expected %s", expected);
        return problem_set(problem, "expected %s, not \"%.100s\"", expected, text);
    }
    if (option->type == OPTION_STRING || option->type == OPTION_PATH) {
        value.text = arena_strdup(arena, text);
        if (value.text == NULL)
            return problem_set(problem, "the configuration is too large");
    }
    *out_value = value;
    return 0;
}

int option_parse_list(const char *text, struct arena *arena, struct option_list *out_list,
                      struct problem *problem)
{
    size_t count = 1;
    for (const char *c = text; *c != '\0'; c++)
        count += *c == ',';
    if (count > LIST_ITEMS_MAX)
        return problem_set(problem, "more than %d items", LIST_ITEMS_MAX);
    const char **items = arena_calloc(arena, count + 1, sizeof(*items));
    if (items == NULL)
        return problem_set(problem, "the configuration is too large");

    size_t len = 0;
    struct slice rest = slice_of(text), piece;
    while (text_next_piece(&rest, ',', &piece)) {
        piece = text_trim(piece);
        if (piece.len == 0)
            continue;
        items[len] = arena_strndup(arena, piece.data, piece.len);
        if (items[len++] == NULL)
            return problem_set(problem, "the configuration is too large");
    }
    *out_list = (struct option_list){items, len};
    return 0;
}

void option_store(const struct option *option, union option_value value, void *target)
{
    if ((option->flags & OPTION_UNUSED) != 0)
        return;
    void *field = (char *)target + option->offset;
    switch (option->type) {
    case OPTION_STRING:
    case OPTION_PATH: *(const char **)field = value.text; break;
    case OPTION_INT:
    case OPTION_DURATION:
    case OPTION_BYTES: *(int64_t *)field = value.number; break;
    case OPTION_DOUBLE: *(double *)field = value.real; break;
    case OPTION_BOOL: *(bool *)field = value.truth; break;
    case OPTION_LIST: *(struct option_list *)field = value.list; break;
    case OPTION_TYPE_COUNT: break;
    }
}

static void format_bytes(double bytes, struct buf *out)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    while (unit + 1 < ARRAY_LEN(units) && bytes >= 1024 &&
           bytes / 1024 == (double)whole(bytes / 1024)) {
        bytes /= 1024;
        unit++;
    }
    buf_printf(out, "%.0f %s", bytes, units[unit]);
}

static void format_number(const struct option *option, double number, struct buf *out)
{
    char text[64];
    if (option->type == OPTION_DURATION) {
        buf_append_text(out, clock_format_span((mspan_t)number, text, sizeof(text)));
    } else if (option->type == OPTION_BYTES) {
        format_bytes(number, out);
    } else {
        text_from_double(number, text);
        buf_append_text(out, text);
    }
}

void option_expected(const struct option *option, char *out, size_t size)
{
    struct buf text;
    buf_init(&text, 1024);
    if (option->choices != NULL) {
        buf_append_text(&text, "one of ");
        struct slice rest = slice_of(option->choices), choice;
        for (bool first = true; text_next_piece(&rest, '|', &choice); first = false)
            buf_printf(&text, "%s%.*s", first ? "" : ", ", (int)choice.len, choice.data);
    } else {
        buf_append_text(&text, type_nouns[option->type]);
    }
    if (option->min != 0 || option->max != 0) {
        buf_append_text(&text, option->type == OPTION_DURATION ? ", from " : " from ");
        format_number(option, option->min, &text);
        buf_append_text(&text, " to ");
        format_number(option, option->max, &text);
    }
    text_copy(out, size, buf_text(&text));
    buf_deinit(&text);
}

void option_format(const struct option *option, union option_value value, struct buf *out)
{
    if ((option->flags & OPTION_SECRET) != 0) {
        bool is_set = option->type == OPTION_LIST ? value.list.len > 0
                                                  : value.text != NULL && value.text[0] != '\0';
        buf_append_text(out, is_set ? "(set)" : "(not set)");
        return;
    }
    switch (option->type) {
    case OPTION_STRING:
    case OPTION_PATH: buf_append_text(out, value.text != NULL ? value.text : ""); break;
    case OPTION_INT:
    case OPTION_DURATION:
    case OPTION_BYTES: format_number(option, (double)value.number, out); break;
    case OPTION_DOUBLE: format_number(option, value.real, out); break;
    case OPTION_BOOL: buf_append_text(out, value.truth ? "true" : "false"); break;
    case OPTION_LIST:
        for (size_t i = 0; i < value.list.len; i++)
            buf_printf(out, "%s%s", i > 0 ? ", " : "", value.list.items[i]);
        break;
    case OPTION_TYPE_COUNT: break;
    }
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

/* Levenshtein's distance, one row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NEAREST_WORD_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);
    assert(b_len <= NEAREST_WORD_MAX);
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        int letter = lower(a[i - 1]);
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];
            size_t replace = diagonal + (letter != b[j - 1]);
            size_t gap = MIN_OF(above, row[j - 1]) + 1;
            row[j] = MIN_OF(gap, replace);
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *option_nearest(const char *word, const char *const *names, size_t n_names)
{
    const char *nearest = NULL;
    size_t len = strlen(word);
    size_t best = len <= 3 ? 2 : len / 3 + 2; /* a distance below this is a likely slip */
    if (len > NEAREST_WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n_names; i++) {
        if (strlen(names[i]) > NEAREST_WORD_MAX)
            continue;
        size_t distance = edit_distance(word, names[i]);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
