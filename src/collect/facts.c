/* SPDX-License-Identifier: MIT */
/*
 * The kind of virtualisation comes from three places, the innermost first: marks that
 * container engines leave, the DMI vendor that hypervisors give themselves, and the
 * processor's hypervisor flag, which says that there is one but not which.
 */
#include "collect/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/text.h"

#define FACT_SIZE 160

static const struct vendor {
    const char *mark; /* part of a DMI string */
    const char *name;
} vendors[] = {
    {"KVM", "kvm"},
    {"OpenStack", "kvm"},
    {"QEMU", "qemu"},
    {"Amazon EC2", "amazon"},
    {"Google Compute Engine", "google"},
    {"DigitalOcean", "kvm"},
    {"Hetzner", "kvm"},
    {"VMware", "vmware"},
    {"VirtualBox", "oracle"},
    {"innotek", "oracle"},
    {"Xen", "xen"},
    {"Bochs", "bochs"},
    {"Parallels", "parallels"},
    {"BHYVE", "bhyve"},
    {"Virtual Machine", "microsoft"},
};

static const char *const dmi_files[] = {
    "sys/class/dmi/id/product_name",
    "sys/class/dmi/id/sys_vendor",
    "sys/class/dmi/id/board_vendor",
    "sys/class/dmi/id/bios_vendor",
};

/* The value after `key` and `separator` on the first line that has it. */
static bool find_value(const char *text, const char *key, char separator, char *out,
                       size_t size)
{
    for (const char *line = text; *line != '\0'; line = next_line(line)) {
        const char separators[] = {separator, '\n', '\0'};
        size_t len = strcspn(line, separators);
        if (line[len] == separator && slice_is(text_trim((struct slice){line, len}), key)) {
            const char *value = line + len + 1;
            struct slice found = text_trim((struct slice){value, strcspn(value, "\n")});
            if (found.len >= 2 && (found.data[0] == '"' || found.data[0] == '\'')) {
                found.data++;
                found.len -= 2;
            }
            text_copy_slice(out, size, found);
            return found.len > 0;
        }
    }
    return false;
}

static void write_os(struct host_root *root, struct json *json)
{
    static const char *const paths[] = {"etc/os-release", "usr/lib/os-release"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        const char *text;
        char name[FACT_SIZE];
        if (host_read(root, paths[i], &text) == 0 &&
            find_value(text, "PRETTY_NAME", '=', name, sizeof(name))) {
            json_field_string(json, "os", name);
            return;
        }
    }
}

static void write_kernel(struct host_root *root, struct json *json)
{
    char line[FACT_SIZE];
    if (host_read_line(root, "proc/sys/kernel/hostname", line, sizeof(line)))
        json_field_string(json, "hostname", line);
    if (host_read_line(root, "proc/sys/kernel/osrelease", line, sizeof(line)))
        json_field_string(json, "kernel", line);
    struct utsname name;
    if (root->is_live && uname(&name) == 0)
        json_field_string(json, "architecture", name.machine);
}

/* Processors by their lines in /proc/stat: the ones that are online. */
static size_t count_cores(struct host_root *root)
{
    const char *line;
    size_t count = 0;
    if (host_read(root, "proc/stat", &line) != 0)
        return 0;
    for (; text_has_prefix(line, "cpu"); line = next_line(line))
        count += line[3] >= '0' && line[3] <= '9';
    return count;
}

/* Returns what the processor says of virtualisation: "vm", "none", or NULL when it cannot be
 * asked. */
static const char *write_processor(struct host_root *root, struct json *json)
{
    const char *text, *kind = NULL;
    char model[FACT_SIZE];
    if (host_read(root, "proc/cpuinfo", &text) == 0) {
        if (find_value(text, "model name", ':', model, sizeof(model)) ||
            find_value(text, "Model", ':', model, sizeof(model)) ||
            find_value(text, "Hardware", ':', model, sizeof(model)))
            json_field_string(json, "cpu_model", model);
        kind = strstr(text, " hypervisor") != NULL ? "vm" : "none";
    }
    size_t cores = count_cores(root);
    if (cores > 0)
        json_field_int(json, "cores", (int64_t)cores);
    return kind;
}

static void write_memory(struct host_root *root, struct json *json)
{
    const char *text;
    char value[FACT_SIZE];
    uint64_t kib;
    if (host_read(root, "proc/meminfo", &text) != 0 ||
        !find_value(text, "MemTotal", ':', value, sizeof(value)))
        return;
    const char *at = value;
    if (text_scan_u64(&at, &kib) && kib <= INT64_MAX / 1024)
        json_field_int(json, "memory_bytes", (int64_t)(kib * 1024));
}

static bool has_file(const struct host_root *root, const char *path)
{
    char full[HOST_PATH_SIZE];
    return host_path(root, path, full, sizeof(full)) && file_exists(full);
}

static const char *container_kind(struct host_root *root)
{
    if (has_file(root, ".dockerenv"))
        return "docker";
    if (has_file(root, "run/.containerenv"))
        return "podman";

    char line[FACT_SIZE];
    if (!host_read_line(root, "run/systemd/container", line, sizeof(line)))
        return NULL;
    static const char *const known[] = {
        "lxc", "lxc-libvirt", "systemd-nspawn", "docker", "podman", "rkt", "wsl"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (text_is(line, known[i]))
            return known[i];
    }
    return "container";
}

static const char *hypervisor_kind(struct host_root *root, const char *processor_says)
{
    for (size_t i = 0; i < ARRAY_LEN(dmi_files); i++) {
        char line[FACT_SIZE];
        if (!host_read_line(root, dmi_files[i], line, sizeof(line)))
            continue;
        for (size_t v = 0; v < ARRAY_LEN(vendors); v++) {
            if (strstr(line, vendors[v].mark) != NULL)
                return vendors[v].name;
        }
    }
    if (has_file(root, "proc/xen"))
        return "xen";
    return processor_says;
}

static void write_boot(struct host_root *root, struct json *json)
{
    const char *text;
    uint64_t seconds;
    char line[FACT_SIZE];
    if (host_read(root, "proc/stat", &text) == 0) {
        const char *found = strstr(text, "\nbtime ");
        if (found != NULL) {
            found += strlen("\nbtime ");
            if (text_scan_u64(&found, &seconds) && seconds < INT64_MAX / 1000)
                json_field_int(json, "boot_ms", (int64_t)seconds * MSEC_SECOND);
        }
    }
    if (host_read_line(root, "proc/sys/kernel/random/boot_id", line, sizeof(line)))
        json_field_string(json, "boot_id", line);
}

void facts_write(struct host_root *root, struct json *json)
{
    json_object_begin(json);
    write_kernel(root, json);
    write_os(root, json);
    const char *kind = write_processor(root, json);
    write_memory(root, json);
    const char *container = container_kind(root);
    kind = container != NULL ? container : hypervisor_kind(root, kind);
    if (kind != NULL)
        json_field_string(json, "virtualization", kind);
    write_boot(root, json);
    json_object_end(json);
}
