/* SPDX-License-Identifier: MIT */
#include "ctl/table.h"

#include <assert.h>
#include <stdarg.h>

#include "base/buf.h"

#define CELL_MAX_BYTES 8192
#define GAP            2

void table_init(struct table *table, const char *const *titles, size_t n_columns)
{
    *table = (struct table){.n_columns = n_columns};
    for (size_t i = 0; i < n_columns; i++)
        table_add(table, "%s", titles[i]);
}

void table_deinit(struct table *table)
{
    for (size_t i = 0; i < table->cells.len; i++)
        free(table->cells.items[i]);
    VEC_DEINIT(&table->cells);
}

/* Control characters, of which C1 are two bytes in UTF-8. */
static void tame(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7F)
            *at = '?';
        else if (*at == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0)
            at[0] = at[1] = '?';
    }
}

void table_add(struct table *table, const char *format, ...)
{
    struct buf text;
    buf_init(&text, CELL_MAX_BYTES);
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    char *cell = memory_strdup(text.error != 0 ? "..." : buf_text(&text));
    buf_deinit(&text);
    tame(cell);
    VEC_PUSH(&table->cells, cell);
}

size_t table_text_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void print_spaces(size_t n, FILE *out)
{
    fprintf(out, "%*s", (int)n, "");
}

static bool is_right(const struct table *table, size_t column)
{
    return table->cells.items[column][0] == '>';
}

static void print_row(const struct table *table, size_t row, const size_t *widths, FILE *out)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const char *cell = table->cells.items[row * table->n_columns + i];
        cell += row == 0 && is_right(table, i);
        size_t room = widths[i] - table_text_width(cell);
        bool last = i + 1 == table->n_columns;
        if (is_right(table, i))
            print_spaces(room, out);
        fputs(cell, out);
        if (!is_right(table, i) && !last)
            print_spaces(room, out);
        if (!last)
            print_spaces(GAP, out);
    }
    fputc('\n', out);
}

void table_print(const struct table *table, FILE *out)
{
    assert(table->cells.len % table->n_columns == 0);
    size_t n_rows = table->cells.len / table->n_columns;
    size_t *widths = memory_calloc(table->n_columns, sizeof(*widths));
    for (size_t i = 0; i < table->cells.len; i++) {
        size_t column = i % table->n_columns;
        size_t width = table_text_width(table->cells.items[i]);
        width -= i < table->n_columns && is_right(table, column);
        widths[column] = MAX_OF(widths[column], width);
    }
    for (size_t row = 0; row < n_rows; row++)
        print_row(table, row, widths, out);
    free(widths);
}
