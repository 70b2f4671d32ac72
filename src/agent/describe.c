/* SPDX-License-Identifier: MIT */
#include "agent/describe.h"

#include <errno.h>

#include "wire/remote_write.h"
#include "wire/snappy.h"

#define REQUEST_MAX_BYTES ((size_t)1024 * 1024)

static enum metadata_type type_of(enum metric_type type)
{
    switch (type) {
    case METRIC_GAUGE: return METADATA_GAUGE;
    case METRIC_COUNTER: return METADATA_COUNTER;
    case METRIC_UNTYPED:
    case METRIC_TYPE_COUNT: break;
    }
    return METADATA_UNKNOWN;
}

/* Whether one of the series before has the metric, too: the samples of a metric mostly follow
 * each other, so the search goes backwards. */
static bool is_told(const struct sampler *sampler, size_t at)
{
    const struct metric *metric = sampler_metric(sampler, at);
    for (size_t i = at; i > 0; i--) {
        if (sampler_metric(sampler, i - 1) == metric)
            return true;
    }
    return false;
}

int describe_metrics(const struct sampler *sampler, struct buf *out)
{
    struct buf request CLEANUP(buf_deinit);
    buf_init(&request, REQUEST_MAX_BYTES);
    int error = 0;
    for (size_t i = 0; error == 0 && i < sampler->order.len; i++) {
        if (is_told(sampler, i))
            continue;
        const struct metric *metric = sampler_metric(sampler, i);
        error = remote_write_encode_metadata(
            &(struct metadata){.metric = metric->name,
                               .help = metric->help == NULL ? "" : metric->help,
                               .unit = "",
                               .type = type_of(metric->type)},
            &request);
    }
    if (error == 0 && request.len == 0)
        return -ENODATA;
    return error != 0 ? error : snappy_pack(request.data, request.len, out);
}
