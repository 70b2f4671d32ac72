/* SPDX-License-Identifier: MIT */
#include "state/settings.h"

#include <errno.h>

#include "base/text.h"

struct setting_target {
    char *out;
    size_t size;
};

static int take_value(const struct db_row *row, void *arg)
{
    const struct setting_target *target = arg;
    const char *value = db_row_text(row, 0);
    if (strlen(value) >= target->size)
        return -ENOBUFS;
    text_copy(target->out, target->size, value);
    return 0;
}

int settings_get(struct db *db, org_id org, const char *key, char *out, size_t size)
{
    struct setting_target target = {out, size};
    out[0] = '\0';
    return db_run(db, "SELECT value FROM settings WHERE org_id = $1 AND key = $2",
                  DB_ARGS(db_int(org), db_text(key)), take_value, &target);
}

int settings_put(struct db *db, org_id org, const char *key, const char *value)
{
    return db_run(db,
                  "INSERT INTO settings (org_id, key, value) VALUES ($1, $2, $3)"
                  " ON CONFLICT (org_id, key) DO UPDATE SET value = excluded.value",
                  DB_ARGS(db_int(org), db_text(key), db_text(value)), NULL, NULL);
}
