/* SPDX-License-Identifier: MIT */
/*
 * dmi - what the firmware says about machine, board and itself.  Serial numbers are for root's
 * eyes only, so an agent with a user of its own leaves them out.
 */
#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define DIRECTORY "sys/class/dmi/id"

static const struct metric info_metric = {
    "node_dmi_info",
    "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor, "
    "bios_version, board_asset_tag, board_name, board_serial, board_vendor, board_version, "
    "chassis_asset_tag, chassis_serial, chassis_vendor, chassis_version, product_family, "
    "product_name, product_serial, product_sku, product_uuid, product_version, system_vendor "
    "if provided by DMI.",
    METRIC_GAUGE};

/* File and label; sorted by label. */
static const struct {
    const char *file, *label;
} fields[] = {
    {"bios_date", "bios_date"},
    {"bios_release", "bios_release"},
    {"bios_vendor", "bios_vendor"},
    {"bios_version", "bios_version"},
    {"board_asset_tag", "board_asset_tag"},
    {"board_name", "board_name"},
    {"board_serial", "board_serial"},
    {"board_vendor", "board_vendor"},
    {"board_version", "board_version"},
    {"chassis_asset_tag", "chassis_asset_tag"},
    {"chassis_serial", "chassis_serial"},
    {"chassis_vendor", "chassis_vendor"},
    {"chassis_version", "chassis_version"},
    {"product_family", "product_family"},
    {"product_name", "product_name"},
    {"product_serial", "product_serial"},
    {"product_sku", "product_sku"},
    {"product_uuid", "product_uuid"},
    {"product_version", "product_version"},
    {"sys_vendor", "system_vendor"},
};

static int dmi_collect(struct source *source, const struct tick *tick,
                       const struct emitter *out)
{
    (void)tick;
    char values[ARRAY_LEN(fields)][128];
    struct label labels[ARRAY_LEN(fields)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (host_dir_text(source->root, DIRECTORY, fields[i].file, values[i],
                          sizeof(values[0])))
            labels[count++] = (struct label){fields[i].label, values[i]};
    }
    if (count > 0)
        out->emit(out->arg, &info_metric, labels, count, 1);
    return 0;
}

const struct collector dmi_collector = {
    .name = "dmi",
    .help = "Machine, board and firmware, from /sys/class/dmi/id.",
    .period_ms = 10 * MSEC_MINUTE,
    .collect = dmi_collect,
};
