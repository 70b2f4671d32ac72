/* SPDX-License-Identifier: MIT */
/*
 * textfile - what others measured and wrote down: the *.prom files of a directory, in
 * Prometheus' text format.
 *
 * A file counts as a whole.  It is read twice, to check it and to emit it: one with an error
 * anywhere, or with times of its own, gives nothing but node_textfile_scrape_error.  Writers
 * should make a new file and rename it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/vec.h"
#include "collect/families.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define NAME_SIZE  160
#define HELP_SIZE  256
#define VALUE_SIZE 1024
#define LABELS_MAX 24
#define TYPED_MAX  512 /* names in one file with a type or a help text */

static const struct metric error_metric = {
    "node_textfile_scrape_error",
    "1 if there was an error opening or reading a file, 0 otherwise", METRIC_GAUGE};
static const struct metric mtime_metric = {"node_textfile_mtime_seconds",
                                           "Unixtime mtime of textfiles successfully read.",
                                           METRIC_GAUGE};

/* What the comments of a file say about a name. */
struct comment {
    char name[NAME_SIZE], help[HELP_SIZE];
    enum metric_type type;
};

/* One reading of a file. */
struct reading {
    const char *path;
    struct families *families;
    const struct emitter *out; /* NULL = only check */
    VEC(struct comment) comments;
};

struct textfile_state {
    struct families families;
};

/* One line that is no comment. */
struct sample {
    char name[NAME_SIZE];
    char names[LABELS_MAX][NAME_SIZE];
    char values[LABELS_MAX][VALUE_SIZE];
    size_t n_labels;
    double value;
};

static bool is_name_char(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!is_first && c >= '0' && c <= '9');
}

static void skip_blanks(const char **at)
{
    while (**at == ' ' || **at == '\t')
        (*at)++;
}

static bool read_name(const char **at, char out[NAME_SIZE])
{
    const char *start = *at;
    while (is_name_char(**at, *at == start))
        (*at)++;
    return *at > start &&
           text_copy_slice(out, NAME_SIZE, (struct slice){start, (size_t)(*at - start)});
}

/* "text", with \\, \" and \n */
static bool read_quoted(const char **at, char out[VALUE_SIZE])
{
    size_t len = 0;
    if (*(*at)++ != '"')
        return false;
    for (; **at != '"'; (*at)++) {
        char c = **at;
        if (c == '\0' || c == '\n' || len + 1 >= VALUE_SIZE)
            return false;
        if (c == '\\') {
            c = *++*at;
            if (c != '\\' && c != '"' && c != 'n')
                return false;
            c = c == 'n' ? '\n' : c;
        }
        out[len++] = c;
    }
    (*at)++;
    out[len] = '\0';
    return text_is_utf8(out, len);
}

/* {a="1",b="2",} */
static bool read_labels(const char **at, struct sample *sample)
{
    skip_blanks(at);
    if (**at != '{')
        return true;
    (*at)++;
    for (;;) {
        skip_blanks(at);
        if (**at == '}') {
            (*at)++;
            return true;
        }
        size_t i = sample->n_labels;
        if (i == LABELS_MAX || !read_name(at, sample->names[i]))
            return false;
        skip_blanks(at);
        if (*(*at)++ != '=')
            return false;
        skip_blanks(at);
        if (!read_quoted(at, sample->values[i]))
            return false;
        sample->n_labels++;
        skip_blanks(at);
        if (**at == ',')
            (*at)++;
        else if (**at != '}')
            return false;
    }
}

/* A time behind the value is refused: the sample is of now. */
static bool read_sample(const char *at, struct sample *sample)
{
    struct slice word;
    char number[64];
    sample->n_labels = 0;
    if (!read_name(&at, sample->name) || !read_labels(&at, sample) ||
        !text_next_word(&at, &word) || !text_copy_slice(number, sizeof(number), word) ||
        text_to_double(number, &sample->value) != 0)
        return false;
    return !text_next_word(&at, &word);
}

static struct comment *find_comment(struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->comments.len; i++) {
        if (text_is(reading->comments.items[i].name, name))
            return &reading->comments.items[i];
    }
    return NULL;
}

/* "# HELP name text" and "# TYPE name counter"; any other comment says nothing. */
static bool read_comment(struct reading *reading, const char *at)
{
    struct slice kind, type;
    char name[NAME_SIZE];
    at++;
    if (!text_next_word(&at, &kind) || (!slice_is(kind, "HELP") && !slice_is(kind, "TYPE")))
        return true;
    skip_blanks(&at);
    if (!read_name(&at, name))
        return false;
    struct comment *comment = find_comment(reading, name);
    if (comment == NULL) {
        struct comment fresh = {.type = METRIC_UNTYPED};
        if (reading->comments.len == TYPED_MAX)
            return false;
        memcpy(fresh.name, name, sizeof(name));
        snprintf(fresh.help, sizeof(fresh.help), "Metric read from %s", reading->path);
        VEC_PUSH(&reading->comments, fresh);
        comment = &reading->comments.items[reading->comments.len - 1];
    }
    if (slice_is(kind, "HELP")) {
        skip_blanks(&at);
        struct slice text = {at, strcspn(at, "\n")};
        return text_is_utf8(text.data, text.len) &&
               (text.len == 0 || text.len >= HELP_SIZE ||
                text_copy_slice(comment->help, HELP_SIZE, text));
    }
    if (!text_next_word(&at, &type))
        return false;
    comment->type = slice_is(type, "counter") ? METRIC_COUNTER
                    : slice_is(type, "gauge") ? METRIC_GAUGE
                                              : METRIC_UNTYPED;
    return slice_is(type, "counter") || slice_is(type, "gauge") || slice_is(type, "untyped") ||
           slice_is(type, "histogram") || slice_is(type, "summary");
}

