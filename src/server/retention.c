/* SPDX-License-Identifier: MIT */
#include "server/retention.h"

#include "base/macros.h"
#include "state/alerts.h"
#include "state/outages.h"
#include "state/outbox.h"
#include "state/tokens.h"

static const struct {
    int (*prune)(struct db *db, msec_t before, int64_t limit, int64_t *out_removed);
    mspan_t keep;
} kinds[] = {
    {alerts_prune, RETENTION_ALERTS},
    {outages_prune, RETENTION_OUTAGES},
    {outbox_prune, RETENTION_MESSAGES},
    {tokens_prune, RETENTION_TOKENS},
};

int retention_step(struct db *db, msec_t now, bool *out_more)
{
    bool more = false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int64_t removed = 0;
        int error = kinds[i].prune(db, now - kinds[i].keep, RETENTION_STEP_ROWS, &removed);
        if (error != 0)
            return error;
        more = more || removed == RETENTION_STEP_ROWS;
    }
    *out_more = more;
    return 0;
}
