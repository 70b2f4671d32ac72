/* SPDX-License-Identifier: MIT */
/*
 * filesystem - space and inodes of every real mount.
 *
 * Real is what stores data of its own: not the kernel's views, memory, images (squashfs, loop)
 * or layers of containers; and each device once, at its shortest path, as bind mounts and
 * subvolumes share one space.  If that leaves nothing, as in a container, "/" stands for all.
 * A list of paths in the options replaces the choice.
 *
 * What answers from memory is asked in place: a mountpoint of a local file system that is reached
 * over local ones only, in our own view of the mounts.  The rest may hang, see fs_probe.h.
 *
 * The table of mounts is read again when the kernel says that it changed, and every minute.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "collect/fs_probe.h"
#include "collect/registry.h"
#include "model/vitals.h"

#define MOUNTS_MAX     4096 /* lines of the table */
#define REFRESH_NS     (60 * (int64_t)1000000000)
#define PATIENCE_MS    ((mspan_t)150)
#define LIMIT_MS       ((mspan_t)500)
#define MOUNTPOINT_MAX 1024

static const struct metric size_metric = {"node_filesystem_size_bytes",
                                          "Filesystem size in bytes.", METRIC_GAUGE};
static const struct metric free_metric = {"node_filesystem_free_bytes",
                                          "Filesystem free space in bytes.", METRIC_GAUGE};
static const struct metric avail_metric = {
    "node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.",
    METRIC_GAUGE};
static const struct metric files_metric = {"node_filesystem_files",
                                           "Filesystem total file nodes.", METRIC_GAUGE};
static const struct metric files_free_metric = {
    "node_filesystem_files_free", "Filesystem total free file nodes.", METRIC_GAUGE};
static const struct metric readonly_metric = {"node_filesystem_readonly",
                                              "Filesystem read-only status.", METRIC_GAUGE};
static const struct metric error_metric = {
    "node_filesystem_device_error",
    "Whether an error occurred while getting statistics for the given device.", METRIC_GAUGE};
static const struct metric disk_metric = {
    VITAL_DISK, "Share of the space that users can fill which is in use.", METRIC_GAUGE};
static const struct metric inodes_metric = {VITAL_INODES, "Share of inodes in use.",
                                            METRIC_GAUGE};

struct mount {
    char *device, *type, *mountpoint; /* owned */
    bool is_readonly;
    struct fs_probe *probe; /* owned */
};

struct mounts {
    VEC(struct mount) list;
};

struct filesystem_state {
    struct host_file table;
    struct fs_prober *prober; /* owned */
    struct mounts mounts;
    VEC(struct fs_probe *) probes; /* the mounts' */
    int64_t read_ns;
    bool is_read;
};

static const char *const unreal_types[] = {
    "autofs",     "binfmt_misc",     "bpf",         "cgroup",        "cgroup2",
    "configfs",   "debugfs",         "devpts",      "devtmpfs",      "efivarfs",
    "erofs",      "fusectl",         "hugetlbfs",   "iso9660",       "mqueue",
    "nsfs",       "overlay",         "aufs",        "proc",          "pstore",
    "ramfs",      "rootfs",          "rpc_pipefs",  "securityfs",    "selinuxfs",
    "squashfs",   "sysfs",           "tmpfs",       "tracefs",       "udf",
    "fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal", "fuse.snapfuse", "fuse.fuse-overlayfs",
    NULL};
/* statfs() of these reads counters that the kernel keeps. */
static const char *const memory_types[] = {"ext2",   "ext3",     "ext4",  "xfs",
                                           "btrfs",  "f2fs",     "tmpfs", "ramfs",
                                           "rootfs", "devtmpfs", NULL};
static const char *const unreal_places[] = {"/dev",
                                            "/proc",
                                            "/sys",
                                            "/snap",
                                            "/run/credentials",
                                            "/var/lib/docker",
                                            "/var/lib/containers/storage",
                                            NULL};

static void mount_deinit(struct fs_prober *prober, struct mount *mount)
{
    free(mount->device);
    free(mount->type);
    free(mount->mountpoint);
    fs_probe_free(prober, mount->probe);
}

