/* SPDX-License-Identifier: MIT */
#include "alert/machine.h"

#include <math.h>

#include "base/macros.h"
#include "unit.h"

#define GONE ((double)-12345) /* the series is not there */
#define NONE ((double)NAN)

struct move {
    int at_s; /* time of the sample */
    double value;
    enum machine_output output;
    enum machine_state state; /* after it */
};

struct script {
    const char *name;
    struct rule rule;
    struct move moves[12]; /* ends with at_s 0 */
};

static const struct script scripts[] = {
    {"fires after for, resolves at the clear value",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75, .for_ms = 60000},
     {{10, 79, MACHINE_STAYS, MACHINE_QUIET},
      {20, 81, MACHINE_STAYS, MACHINE_PENDING},
      {30, 99, MACHINE_STAYS, MACHINE_PENDING},
      {60, 81, MACHINE_STAYS, MACHINE_PENDING},
      {80, 81, MACHINE_FIRES, MACHINE_FIRING},
      {90, 99, MACHINE_STAYS, MACHINE_FIRING},
      {100, 78, MACHINE_STAYS, MACHINE_FIRING}, /* between clear and limit */
      {110, 85, MACHINE_STAYS, MACHINE_FIRING},
      {120, 75, MACHINE_RESOLVES, MACHINE_QUIET},
      {130, 85, MACHINE_STAYS, MACHINE_PENDING}}},
    {"a limit is strict",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75},
     {{10, 80, MACHINE_STAYS, MACHINE_QUIET}, {20, 80.1, MACHINE_FIRES, MACHINE_FIRING}}},
    {"without for it fires at once, at the limit when that counts",
     {.comparison = RULE_AT_LEAST, .limit = 5, .clear = 5},
     {{10, 4, MACHINE_STAYS, MACHINE_QUIET},
      {20, 5, MACHINE_FIRES, MACHINE_FIRING},
      {30, 5, MACHINE_STAYS, MACHINE_FIRING},
      {40, 4, MACHINE_RESOLVES, MACHINE_QUIET}}},
    {"below",
     {.comparison = RULE_BELOW, .limit = 1, .clear = 1, .for_ms = 10000},
     {{10, 1, MACHINE_STAYS, MACHINE_QUIET},
      {20, 0, MACHINE_STAYS, MACHINE_PENDING},
      {30, 0, MACHINE_FIRES, MACHINE_FIRING},
      {40, 1, MACHINE_RESOLVES, MACHINE_QUIET}}},
    {"a restart shorter than for tells nobody",
     {.comparison = RULE_BELOW, .limit = 1, .clear = 1, .for_ms = 10000},
     {{10, 0, MACHINE_STAYS, MACHINE_PENDING},
      {19, 1, MACHINE_STAYS, MACHINE_QUIET},
      {25, 0, MACHINE_STAYS, MACHINE_PENDING},
      {34, 0, MACHINE_STAYS, MACHINE_PENDING},
      {35, 0, MACHINE_FIRES, MACHINE_FIRING}}},
    {"nan is not true, and clears nothing",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75, .for_ms = 20000},
     {{10, NONE, MACHINE_STAYS, MACHINE_QUIET},
      {20, 90, MACHINE_STAYS, MACHINE_PENDING},
      {30, NONE, MACHINE_STAYS, MACHINE_QUIET},
      {40, 90, MACHINE_STAYS, MACHINE_PENDING},
      {60, 90, MACHINE_FIRES, MACHINE_FIRING},
      {70, NONE, MACHINE_STAYS, MACHINE_FIRING},
      {80, 90, MACHINE_STAYS, MACHINE_FIRING},
      {90, 10, MACHINE_RESOLVES, MACHINE_QUIET}}},
    {"what is not reported any more resolves in the end",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75},
     {{100, 90, MACHINE_FIRES, MACHINE_FIRING},
      {110, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {160, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {210, 85, MACHINE_STAYS, MACHINE_FIRING}, /* it was only late */
      {220, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {320, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {420, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {519, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {520, GONE, MACHINE_VANISHES, MACHINE_QUIET}}},
    {"the absence of the whole host is not the absence of a series",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75},
     {{100, 90, MACHINE_FIRES, MACHINE_FIRING},
      {110, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {9000, GONE, MACHINE_STAYS, MACHINE_FIRING},
      {9010, 90, MACHINE_STAYS, MACHINE_FIRING}}},
    {"pending does not outlive its series",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75, .for_ms = 60000},
     {{100, 90, MACHINE_STAYS, MACHINE_PENDING},
      {110, GONE, MACHINE_STAYS, MACHINE_QUIET},
      {160, 90, MACHINE_STAYS, MACHINE_PENDING}}},
    {"a gap begins the counting anew",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75, .for_ms = 60000},
     {{100, 90, MACHINE_STAYS, MACHINE_PENDING},
      {300, 90, MACHINE_STAYS, MACHINE_PENDING},
      {350, 90, MACHINE_STAYS, MACHINE_PENDING},
      {360, 90, MACHINE_FIRES, MACHINE_FIRING}}},
    {"so does a clock that is set back",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75, .for_ms = 60000},
     {{100000, 90, MACHINE_STAYS, MACHINE_PENDING},
      {100, 90, MACHINE_STAYS, MACHINE_PENDING},
      {150, 90, MACHINE_STAYS, MACHINE_PENDING},
      {160, 90, MACHINE_FIRES, MACHINE_FIRING},
      {50, 90, MACHINE_STAYS, MACHINE_FIRING},
      {60, 70, MACHINE_RESOLVES, MACHINE_QUIET}}},
    {"infinity is a value",
     {.comparison = RULE_ABOVE, .limit = 80, .clear = 75},
     {{10, (double)INFINITY, MACHINE_FIRES, MACHINE_FIRING},
      {20, -(double)INFINITY, MACHINE_RESOLVES, MACHINE_QUIET}}},
};

START_TEST(follows_its_script)
{
    const struct script *script = &scripts[_i];
    struct machine machine = {0};
    for (size_t i = 0; i < ARRAY_LEN(script->moves) && script->moves[i].at_s != 0; i++) {
        const struct move *move = &script->moves[i];
        bool is_present = isnan(move->value) || move->value != GONE;
        struct machine_input input = {.at = move->at_s * MSEC_SECOND,
                                      .is_present = is_present,
                                      .value = is_present ? move->value : NONE,
                                      .gap_max = 105 * MSEC_SECOND};
        ck_assert_msg(machine_step(&machine, &script->rule, &input) == move->output,
                      "%s: output at %d s", script->name, move->at_s);
        ck_assert_msg(machine.state == move->state, "%s: state at %d s", script->name,
                      move->at_s);
    }
}
END_TEST

START_TEST(jitter_does_not_cost_an_interval)
{
    struct rule rule = {.comparison = RULE_ABOVE, .limit = 1, .clear = 1, .for_ms = 10000};
    struct machine machine = {0};
    struct machine_input input = {
        .at = 100000, .is_present = true, .value = 2, .gap_max = 35000};
    ck_assert_int_eq(machine_step(&machine, &rule, &input), MACHINE_STAYS);
    input.at += 9990;
    ck_assert_int_eq(machine_step(&machine, &rule, &input), MACHINE_FIRES);
    ck_assert_int_eq(machine.since, 100000);
}
END_TEST

START_TEST(firing_across_a_restart_goes_on)
{
    struct rule rule = {.comparison = RULE_ABOVE, .limit = 80, .clear = 75};
    struct machine machine = {.state = MACHINE_FIRING, .since = 50000};
    struct machine_input input = {
        .at = 100000, .is_present = true, .value = 90, .gap_max = 35000};
    ck_assert_int_eq(machine_step(&machine, &rule, &input), MACHINE_STAYS);
    ck_assert_int_eq(machine.since, 50000);
    input.at = 110000;
    input.value = 60;
    ck_assert_int_eq(machine_step(&machine, &rule, &input), MACHINE_RESOLVES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("machine");
    TCase *tcase = tcase_create("machine");
    tcase_add_loop_test(tcase, follows_its_script, 0, (int)ARRAY_LEN(scripts));
    tcase_add_test(tcase, jitter_does_not_cost_an_interval);
    tcase_add_test(tcase, firing_across_a_restart_goes_on);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
