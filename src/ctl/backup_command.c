/* SPDX-License-Identifier: MIT */
/* backup_command - `sentora backup` and `sentora restore`. */
#include <stdio.h>

#include "ctl/backup.h"
#include "ctl/command.h"

#define AT(field) .offset = offsetof(struct ctl_settings, field)

static int run_backup(struct ctl *ctl)
{
    struct backup_result result;
    struct problem problem = {0};
    const char *file = ctl->args[0];
    if (backup_make(ctl->settings.data, file, &result, &problem) != 0)
        return ctl_fail("no backup was made: %s", problem.text);
    if (ctl->settings.json)
        printf("{\"file_bytes\":%llu,\"files\":%u,\"damaged\":%s}\n",
               (unsigned long long)result.file_bytes, result.summary.n_entries,
               result.damage[0] == '\0' ? "false" : "true");
    else
        printf("%s: %u files, %.1f MB, read back and verified\n", file,
               result.summary.n_entries, (double)result.file_bytes / 1e6);
    if (result.damage[0] != '\0')
        return ctl_fail("the backup was made, but what it is of is damaged: %s", result.damage);
    return CTL_FINE;
}

static int run_restore(struct ctl *ctl)
{
    struct restore_result result;
    struct problem problem = {0};
    const char *data = ctl->settings.data;
    if (backup_restore(ctl->args[0], data, ctl->settings.force, &result, &problem) != 0)
        return ctl_fail("nothing was restored: %s", problem.text);
    char made[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(result.summary.made_ms, made);
    if (ctl->settings.json) {
        printf("{\"made\":\"%s\",\"files\":%u,\"damaged\":%s}\n", made,
               result.summary.n_entries, result.damage[0] == '\0' ? "false" : "true");
    } else {
        printf("%s: %u files, as of %s\n", data, result.summary.n_entries, made);
        if (result.kept[0] != '\0')
            printf("What was there is in %s/%s; delete it when it is not needed.\n", data,
                   result.kept);
    }
    if (result.damage[0] != '\0')
        return ctl_fail("it was restored, but was damaged when it was backed up: %s",
                        result.damage);
    return CTL_FINE;
}

static const struct option no_options[] = {{.help = NULL}};

static const struct option restore_options[] = {
    {.type = OPTION_BOOL,
     .flag = "--force",
     .help = "move away what the directory holds",
     AT(force)},
    {.help = NULL},
};

const struct command backup_command = {
    .name = "backup",
    .args = "FILE",
    .min_args = 1,
    .max_args = 1,
    .summary = "Copy a server's data directory into one file",
    .help =
        "The server may run and write at full speed meanwhile. Everything that it\n"
        "acknowledged before the start is in the file, which is verified and only then gets\n"
        "its name. It holds keys and tokens: keep it as safe as the server.",
    .options = no_options,
    .run = run_backup,
};

const struct command restore_command = {
    .name = "restore",
    .args = "FILE",
    .min_args = 1,
    .max_args = 1,
    .summary = "Put a backup into a data directory",
    .help =
        "The directory must be empty, or --force given, and no server may use it. The file\n"
        "is verified before anything is touched.",
    .options = restore_options,
    .run = run_restore,
};
