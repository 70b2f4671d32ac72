/* SPDX-License-Identifier: MIT */
#include "alert/glance.h"

#include <assert.h>
#include <math.h>

static void widen(struct glance *glance, unsigned metric, double min, double max)
{
    uint16_t bit = (uint16_t)(1u << metric);
    bool is_first = (glance->seen & bit) == 0;
    glance->seen |= bit;
    if (is_first || min < glance->range[metric].min)
        glance->range[metric].min = min;
    if (is_first || max > glance->range[metric].max)
        glance->range[metric].max = max;
}

void glance_add(struct glance *glance, unsigned metric, double value)
{
    assert(metric < GLANCE_METRICS);
    if (!isnan(value)) /* compares with nothing */
        widen(glance, metric, value, value);
}

void glance_merge(struct glance *glance, const struct glance *other)
{
    glance->is_blind |= other->is_blind;
    for (unsigned metric = 0; metric < GLANCE_METRICS; metric++) {
        if (other->seen & 1u << metric)
            widen(glance, metric, other->range[metric].min, other->range[metric].max);
    }
}

bool glance_allows(const struct glance *glance, unsigned metric, const struct rule *rule)
{
    assert(metric < GLANCE_METRICS);
    if (metric == 0 || glance->is_blind)
        return true;
    return (glance->seen & 1u << metric) != 0 &&
           (rule_compare(rule->comparison, glance->range[metric].min, rule->limit) ||
            rule_compare(rule->comparison, glance->range[metric].max, rule->limit));
}
