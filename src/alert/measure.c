/* SPDX-License-Identifier: MIT */
#include "alert/measure.h"

void measurements_release(struct measurements *measurements)
{
    for (size_t i = 0; i < measurements->len; i++)
        labels_unref(measurements->items[i].labels);
    measurements->len = 0;
}