static void emit_sample(struct reading *reading, const struct sample *sample)
{
    char help[HELP_SIZE];
    struct label labels[LABELS_MAX];
    const struct comment *comment = find_comment(reading, sample->name);
    snprintf(help, sizeof(help), "Metric read from %s", reading->path);
    const struct metric *metric =
        families_get(reading->families, sample->name, comment != NULL ? comment->help : help,
                     comment != NULL ? comment->type : METRIC_UNTYPED);
    if (metric == NULL)
        return;
    for (size_t i = 0; i < sample->n_labels; i++) { /* few: sorted as they come */
        size_t at = i;
        for (; at > 0 && strcmp(labels[at - 1].name, sample->names[i]) > 0; at--)
            labels[at] = labels[at - 1];
        labels[at] = (struct label){sample->names[i], sample->values[i]};
    }
    reading->out->emit(reading->out->arg, metric, labels, sample->n_labels, sample->value);
}

static bool read_lines(struct reading *reading, const char *line)
{
    static struct sample sample; /* large; one thread at a time, as all of this layer */
    for (; *line != '\0'; line = next_line(line)) {
        const char *at = line;
        while (*at == ' ' || *at == '\t' || *at == '\r')
            at++;
        if (*at == '\n' || *at == '\0')
            continue;
        if (*at == '#') {
            if (!read_comment(reading, at))
                return false;
            continue;
        }
        if (!read_sample(at, &sample))
            return false;
        if (reading->out != NULL)
            emit_sample(reading, &sample);
    }
    return true;
}

static void emit_mtime(const struct host_root *root, const char *path,
                       const struct emitter *out)
{
    char full[HOST_PATH_SIZE];
    struct stat status;
    if (host_path(root, path, full, sizeof(full)) && stat(full, &status) == 0 &&
        text_is_utf8(path, strlen(path)))
        emit_labelled(out, &mtime_metric, "file", path,
                      (double)status.st_mtim.tv_sec + (double)status.st_mtim.tv_nsec / 1e9);
}

static bool read_file(struct source *source, const char *path, const struct emitter *out)
{
    struct textfile_state *state = source->state;
    const char *text;
    int error = host_read(source->root, path, &text);
    if (error != 0) {
        source_set_problem(source, "cannot read %s (%s)", path, strerror(-error));
        return false;
    }
    struct reading reading = {.path = path, .families = &state->families};
    bool is_good = read_lines(&reading, text);
    reading.out = out;
    if (is_good)
        read_lines(&reading, text);
    else
        source_set_problem(source, "%s is not in the text format, or has times", path);
    VEC_DEINIT(&reading.comments);
    if (is_good)
        emit_mtime(source->root, path, out);
    return is_good;
}

static int textfile_collect(struct source *source, const struct tick *tick,
                            const struct emitter *out)
{
    (void)tick;
    const char *directory = source->options->textfile_path;
    struct host_dir files;
    bool is_good = true;
    host_dir_read(source->root, directory, &files);
    for (size_t i = 0; i < files.len; i++) {
        char path[HOST_PATH_SIZE];
        int len = snprintf(path, sizeof(path), "%s/%s", directory, files.names[i]);
        if (text_has_suffix(files.names[i], ".prom") && len > 0 && (size_t)len < sizeof(path))
            is_good &= read_file(source, path, out);
    }
    host_dir_deinit(&files);
    emit_value(out, &error_metric, !is_good);
    return 0;
}

static bool textfile_is_wanted(const struct collect_options *options)
{
    return options->textfile_path != NULL;
}

static void textfile_setup(struct source *source)
{
    struct textfile_state *state = source->state;
    families_init(&state->families);
}

static void textfile_teardown(struct source *source)
{
    struct textfile_state *state = source->state;
    families_deinit(&state->families);
}

const struct collector textfile_collector = {
    .name = "textfile",
    .help = "The *.prom files that others write into a directory.",
    .period_ms = 15 * MSEC_SECOND,
    .state_size = sizeof(struct textfile_state),
    .is_wanted = textfile_is_wanted,
    .setup = textfile_setup,
    .collect = textfile_collect,
    .teardown = textfile_teardown,
};
