/* SPDX-License-Identifier: MIT */
#include "query/lex.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

const char *const token_names[] = {
    "end of expression",
    "a word",
    "a number",
    "a duration",
    "a string",
    "\"(\"",
    "\")\"",
    "\"{\"",
    "\"}\"",
    "\"[\"",
    "\"]\"",
    "\",\"",
    "\":\"",
    "\"@\"",
    "\"=\"",
    "\"=~\"",
    "\"!~\"",
    "\"==\"",
    "\"!=\"",
    "\"<\"",
    "\"<=\"",
    "\">\"",
    "\">=\"",
    "\"+\"",
    "\"-\"",
    "\"*\"",
    "\"/\"",
    "\"%\"",
    "\"^\"",
};
_Static_assert(ARRAY_LEN(token_names) == TOKEN_KIND_COUNT, "a name for each token");

/* Longer ones before their beginnings. */
static const struct symbol {
    const char *text;
    enum token_kind kind;
} symbols[] = {
    {"=~", TOKEN_REGEX_MATCH},
    {"!~", TOKEN_REGEX_DIFFERS},
    {"==", TOKEN_EQUAL},
    {"!=", TOKEN_DIFFERS},
    {"<=", TOKEN_LESS_EQUAL},
    {">=", TOKEN_GREATER_EQUAL},
    {"<", TOKEN_LESS},
    {">", TOKEN_GREATER},
    {"=", TOKEN_ASSIGN},
    {"(", TOKEN_LEFT_PAREN},
    {")", TOKEN_RIGHT_PAREN},
    {"{", TOKEN_LEFT_BRACE},
    {"}", TOKEN_RIGHT_BRACE},
    {"[", TOKEN_LEFT_BRACKET},
    {"]", TOKEN_RIGHT_BRACKET},
    {",", TOKEN_COMMA},
    {"@", TOKEN_AT},
    {"+", TOKEN_ADD},
    {"-", TOKEN_SUBTRACT},
    {"*", TOKEN_MULTIPLY},
    {"/", TOKEN_DIVIDE},
    {"%", TOKEN_MODULO},
    {"^", TOKEN_POWER},
};

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {{"y", 365 * MSEC_DAY}, {"w", 7 * MSEC_DAY}, {"d", MSEC_DAY},
             {"h", MSEC_HOUR},      {"ms", 1},           {"m", MSEC_MINUTE},
             {"s", MSEC_SECOND}};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
    return is_word_start(c) || is_digit(c);
}

void lexer_init(struct lexer *lexer, const char *text)
{
    *lexer = (struct lexer){.text = text};
}

int lex_problem(const char *text, size_t at, struct problem *problem, const char *format, ...)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    char message[sizeof(problem->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return problem_set_at(problem, line, column, "%s", message);
}

static const struct unit *read_unit(const char **at)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        const char *after = text_after(*at, units[i].name);
        if (after != NULL) {
            *at = after;
            return &units[i];
        }
    }
    return NULL;
}

size_t lex_duration(const char *text, int64_t *out_ms)
{
    const char *at = text;
    int64_t total = 0, last_unit = INT64_MAX;
    while (is_digit(*at)) {
        uint64_t count;
        int64_t part;
        if (!text_scan_u64(&at, &count))
            return 0;
        const struct unit *unit = read_unit(&at);
        if (unit == NULL || unit->ms >= last_unit ||
            __builtin_mul_overflow(count, unit->ms, &part) ||
            __builtin_add_overflow(total, part, &total))
            return 0;
        last_unit = unit->ms;
    }
    if (at == text || is_word(*at) || total > INT64_MAX / 1000000)
        return 0;
    *out_ms = total;
    return (size_t)(at - text);
}

/* Copies the digits of a number without the underscores between them; the length read, 0 when
 * it is no number or does not fit. */
static size_t copy_number(const char *text, char *out, size_t size)
{
    size_t i = 0, len = 0;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    bool exponent = false;
    for (;; i++) {
        char c = text[i];
        bool sign = (c == '+' || c == '-') && i > 0 && !hex &&
                    (text[i - 1] == 'e' || text[i - 1] == 'E');
        bool underscore =
            c == '_' && i > 0 && is_hex_digit(text[i - 1]) && is_hex_digit(text[i + 1]);
        if (underscore)
            continue;
        if (hex ? !(is_hex_digit(c) || i == 1) : !(is_digit(c) || c == '.' || sign)) {
            if (hex || exponent || (c != 'e' && c != 'E'))
                break;
            exponent = true;
        }
        if (len + 1 >= size)
            return 0;
        out[len++] = c;
    }
    out[len] = '\0';
    return is_word(text[i]) ? 0 : i;
}

/* A leading zero means octal, as it does in Go. */
static bool convert_number(const char *digits, double *out)
{
    char *end;
    size_t len = strlen(digits);
    errno = 0;
    if (len > 1 && digits[0] == '0' && strspn(digits, "01234567") == len) {
        *out = (double)strtoull(digits, &end, 8);
    } else if (len > 1 && (digits[1] == 'x' || digits[1] == 'X')) {
        if (len == 2)
            return false;
        *out = (double)strtoull(digits, &end, 16);
    } else {
        int error = text_to_double(digits, out);
        if (error == -ERANGE) {
            *out = HUGE_VAL;
            error = 0;
        }
        return error == 0;
    }
    return errno == 0 && *end == '\0';
}

