/* SPDX-License-Identifier: MIT */
/*
 * os_release - which distribution runs here.
 */
#include <string.h>

#include "base/text.h"
#include "collect/registry.h"

static const struct metric info_metric = {
    "node_os_info",
    "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, "
    "image_version, name, pretty_name, variant, variant_id, version, version_codename, "
    "version_id.",
    METRIC_GAUGE};
static const struct metric version_metric = {
    "node_os_version", "Metric containing the major.minor part of the OS version.",
    METRIC_GAUGE};

static const char *const paths[] = {"etc/os-release", "usr/lib/os-release"};

enum key {
    BUILD_ID,
    ID,
    ID_LIKE,
    IMAGE_ID,
    IMAGE_VERSION,
    NAME,
    PRETTY_NAME,
    VARIANT,
    VARIANT_ID,
    VERSION,
    VERSION_CODENAME,
    VERSION_ID,
    KEY_COUNT
};
static const struct {
    const char *key, *label;
} keys[] = {
    {"BUILD_ID", "build_id"},
    {"ID", "id"},
    {"ID_LIKE", "id_like"},
    {"IMAGE_ID", "image_id"},
    {"IMAGE_VERSION", "image_version"},
    {"NAME", "name"},
    {"PRETTY_NAME", "pretty_name"},
    {"VARIANT", "variant"},
    {"VARIANT_ID", "variant_id"},
    {"VERSION", "version"},
    {"VERSION_CODENAME", "version_codename"},
    {"VERSION_ID", "version_id"},
};
_Static_assert(ARRAY_LEN(keys) == KEY_COUNT, "a spelling for each key");

typedef char values_t[KEY_COUNT][128];

/* 'NAME="Debian GNU/Linux"'; a backslash stands before what the shell would take. */
static void take_line(const char *line, values_t values)
{
    size_t key_len = strcspn(line, "=\n");
    if (line[key_len] != '=')
        return;
    size_t key = 0;
    while (key < KEY_COUNT && !slice_is((struct slice){line, key_len}, keys[key].key))
        key++;
    if (key == KEY_COUNT)
        return;
    const char *at = line + key_len + 1;
    struct slice text = text_trim((struct slice){at, strcspn(at, "\n")});
    if (text.len >= 2 && (text.data[0] == '"' || text.data[0] == '\'') &&
        text.data[text.len - 1] == text.data[0])
        text = (struct slice){text.data + 1, text.len - 2};
    size_t len = 0;
    for (size_t i = 0; i < text.len && len + 1 < sizeof(values[0]); i++) {
        if (text.data[i] == '\\' && i + 1 < text.len)
            i++;
        values[key][len++] = text.data[i];
    }
    values[key][len] = '\0';
    if (!text_is_utf8(values[key], len))
        values[key][0] = '\0';
}

static int os_release_collect(struct source *source, const struct tick *tick,
                              const struct emitter *out)
{
    (void)tick;
    const char *line = NULL;
    int error = -1;
    for (size_t i = 0; i < ARRAY_LEN(paths) && error != 0; i++)
        error = host_read(source->root, paths[i], &line);
    if (error != 0)
        return 0; /* old distributions have none */

    values_t values;
    struct label labels[KEY_COUNT];
    memset(values, 0, sizeof(values));
    for (; *line != '\0'; line = next_line(line))
        take_line(line, values);
    for (size_t i = 0; i < KEY_COUNT; i++)
        labels[i] = (struct label){keys[i].label, values[i]};
    out->emit(out->arg, &info_metric, labels, KEY_COUNT, 1);

    double version;
    const char *at = values[VERSION_ID];
    const struct label of[] = {
        {"id", values[ID]}, {"id_like", values[ID_LIKE]}, {"name", values[NAME]}};
    if (text_scan_decimal(&at, &version))
        out->emit(out->arg, &version_metric, of, 3, version);
    return 0;
}

const struct collector os_release_collector = {
    .name = "os",
    .help = "The distribution, from /etc/os-release.",
    .period_ms = 10 * MSEC_MINUTE,
    .collect = os_release_collect,
};
