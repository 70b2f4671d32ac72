/* SPDX-License-Identifier: MIT */
/*
 * udev keeps one file per device, /run/udev/data/bMAJOR:MINOR, with lines "E:KEY=value".
 * Captured trees may have it at udev/data.
 */
#include "collect/disk_info.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum property {
    MODEL,
    PATH,
    REVISION,
    SERIAL_SHORT,
    SCSI_SERIAL,
    WWN,
    FS_TYPE,
    FS_USAGE,
    FS_UUID,
    FS_VERSION,
    DM_NAME,
    DM_UUID,
    DM_VG,
    DM_LV,
    DM_LAYER,
    ATA,
    ATA_WRITE_CACHE,
    ATA_WRITE_CACHE_ENABLED,
    ATA_ROTATION,
    N_PROPERTIES
};

static const char *const keys[] = {
    [MODEL] = "ID_MODEL",
    [PATH] = "ID_PATH",
    [REVISION] = "ID_REVISION",
    [SERIAL_SHORT] = "ID_SERIAL_SHORT",
    [SCSI_SERIAL] = "SCSI_IDENT_SERIAL",
    [WWN] = "ID_WWN",
    [FS_TYPE] = "ID_FS_TYPE",
    [FS_USAGE] = "ID_FS_USAGE",
    [FS_UUID] = "ID_FS_UUID",
    [FS_VERSION] = "ID_FS_VERSION",
    [DM_NAME] = "DM_NAME",
    [DM_UUID] = "DM_UUID",
    [DM_VG] = "DM_VG_NAME",
    [DM_LV] = "DM_LV_NAME",
    [DM_LAYER] = "DM_LV_LAYER",
    [ATA] = "ID_ATA",
    [ATA_WRITE_CACHE] = "ID_ATA_WRITE_CACHE",
    [ATA_WRITE_CACHE_ENABLED] = "ID_ATA_WRITE_CACHE_ENABLED",
    [ATA_ROTATION] = "ID_ATA_ROTATION_RATE_RPM",
};
_Static_assert(ARRAY_LEN(keys) == N_PROPERTIES, "a key for each property");

static const struct metric info_metric = {"node_disk_info",
                                          "Info of /sys/block/<block_device>.", METRIC_GAUGE};
static const struct metric filesystem_metric = {"node_disk_filesystem_info",
                                                "Info about disk filesystem.", METRIC_GAUGE};
static const struct metric mapper_metric = {"node_disk_device_mapper_info",
                                            "Info about disk device mapper.", METRIC_GAUGE};
static const struct ata {
    enum property property;
    struct metric metric;
} atas[] = {
    {ATA_WRITE_CACHE,
     {"node_disk_ata_write_cache", "ATA disk has a write cache.", METRIC_GAUGE}},
    {ATA_WRITE_CACHE_ENABLED,
     {"node_disk_ata_write_cache_enabled", "ATA disk has its write cache enabled.",
      METRIC_GAUGE}},
    {ATA_ROTATION,
     {"node_disk_ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs).",
      METRIC_GAUGE}},
};

struct disk_info {
    char major[12], minor[12];
    char *properties[N_PROPERTIES]; /* owned; NULL = udev does not say */
};

static const char *property(const struct disk_info *info, enum property at)
{
    return info->properties[at] != NULL ? info->properties[at] : "";
}

static void take_line(struct disk_info *info, const char *line)
{
    const char *key = text_after(line, "E:");
    if (key == NULL)
        return;
    struct slice name = {key, strcspn(key, "=\n")};
    const char *value = key + name.len;
    if (*value != '=')
        return;
    value++;
    for (size_t i = 0; i < N_PROPERTIES; i++) {
        if (!slice_is(name, keys[i]) || info->properties[i] != NULL)
            continue;
        size_t len = MIN_OF(strcspn(value, "\n"), (size_t)LABELS_VALUE_MAX_BYTES / 4);
        if (text_is_utf8(value, len))
            info->properties[i] = memory_strndup(value, len);
    }
}

struct disk_info *disk_info_new(struct host_root *root, unsigned major, unsigned minor)
{
    struct disk_info *info = memory_calloc(1, sizeof(*info));
    snprintf(info->major, sizeof(info->major), "%u", major);
    snprintf(info->minor, sizeof(info->minor), "%u", minor);

    char path[64];
    const char *line;
    snprintf(path, sizeof(path), "run/udev/data/b%u:%u", major, minor);
    int error = host_read(root, path, &line);
    if (error != 0 && !root->is_live) {
        snprintf(path, sizeof(path), "udev/data/b%u:%u", major, minor);
        error = host_read(root, path, &line);
    }
    if (error == 0) {
        for (; *line != '\0'; line = next_line(line))
            take_line(info, line);
    }
    return info;
}

void disk_info_free(struct disk_info *info)
{
    if (info == NULL)
        return;
    for (size_t i = 0; i < N_PROPERTIES; i++)
        free(info->properties[i]);
    free(info);
}

static void emit_ata(const struct disk_info *info, const char *device,
                     const struct emitter *out)
{
    for (size_t i = 0; i < ARRAY_LEN(atas); i++) {
        uint64_t value;
        if (text_to_u64(property(info, atas[i].property), &value) == 0)
            emit_labelled(out, &atas[i].metric, "device", device, (double)value);
    }
}

void disk_info_emit(const struct disk_info *info, const char *device, const struct emitter *out)
{
    const char *serial = property(info, SCSI_SERIAL);
    if (*serial == '\0')
        serial = property(info, SERIAL_SHORT);
    const struct label labels[] = {
        {"device", device},
        {"major", info->major},
        {"minor", info->minor},
        {"model", property(info, MODEL)},
        {"path", property(info, PATH)},
        {"revision", property(info, REVISION)},
        {"serial", serial},
        {"wwn", property(info, WWN)},
    };
    out->emit(out->arg, &info_metric, labels, ARRAY_LEN(labels), 1);

    if (*property(info, FS_TYPE) != '\0') {
        const struct label filesystem[] = {
            {"device", device},
            {"type", property(info, FS_TYPE)},
            {"usage", property(info, FS_USAGE)},
            {"uuid", property(info, FS_UUID)},
            {"version", property(info, FS_VERSION)},
        };
        out->emit(out->arg, &filesystem_metric, filesystem, ARRAY_LEN(filesystem), 1);
    }
    if (*property(info, DM_NAME) != '\0') {
        const struct label mapper[] = {
            {"device", device},
            {"lv_layer", property(info, DM_LAYER)},
            {"lv_name", property(info, DM_LV)},
            {"name", property(info, DM_NAME)},
            {"uuid", property(info, DM_UUID)},
            {"vg_name", property(info, DM_VG)},
        };
        out->emit(out->arg, &mapper_metric, mapper, ARRAY_LEN(mapper), 1);
    }
    if (text_is(property(info, ATA), "1"))
        emit_ata(info, device, out);
}
