/* SPDX-License-Identifier: MIT */
/*
 * Segments of the store's log: whatever they hold, reading stays inside and hands on only what the
 * format allows.  The input is taken as a segment, and once more as the body of a record whose
 * checksum is right, or nothing would get past that.
 *
 *     script/fuzz store 120
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
    size_t samples, bytes;
};

static bool see_samples(void *arg, uint32_t id, const struct sample *samples, size_t n)
{
    struct seen *seen = arg;
    assert(id > 0 && n > 0 && samples != NULL);
    seen->samples += n;
    return true;
}

static bool see_series(void *arg, uint32_t id, org_id org, struct slice labels)
{
    struct seen *seen = arg;
    (void)org;
    assert(id > 0);
    for (size_t i = 0; i < labels.len; i++)
        seen->bytes += (unsigned char)labels.data[i]; /* all of it can be read */
    return true;
}

static bool see_removed(void *arg, uint32_t id)
{
    (void)arg;
    assert(id > 0);
    return true;
}

static void read_segment(const uint8_t *data, size_t len)
{
    struct seen seen = {0};
    struct log_losses losses = {0};
    struct log_reader reader = {
        .samples = see_samples, .series = see_series, .removed = see_removed, .arg = &seen};
    uint8_t *copy = malloc(len); /* so that a byte too far is noticed */
    memcpy(copy, data, len);
    log_read_bytes(copy, len, &reader, &losses);
    assert(seen.samples <= len / 8 && losses.bytes <= len);
    sample_list_deinit(&reader.scratch);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    read_segment(data, len);
    struct log_writer record = {0};
    log_record_begin(&record, LOG_RECORD_SERIES);
    log_record_put_series(&record, 1, 1, (struct slice){(const char *)data, len});
    memcpy(record.data + LOG_RECORD_HEAD_BYTES, data, len);
    record.len = LOG_RECORD_HEAD_BYTES + len;
    log_record_end(&record);
    if (record.len > 0)
        read_segment(record.data, record.len);
    log_writer_deinit(&record);
    return 0;
}
