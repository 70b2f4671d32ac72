/* SPDX-License-Identifier: MIT */
#include "store/block_number.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"

#define ODD_PLENTY 8 /* odd values that are tolerated, and one of sixteen more */

static bool is_finite(double value)
{
    return (sample_bits(value) << 1) < UINT64_C(0x7ff) << 53;
}

static unsigned next_fit(unsigned code, double value)
{
    int64_t integer;
    while (++code <= SCALE_DECIMALS_MAX) {
        if (scale_fits(scale_of(code), value, &integer))
            break;
    }
    return code;
}

static bool add_odd(struct numbers *numbers, size_t i)
{
    if (numbers->n_odd >= ODD_PLENTY + i / 16)
        return false;
    numbers->odd[numbers->n_odd++] = (uint32_t)i;
    numbers->integers[i] = i == 0 ? 0 : numbers->integers[i - 1];
    return true;
}

/* All of them as decimals; starts over with more digits when a value needs them. */
static bool make_decimals(struct numbers *numbers, const struct sample *samples, size_t n)
{
    struct scale scale = scale_of(numbers->code);
    for (size_t i = 0; i < n; i++) {
        double value = samples[i].value;
        if (scale_fits(scale, value, &numbers->integers[i]))
            continue;
        unsigned code = is_finite(value) ? next_fit(numbers->code, value) : UINT8_MAX;
        if (code <= SCALE_DECIMALS_MAX) {
            numbers->code = (uint8_t)code;
            numbers->n_odd = 0;
            scale = scale_of(code);
            i = SIZE_MAX;
        } else if (!add_odd(numbers, i)) {
            return false;
        }
    }
    return true;
}

void numbers_init(struct numbers *numbers, const struct sample *samples, size_t n)
{
    *numbers = (struct numbers){
        .integers = memory_alloc(n * sizeof(*numbers->integers)),
        .odd = memory_alloc((ODD_PLENTY + n / 16 + 1) * sizeof(*numbers->odd))};
    if (make_decimals(numbers, samples, n))
        return;
    numbers->code = NUMBER_BITS;
    numbers->n_odd = 0;
    for (size_t i = 0; i < n; i++)
        numbers->integers[i] = number_bend((int64_t)sample_bits(samples[i].value));
}

void numbers_deinit(struct numbers *numbers)
{
    free(numbers->integers);
    free(numbers->odd);
    *numbers = (struct numbers){0};
}
