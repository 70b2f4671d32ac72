/* SPDX-License-Identifier: MIT */
#include "collect/recall.h"

#include <assert.h>

#define TEXT_MAX_BYTES ((size_t)4 << 20)

void recall_init(struct recall *recall)
{
    *recall = (struct recall){0};
    buf_init(&recall->text, TEXT_MAX_BYTES);
}

void recall_deinit(struct recall *recall)
{
    VEC_DEINIT(&recall->samples);
    VEC_DEINIT(&recall->labels);
    buf_deinit(&recall->text);
}

/* The buffer may move until recording ends, so a label's text is an offset until then. */
static const char *keep(struct recall *recall, const char *text)
{
    size_t at = recall->text.len;
    buf_append(&recall->text, text, strlen(text) + 1);
    return (const char *)(uintptr_t)at;
}

static void record(void *arg, const struct metric *metric, const struct label *labels,
                   size_t n_labels, double value)
{
    struct recall *recall = arg;
    struct recalled sample = {metric, value, (uint32_t)recall->labels.len, (uint32_t)n_labels};
    for (size_t i = 0; i < n_labels; i++) {
        struct label label = {keep(recall, labels[i].name), keep(recall, labels[i].value)};
        VEC_PUSH(&recall->labels, label);
    }
    VEC_PUSH(&recall->samples, sample);
    recall->out->emit(recall->out->arg, metric, labels, n_labels, value);
}

struct emitter recall_begin(struct recall *recall, const struct emitter *out)
{
    recall->samples.len = recall->labels.len = 0;
    buf_reset(&recall->text);
    recall->out = out;
    return (struct emitter){record, recall};
}

void recall_end(struct recall *recall)
{
    recall->out = NULL;
    if (recall->text.error != 0) { /* too much to keep: told once, and then not until read */
        recall->samples.len = 0;
        return;
    }
    for (size_t i = 0; i < recall->labels.len; i++) {
        struct label *label = &recall->labels.items[i];
        label->name = recall->text.data + (uintptr_t)label->name;
        label->value = recall->text.data + (uintptr_t)label->value;
    }
}

void recall_emit(const struct recall *recall, const struct emitter *out)
{
    assert(recall->out == NULL);
    for (size_t i = 0; i < recall->samples.len; i++) {
        const struct recalled *sample = &recall->samples.items[i];
        const struct label *labels =
            sample->n_labels == 0 ? NULL : recall->labels.items + sample->first_label;
        out->emit(out->arg, sample->metric, labels, sample->n_labels, sample->value);
    }
}
