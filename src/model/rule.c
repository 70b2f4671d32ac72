/* SPDX-License-Identifier: MIT */
#include "model/rule.h"

#include <math.h>

#include "base/macros.h"

const char *const rule_comparison_names[] = {">", ">=", "<", "<="};
_Static_assert(ARRAY_LEN(rule_comparison_names) == RULE_COMPARISON_COUNT, "a name for each");

bool rule_compare(enum rule_comparison comparison, double value, double against)
{
    switch (comparison) {
    case RULE_ABOVE: return value > against;
    case RULE_AT_LEAST: return value >= against;
    case RULE_BELOW: return value < against;
    case RULE_AT_MOST: return value <= against;
    case RULE_COMPARISON_COUNT: break;
    }
    return false;
}

bool rule_limits_are_valid(enum rule_comparison comparison, double limit, double clear)
{
    if (!isfinite(limit) || !isfinite(clear))
        return false;
    bool upper = comparison == RULE_ABOVE || comparison == RULE_AT_LEAST;
    return upper ? clear <= limit : clear >= limit;
}

double rule_clear_for(const struct rule *rule, double limit)
{
    double gap = fmin(fabs(rule->limit - rule->clear), fabs(limit) / 10);
    bool upper = rule->comparison == RULE_ABOVE || rule->comparison == RULE_AT_LEAST;
    return upper ? limit - gap : limit + gap;
}

void rule_apply_override(struct rule *rule, const struct rule_override *override)
{
    if (override->has_limit) {
        rule->clear = rule_clear_for(rule, override->limit);
        rule->limit = override->limit;
    }
    if (override->has_for)
        rule->for_ms = override->for_ms;
    if (override->has_enabled)
        rule->enabled = override->enabled;
}
