/* SPDX-License-Identifier: MIT */
#include "notify/refusal.h"

#include "base/text.h"

int refusal_set(struct refusal *refusal, const char *field, const char *text)
{
    text_copy(refusal->field, sizeof(refusal->field), field);
    return problem_set(&refusal->problem, "%s", text);
}