static void mounts_deinit(struct fs_prober *prober, struct mounts *mounts)
{
    for (size_t i = 0; i < mounts->list.len; i++)
        mount_deinit(prober, &mounts->list.items[i]);
    VEC_DEINIT(&mounts->list);
}

static bool is_below(const char *path, const char *directory)
{
    const char *rest = text_after(path, directory);
    return rest != NULL && (*rest == '\0' || *rest == '/');
}

static bool is_real(const struct mount *mount)
{
    for (size_t i = 0; unreal_places[i] != NULL; i++) {
        if (is_below(mount->mountpoint, unreal_places[i]))
            return false;
    }
    return !list_has(unreal_types, mount->type) && !text_has_prefix(mount->device, "/dev/loop");
}

/* Undoes the kernel's \040 for a blank and the like. */
static char *unescape(struct slice text)
{
    char *plain = memory_alloc(text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.data + i;
        bool is_octal = *at == '\\' && text.len - i > 3 && at[1] >= '0' && at[1] <= '3' &&
                        at[2] >= '0' && at[2] <= '7' && at[3] >= '0' && at[3] <= '7';
        plain[len] = *at;
        if (is_octal)
            plain[len] = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + at[3] - '0');
        len++;
        i += is_octal ? 3 : 0;
    }
    plain[len] = '\0';
    return plain;
}

static bool has_option(struct slice options, const char *name)
{
    struct slice option;
    while (text_next_piece(&options, ',', &option)) {
        if (slice_is(option, name))
            return true;
    }
    return false;
}

/* "/dev/sda1 / ext4 rw,relatime 0 0" */
static bool parse_mount(const char *line, struct mount *out_mount)
{
    struct slice device, mountpoint, type, options;
    if (!text_next_word(&line, &device) || !text_next_word(&line, &mountpoint) ||
        !text_next_word(&line, &type) || !text_next_word(&line, &options) ||
        mountpoint.len > MOUNTPOINT_MAX || device.len > MOUNTPOINT_MAX)
        return false;
    *out_mount = (struct mount){
        .device = unescape(device),
        .type = unescape(type),
        .mountpoint = unescape(mountpoint),
        .is_readonly = has_option(options, "ro"),
    };
    return true;
}

/* The mount that a path lies in: the longest mountpoint, the last of equals. */
static const struct mount *find_mount(const struct mounts *mounts, const char *path)
{
    const struct mount *best = NULL;
    for (size_t i = 0; i < mounts->list.len; i++) {
        const struct mount *mount = &mounts->list.items[i];
        if (!text_is(mount->mountpoint, "/") && !is_below(path, mount->mountpoint))
            continue;
        if (best == NULL || strlen(mount->mountpoint) >= strlen(best->mountpoint))
            best = mount;
    }
    return best;
}

static void push_copy(struct mounts *chosen, const struct mount *mount, const char *mountpoint)
{
    VEC_PUSH(&chosen->list, ((struct mount){
                                .device = memory_strdup(mount->device),
                                .type = memory_strdup(mount->type),
                                .mountpoint = memory_strdup(mountpoint),
                                .is_readonly = mount->is_readonly,
                            }));
}

static void replace_copy(struct mount *old, const struct mount *mount)
{
    mount_deinit(NULL, old);
    *old = (struct mount){
        .device = memory_strdup(mount->device),
        .type = memory_strdup(mount->type),
        .mountpoint = memory_strdup(mount->mountpoint),
        .is_readonly = mount->is_readonly,
    };
}

/* Adds the mount, unless its device is there already at a shorter path; what it hides goes. */
static void choose(struct mounts *chosen, const struct mount *mount)
{
    for (size_t i = 0; i < chosen->list.len; i++) {
        struct mount *other = &chosen->list.items[i];
        bool is_hidden = text_is(other->mountpoint, mount->mountpoint);
        if (!is_hidden && !text_is(other->device, mount->device))
            continue;
        if (is_hidden || strlen(mount->mountpoint) < strlen(other->mountpoint))
            replace_copy(other, mount);
        return;
    }
    push_copy(chosen, mount, mount->mountpoint);
}

static void choose_mounts(const struct collect_options *options, const struct mounts *all,
                          struct mounts *chosen)
{
    char no_text[] = "";
    const struct mount unknown = {.device = no_text, .type = no_text, .mountpoint = no_text};