static int lex_number(struct lexer *lexer, struct token *token, struct problem *problem)
{
    const char *text = lexer->text + lexer->at;
    int64_t ms;
    size_t len = lex_duration(text, &ms);
    char digits[512];
    if (len > 0) {
        token->kind = TOKEN_DURATION;
        token->number = (double)ms / 1000;
    } else {
        token->kind = TOKEN_NUMBER;
        len = copy_number(text, digits, sizeof(digits));
        if (len == 0 || !convert_number(digits, &token->number))
            return lex_problem(lexer->text, lexer->at, problem,
                               "this is neither a number nor a duration");
    }
    token->text = (struct slice){text, len};
    return 0;
}

static int lex_string(struct lexer *lexer, struct token *token, struct problem *problem)
{
    const char *text = lexer->text + lexer->at;
    size_t len = 1;
    for (; text[len] != text[0]; len++) {
        if (text[0] != '`' && text[len] == '\\' && text[len + 1] != '\0')
            len++;
        if (text[len] == '\0' || (text[len] == '\n' && text[0] != '`'))
            return lex_problem(lexer->text, lexer->at, problem,
                               "the string that begins here has no end");
    }
    token->kind = TOKEN_STRING;
    token->text = (struct slice){text, len + 1};
    return 0;
}

static int lex_symbol(struct lexer *lexer, struct token *token, struct problem *problem)
{
    const char *text = lexer->text + lexer->at;
    if (*text == ':' && lexer->in_brackets) {
        token->kind = TOKEN_COLON;
        token->text = (struct slice){text, 1};
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
        if (!text_has_prefix(text, symbols[i].text))
            continue;
        token->kind = symbols[i].kind;
        token->text = (struct slice){text, strlen(symbols[i].text)};
        if (token->kind == TOKEN_LEFT_BRACKET)
            lexer->in_brackets = true;
        else if (token->kind == TOKEN_RIGHT_BRACKET)
            lexer->in_brackets = false;
        return 0;
    }
    if (*text > ' ' && *text < 0x7f)
        return lex_problem(lexer->text, lexer->at, problem, "unexpected character '%c'", *text);
    return lex_problem(lexer->text, lexer->at, problem, "unexpected character");
}

static void skip_blanks(struct lexer *lexer)
{
    for (;;) {
        lexer->at += strspn(lexer->text + lexer->at, " \t\r\n");
        if (lexer->text[lexer->at] != '#')
            return;
        lexer->at += strcspn(lexer->text + lexer->at, "\n");
    }
}

int lex_next(struct lexer *lexer, struct token *out_token, struct problem *problem)
{
    skip_blanks(lexer);
    const char *text = lexer->text + lexer->at;
    struct token token = {.at = lexer->at};
    int error = 0;
    if (*text == '\0') {
        token.text = (struct slice){text, 0};
    } else if (is_word_start(*text) || (*text == ':' && !lexer->in_brackets)) {
        size_t len = 1;
        while (is_word(text[len]) || (text[len] == ':' && !lexer->in_brackets))
            len++;
        token.kind = TOKEN_WORD;
        token.text = (struct slice){text, len};
    } else if (is_digit(*text) || (*text == '.' && is_digit(text[1]))) {
        error = lex_number(lexer, &token, problem);
    } else if (*text == '"' || *text == '\'' || *text == '`') {
        error = lex_string(lexer, &token, problem);
    } else {
        error = lex_symbol(lexer, &token, problem);
    }
    if (error == 0) {
        lexer->at += token.text.len;
        *out_token = token;
    }
    return error;
}

/* The code point as UTF-8; the number of bytes, 0 when it is none. */
static size_t put_utf8(uint32_t point, char *out)
{
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(leads[len] | point);
    return len;
}

/* The number of `digits` digits to `base` at `at`; false when they are not there. */
static bool read_code(const char *at, size_t digits, int base, uint32_t *out)
{
    char text[9] = {0};
    for (size_t i = 0; i < digits; i++) {
        if (base == 16 ? !is_hex_digit(at[i]) : at[i] < '0' || at[i] > '7')
            return false;
        text[i] = at[i];
    }
    *out = (uint32_t)strtoul(text, NULL, base);
    return true;
}

/* Reads the escape behind the backslash at *at into *out, moving both; false when unknown. */
static bool read_escape(const char **at, char quote, char **out)
{
    static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    char c = *(*at)++;
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    uint32_t code;
    if (letter != NULL || c == quote) {
        *(*out)++ = (char)(letter != NULL ? values[letter - letters] : c);
        return true;
    }
    bool is_point = c == 'u' || c == 'U';
    bool octal = c >= '0' && c <= '7';
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : octal ? 3 : 0;
    *at -= octal;
    if (digits == 0 || !read_code(*at, digits, octal ? 8 : 16, &code) || code == 0)
        return false;
    *at += digits;
    if (!is_point) {
        *(*out)++ = (char)code;
        return code <= 0xff;
    }
    size_t len = put_utf8(code, *out);
    *out += len;
    return len > 0;
}

int lex_unquote(const char *text, const struct token *token, char *out, struct problem *problem)
{
    const char *at = token->text.data + 1, *end = token->text.data + token->text.len - 1;
    char quote = token->text.data[0];
    char *start = out;
    while (at < end) {
        if (*at != '\\' || quote == '`') {
            *out++ = *at++;
            continue;
        }
        const char *escape = at++;
        if (!read_escape(&at, quote, &out))
            return lex_problem(text, (size_t)(escape - text), problem,
                               "unknown escape in a string");
    }
    *out = '\0';
    if (!text_is_utf8(start, (size_t)(out - start)))
        return lex_problem(text, token->at, problem, "the string is not UTF-8");
    return 0;
}
