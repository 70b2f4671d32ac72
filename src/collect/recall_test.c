/* SPDX-License-Identifier: MIT */
#include "collect/recall.h"

#include <stdio.h>

#include "collect/fake_host.h"
#include "unit.h"

static const struct metric metric = {"m", "M.", METRIC_GAUGE};

static void emit_some(const struct emitter *out, int count)
{
    out->emit(out->arg, &metric, NULL, 0, 1.5);
    for (int i = 0; i < count; i++) {
        char value[16];
        snprintf(value, sizeof(value), "%d", i);
        const struct label labels[] = {{"a", value}, {"b", ""}};
        out->emit(out->arg, &metric, labels, 2, i);
    }
}

START_TEST(tells_again_what_was_told)
{
    struct recall recall;
    struct fake_host host = {0};
    buf_init(&host.samples, (size_t)1 << 20);
    const struct emitter out = {fake_host_emit, &host};
    recall_init(&recall);
    recall_emit(&recall, &out);
    ck_assert_uint_eq(host.samples.len, 0);

    for (int round = 1; round <= 3; round++) {
        char first[4096];
        buf_reset(&host.samples);
        struct emitter recorder = recall_begin(&recall, &out);
        emit_some(&recorder, round * 40);
        recall_end(&recall);
        text_copy(first, sizeof(first), buf_text(&host.samples));
        for (int i = 0; i < 2; i++) {
            buf_reset(&host.samples);
            recall_emit(&recall, &out);
            ck_assert_str_eq(buf_text(&host.samples), first);
        }
    }
    recall_deinit(&recall);
    buf_deinit(&host.samples);
}
END_TEST

static void ignore(void *arg, const struct metric *family, const struct label *labels,
                   size_t n_labels, double value)
{
    (void)family;
    (void)labels;
    (void)n_labels;
    (void)value;
    (*(size_t *)arg)++;
}

START_TEST(keeps_no_more_than_fits)
{
    static char text[65536];
    size_t emitted = 0;
    struct recall recall;
    const struct emitter out = {ignore, &emitted};
    memset(text, 'x', sizeof(text) - 1);
    recall_init(&recall);
    struct emitter recorder = recall_begin(&recall, &out);
    const struct label labels[] = {{"a", text}};
    for (int i = 0; i < 100; i++)
        recorder.emit(recorder.arg, &metric, labels, 1, i);
    recall_end(&recall);
    ck_assert_uint_eq(emitted, 100);
    recall_emit(&recall, &out);
    ck_assert_uint_eq(emitted, 100);
    recall_deinit(&recall);
}
END_TEST

UNIT_MAIN("recall", tells_again_what_was_told, keeps_no_more_than_fits)