    for (size_t i = 0; !list_is_empty(options->disk_paths) && options->disk_paths[i]; i++) {
        const struct mount *mount = find_mount(all, options->disk_paths[i]);
        push_copy(chosen, mount != NULL ? mount : &unknown, options->disk_paths[i]);
    }
    if (!list_is_empty(options->disk_paths))
        return;

    for (size_t i = 0; i < all->list.len; i++) {
        if (is_real(&all->list.items[i]))
            choose(chosen, &all->list.items[i]);
    }
    const struct mount *root = find_mount(all, "/");
    if (chosen->list.len == 0 && root != NULL)
        push_copy(chosen, root, "/");
}

static void parse_table(const char *text, struct mounts *out_mounts)
{
    struct mount mount;
    for (const char *line = text; *line != '\0'; line = next_line(line)) {
        if (out_mounts->list.len < MOUNTS_MAX && parse_mount(line, &mount))
            VEC_PUSH(&out_mounts->list, mount);
    }
}

static bool answers_from_memory(const struct mounts *own, const char *path)
{
    bool is_mountpoint = false;
    for (size_t i = 0; i < own->list.len; i++) {
        const struct mount *mount = &own->list.items[i];
        if (!text_is(mount->mountpoint, "/") && !is_below(path, mount->mountpoint))
            continue;
        if (!list_has(memory_types, mount->type))
            return false;
        is_mountpoint |= text_is(mount->mountpoint, path);
    }
    return is_mountpoint;
}

static void choose_direct(const struct filesystem_state *state, struct host_root *root)
{
    const char *text;
    struct mounts own = {0};
    if (root->is_live && host_read(root, "proc/self/mounts", &text) == 0)
        parse_table(text, &own);
    for (size_t i = 0; i < state->mounts.list.len; i++) {
        const struct mount *mount = &state->mounts.list.items[i];
        if (mount->probe != NULL)
            fs_probe_set_direct(state->prober, mount->probe,
                                answers_from_memory(&own, mount->mountpoint));
    }
    mounts_deinit(state->prober, &own);
}

/* A mount that stays keeps its probe, which may be waiting for an answer. */
static void adopt_probes(struct filesystem_state *state, const struct host_root *root,
                         struct mounts *fresh)
{
    state->probes.len = 0;
    for (size_t i = 0; i < fresh->list.len; i++) {
        struct mount *mount = &fresh->list.items[i];
        for (size_t k = 0; k < state->mounts.list.len && mount->probe == NULL; k++) {
            struct mount *old = &state->mounts.list.items[k];
            if (old->probe != NULL && text_is(old->mountpoint, mount->mountpoint) &&
                text_is(old->device, mount->device) && text_is(old->type, mount->type)) {
                mount->probe = old->probe;
                old->probe = NULL;
            }
        }
        char path[HOST_PATH_SIZE];
        if (mount->probe == NULL && host_path(root, mount->mountpoint, path, sizeof(path)))
            mount->probe = fs_probe_new(path);
        if (mount->probe != NULL)
            VEC_PUSH(&state->probes, mount->probe);
    }
}

static bool has_changed(const struct filesystem_state *state, int64_t now_ns)
{
    if (!state->is_read || state->table.file < 0 || now_ns - state->read_ns >= REFRESH_NS)
        return true;
    struct pollfd table = {.fd = state->table.file, .events = POLLPRI};
    return poll(&table, 1, 0) > 0;
}

static int read_table(struct source *source, const char **out_text)
{
    struct filesystem_state *state = source->state;
    int error = host_file_read(source->root, &state->table, out_text);
    if (error == 0)
        return 0;
    /* The first process's view is the host's; where it is hidden, ours has to do. */
    state->table.path = "proc/self/mounts";
    error = host_file_read(source->root, &state->table, out_text);
    if (error != 0)
        source_set_problem(source, "cannot read /proc/1/mounts (%s)", strerror(-error));
    return error;
}

