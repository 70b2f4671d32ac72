/* SPDX-License-Identifier: MIT */
/*
 * Any user may write to the journal and call itself sshd, so only what root wrote is taken:
 * _UID is the journal's own word.
 */
#include "collect/ssh_journal.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "base/memory.h"

struct ssh_journal {
    sd_journal *journal;
    bool is_behind; /* there may be entries that no event will tell of */
};

static int open_below(const struct host_root *root, sd_journal **out_journal)
{
    static const char *const places[] = {"var/log/journal", "run/log/journal"};
    char path[HOST_PATH_SIZE];
    int error = -ENOENT;
    for (size_t i = 0; i < 2 && error < 0; i++) {
        if (host_path(root, places[i], path, sizeof(path)))
            error = sd_journal_open_directory(out_journal, path, 0);
    }
    return error;
}

static int add_matches(sd_journal *journal)
{
    static const char *const names[] = {"SYSLOG_IDENTIFIER=sshd",
                                        "SYSLOG_IDENTIFIER=sshd-session",
                                        "SYSLOG_IDENTIFIER=sshd-auth"};
    int error = 0;
    for (size_t i = 0; i < 3 && error >= 0; i++)
        error = sd_journal_add_match(journal, names[i], 0);
    if (error >= 0)
        error = sd_journal_add_conjunction(journal);
    if (error >= 0)
        error = sd_journal_add_match(journal, "_UID=0", 0);
    return error;
}

/* Is there any entry of anybody's? */
static bool has_entries(sd_journal *journal)
{
    bool has = sd_journal_seek_tail(journal) >= 0 && sd_journal_previous(journal) > 0;
    sd_journal_flush_matches(journal);
    return has;
}

int ssh_journal_open(const struct host_root *root, msec_t since_ms,
                     struct ssh_journal **out_journal)
{
    sd_journal *opened = NULL;
    int error = root->is_live
                    ? sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
                    : open_below(root, &opened);
    if (error < 0)
        return error;
    error = has_entries(opened) ? add_matches(opened) : -ENOENT;
    if (error >= 0)
        error = sd_journal_get_fd(opened); /* from here on it knows when something changes */
    if (error >= 0)
        error = sd_journal_seek_realtime_usec(opened, (uint64_t)since_ms * 1000);
    if (error < 0) {
        sd_journal_close(opened);
        return error;
    }
    struct ssh_journal *journal = memory_calloc(1, sizeof(*journal));
    journal->journal = opened;
    journal->is_behind = true;
    *out_journal = journal;
    return 0;
}

void ssh_journal_close(struct ssh_journal *journal)
{
    if (journal == NULL)
        return;
    sd_journal_close(journal->journal);
    free(journal);
}

/* The value of a field of the entry, without "NAME=". */
static bool get_field(sd_journal *journal, const char *name, struct slice *out_value)
{
    const void *data;
    size_t len, skip = strlen(name) + 1;
    if (sd_journal_get_data(journal, name, &data, &len) < 0 || len < skip)
        return false;
    *out_value = (struct slice){(const char *)data + skip, len - skip};
    return true;
}

static bool read_entry(sd_journal *journal, struct ssh_line *out_line)
{
    uint64_t at_us;
    struct slice value;
    char number[24];
    *out_line = (struct ssh_line){0};
    if (sd_journal_get_realtime_usec(journal, &at_us) < 0)
        return false;
    out_line->at_ms = (msec_t)(at_us / 1000);
    if ((get_field(journal, "SYSLOG_PID", &value) || get_field(journal, "_PID", &value)) &&
        text_copy_slice(number, sizeof(number), value) &&
        text_to_u64(number, &out_line->pid) != 0)
        out_line->pid = 0;
    /* Last, as what it points to lives until the next call. */
    return get_field(journal, "MESSAGE", &out_line->message);
}

int ssh_journal_run(struct ssh_journal *journal, ssh_journal_fn *take, void *arg)
{
    int change = sd_journal_process(journal->journal);
    if (change < 0)
        return change;
    if (change == SD_JOURNAL_NOP && !journal->is_behind)
        return 0;
    for (int i = 0; i < SSH_JOURNAL_RUN_ENTRIES; i++) {
        int next = sd_journal_next(journal->journal);
        if (next < 0)
            return next;
        journal->is_behind = next > 0;
        if (next == 0)
            return 0;
        struct ssh_line line;
        if (read_entry(journal->journal, &line))
            take(arg, &line);
    }
    return 0;
}
