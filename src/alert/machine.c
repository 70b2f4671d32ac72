/* SPDX-License-Identifier: MIT */
#include "alert/machine.h"

#include <assert.h>
#include <math.h>

/* Samples come on a grid with some jitter: two that are 9.99 s apart are 10 s of a condition. */
#define FOR_TOLERANCE_MAX_MS (1 * MSEC_SECOND)

static void begin(struct machine *machine, msec_t at)
{
    *machine = (struct machine){.state = MACHINE_PENDING, .since = at, .judged = at};
}

static void drop(struct machine *machine)
{
    *machine = (struct machine){.state = MACHINE_QUIET};
}

static enum machine_output fire(struct machine *machine)
{
    machine->state = MACHINE_FIRING;
    return MACHINE_FIRES;
}

static enum machine_output resolve(struct machine *machine)
{
    drop(machine);
    return MACHINE_RESOLVES;
}

static enum machine_output vanish(struct machine *machine)
{
    drop(machine);
    return MACHINE_VANISHES;
}

static bool has_lasted(const struct machine *machine, const struct rule *rule, msec_t at)
{
    mspan_t tolerance = rule->for_ms / 20;
    if (tolerance > FOR_TOLERANCE_MAX_MS)
        tolerance = FOR_TOLERANCE_MAX_MS;
    return at - machine->since >= rule->for_ms - tolerance;
}

static enum machine_output step_quiet_or_pending(struct machine *machine,
                                                 const struct rule *rule,
                                                 const struct machine_input *input,
                                                 bool is_continuous)
{
    if (!input->is_present || !rule_compare(rule->comparison, input->value, rule->limit)) {
        drop(machine);
        return MACHINE_STAYS;
    }
    if (machine->state == MACHINE_QUIET || !is_continuous)
        begin(machine, input->at);
    return has_lasted(machine, rule, input->at) ? fire(machine) : MACHINE_STAYS;
}

static enum machine_output step_firing(struct machine *machine, const struct rule *rule,
                                       const struct machine_input *input, bool is_continuous)
{
    if (input->is_present && !isnan(input->value)) {
        machine->missing_since = 0;
        return rule_compare(rule->comparison, input->value, rule->clear) ? MACHINE_STAYS
                                                                         : resolve(machine);
    }
    if (machine->missing_since == 0 || !is_continuous)
        machine->missing_since = input->at;
    return input->at - machine->missing_since >= MACHINE_GONE_AFTER_MS ? vanish(machine)
                                                                       : MACHINE_STAYS;
}

enum machine_output machine_step(struct machine *machine, const struct rule *rule,
                                 const struct machine_input *input)
{
    assert(input->gap_max > 0);
    /* Firing across a restart has no last step; that counts as a gap. */
    bool is_continuous =
        input->at >= machine->judged && input->at - machine->judged <= input->gap_max;
    enum machine_output output =
        machine->state == MACHINE_FIRING
            ? step_firing(machine, rule, input, is_continuous)
            : step_quiet_or_pending(machine, rule, input, is_continuous);
    if (machine->state != MACHINE_QUIET)
        machine->judged = input->at;
    return output;
}