static int read_mounts(struct source *source, int64_t now_ns)
{
    struct filesystem_state *state = source->state;
    const char *text;
    int error = read_table(source, &text);
    if (error != 0)
        return error;

    struct mounts all = {0}, chosen = {0};
    parse_table(text, &all);
    choose_mounts(source->options, &all, &chosen);
    adopt_probes(state, source->root, &chosen);
    mounts_deinit(state->prober, &all);
    mounts_deinit(state->prober, &state->mounts);
    state->mounts = chosen;
    choose_direct(state, source->root);
    state->read_ns = now_ns;
    state->is_read = true;
    return 0;
}

static double percent_used(double used, double available)
{
    return used / (used + available) * 100;
}

static void emit_vitals(struct collect_summary *summary, const char *mountpoint,
                        const struct statvfs *status, const struct emitter *out)
{
    double used = (double)(status->f_blocks - MIN_OF(status->f_bfree, status->f_blocks));
    if (used + (double)status->f_bavail > 0) {
        double percent = percent_used(used, (double)status->f_bavail);
        emit_labelled(out, &disk_metric, "mountpoint", mountpoint, percent);
        if (summary->n_disks < ARRAY_LEN(summary->disks)) {
            text_copy(summary->disks[summary->n_disks].path, sizeof(summary->disks[0].path),
                      mountpoint);
            summary->disks[summary->n_disks++].percent = percent;
        }
    }
    if (status->f_files > 0)
        emit_labelled(
            out, &inodes_metric, "mountpoint", mountpoint,
            percent_used((double)(status->f_files - MIN_OF(status->f_ffree, status->f_files)),
                         (double)status->f_ffree));
}

static void emit_mount(struct source *source, const struct mount *mount,
                       const struct emitter *out)
{
    struct filesystem_state *state = source->state;
    const struct label labels[] = {
        {"device", mount->device}, {"fstype", mount->type}, {"mountpoint", mount->mountpoint}};
    struct statvfs status;
    int error = mount->probe == NULL ? -ENAMETOOLONG
                                     : fs_probe_result(state->prober, mount->probe, &status);
    out->emit(out->arg, &error_metric, labels, 3, error != 0);
    if (error != 0) {
        source_set_problem(source, "%s does not answer (%s)", mount->mountpoint,
                           strerror(-error));
        out->emit(out->arg, &readonly_metric, labels, 3, mount->is_readonly);
        return;
    }

    double block = (double)status.f_frsize;
    bool is_readonly = mount->is_readonly || (status.f_flag & ST_RDONLY) != 0;
    const struct {
        const struct metric *metric;
        double value;
    } samples[] = {
        {&size_metric, (double)status.f_blocks * block},
        {&free_metric, (double)status.f_bfree * block},
        {&avail_metric, (double)status.f_bavail * block},
        {&files_metric, (double)status.f_files},
        {&files_free_metric, (double)status.f_ffree},
        {&readonly_metric, is_readonly},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        out->emit(out->arg, samples[i].metric, labels, 3, samples[i].value);
    emit_vitals(source->summary, mount->mountpoint, &status, out);
}

static int filesystem_collect(struct source *source, const struct tick *tick,
                              const struct emitter *out)
{
    struct filesystem_state *state = source->state;
    if (has_changed(state, tick->mono_ns)) {
        int error = read_mounts(source, tick->mono_ns);
        if (error != 0)
            return error;
    }
    fs_prober_run(state->prober, state->probes.items, state->probes.len, PATIENCE_MS, LIMIT_MS);
    for (size_t i = 0; i < state->mounts.list.len; i++)
        emit_mount(source, &state->mounts.list.items[i], out);
    return 0;
}

static void filesystem_setup(struct source *source)
{
    struct filesystem_state *state = source->state;
    state->table = HOST_FILE("proc/1/mounts");
    state->prober = fs_prober_new(statvfs);
}

static void filesystem_teardown(struct source *source)
{
    struct filesystem_state *state = source->state;
    host_file_close(&state->table);
    mounts_deinit(state->prober, &state->mounts);
    VEC_DEINIT(&state->probes);
    fs_prober_free(state->prober);
}

const struct collector filesystem_collector = {
    .name = "disk",
    .help = "Space and inodes of every real mount.",
    .state_size = sizeof(struct filesystem_state),
    .is_wanted = wants_disk,
    .setup = filesystem_setup,
    .collect = filesystem_collect,
    .teardown = filesystem_teardown,
};
