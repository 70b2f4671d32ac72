/* SPDX-License-Identifier: MIT */
/*
 * xfs - what each XFS counts about itself.  Below a key stand numbers in an order that the
 * kernel keeps: new ones come at the end.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define DIRECTORY   "sys/fs/xfs"
#define COLUMNS_MAX 8

#define XFS(name, help)                                                                        \
    {                                                                                          \
        "node_xfs_" name "_total", help, METRIC_COUNTER                                        \
    }

static const struct row {
    const char *key;
    struct metric columns[COLUMNS_MAX]; /* up to the first without a name */
} rows[] = {
    {"extent_alloc",
     {XFS("extent_allocation_extents_allocated",
          "Number of extents allocated for a filesystem."),
      XFS("extent_allocation_blocks_allocated", "Number of blocks allocated for a filesystem."),
      XFS("extent_allocation_extents_freed", "Number of extents freed for a filesystem."),
      XFS("extent_allocation_blocks_freed", "Number of blocks freed for a filesystem.")}},
    {"abt",
     {XFS("allocation_btree_lookups", "Number of allocation B-tree lookups for a filesystem."),
      XFS("allocation_btree_compares",
          "Number of allocation B-tree compares for a filesystem."),
      XFS("allocation_btree_records_inserted",
          "Number of allocation B-tree records inserted for a filesystem."),
      XFS("allocation_btree_records_deleted",
          "Number of allocation B-tree records deleted for a filesystem.")}},
    {"blk_map",
     {XFS("block_mapping_reads", "Number of block map for read operations for a filesystem."),
      XFS("block_mapping_writes", "Number of block map for write operations for a filesystem."),
      XFS("block_mapping_unmaps", "Number of block unmaps (deletes) for a filesystem."),
      XFS("block_mapping_extent_list_insertions",
          "Number of extent list insertions for a filesystem."),
      XFS("block_mapping_extent_list_deletions",
          "Number of extent list deletions for a filesystem."),
      XFS("block_mapping_extent_list_lookups",
          "Number of extent list lookups for a filesystem."),
      XFS("block_mapping_extent_list_compares",
          "Number of extent list compares for a filesystem.")}},
    {"bmbt",
     {XFS("block_map_btree_lookups", "Number of block map B-tree lookups for a filesystem."),
      XFS("block_map_btree_compares", "Number of block map B-tree compares for a filesystem."),
      XFS("block_map_btree_records_inserted",
          "Number of block map B-tree records inserted for a filesystem."),
      XFS("block_map_btree_records_deleted",
          "Number of block map B-tree records deleted for a filesystem.")}},
    {"dir",
     {XFS("directory_operation_lookup",
          "Number of file name directory lookups which miss the operating systems directory "
          "name lookup cache."),
      XFS("directory_operation_create",
          "Number of times a new directory entry was created for a filesystem."),
      XFS("directory_operation_remove",
          "Number of times an existing directory entry was created for a filesystem."),
      XFS("directory_operation_getdents",
          "Number of times the directory getdents operation was performed for a filesystem.")}},
    {"ig",
     {XFS("inode_operation_attempts",
          "Number of times the OS looked for an XFS inode in the inode cache."),
      XFS("inode_operation_found",
          "Number of times the OS looked for and found an XFS inode in the inode cache."),
      XFS("inode_operation_recycled",
          "Number of times the OS found an XFS inode in the cache, but could not use it as it "
          "was being recycled."),
      XFS("inode_operation_missed",
          "Number of times the OS looked for an XFS inode in the cache, but did not find it."),
      XFS("inode_operation_duplicates",
          "Number of times the OS tried to add a missing XFS inode to the inode cache, but "
          "found it had already been added by another process."),
      XFS("inode_operation_reclaims",
          "Number of times the OS reclaimed an XFS inode from the inode cache to free memory "
          "for another purpose."),
      XFS("inode_operation_attribute_changes",
          "Number of times the OS explicitly changed the attributes of an XFS inode.")}},
    {"rw",
     {XFS("write_calls", "Number of write(2) system calls made to files in a filesystem."),
      XFS("read_calls", "Number of read(2) system calls made to files in a filesystem.")}},
    {"vnodes",
     {XFS("vnode_active", "Number of vnodes not on free lists for a filesystem."),
      XFS("vnode_allocate", "Number of times vn_alloc called for a filesystem."),
      XFS("vnode_get", "Number of times vn_get called for a filesystem."),
      XFS("vnode_hold", "Number of times vn_hold called for a filesystem."),
      XFS("vnode_release", "Number of times vn_rele called for a filesystem."),
      XFS("vnode_reclaim", "Number of times vn_reclaim called for a filesystem."),
      XFS("vnode_remove", "Number of times vn_remove called for a filesystem.")}},
};

static void emit_line(const char *line, const char *device, const struct emitter *out)
{
    struct slice key;
    uint64_t number;
    if (!text_next_word(&line, &key))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!slice_is(key, rows[i].key))
            continue;
        const struct metric *columns = rows[i].columns;
        for (size_t k = 0;
             k < COLUMNS_MAX && columns[k].name != NULL && text_scan_u64(&line, &number); k++)
            emit_labelled(out, &columns[k], "device", device, (double)number);
        return;
    }
}

static int xfs_collect(struct source *source, const struct tick *tick,
                       const struct emitter *out)
{
    (void)tick;
    struct host_dir devices;
    host_dir_read(source->root, DIRECTORY, &devices);
    for (size_t i = 0; i < devices.len; i++) {
        char path[320];
        const char *line;
        snprintf(path, sizeof(path), DIRECTORY "/%s/stats/stats", devices.names[i]);
        if (text_is(devices.names[i], "stats") || /* the sum of all */
            !text_is_utf8(devices.names[i], strlen(devices.names[i])) ||
            host_read(source->root, path, &line) != 0)
            continue;
        for (; *line != '\0'; line = next_line(line))
            emit_line(line, devices.names[i], out);
    }
    host_dir_deinit(&devices);
    return 0;
}

const struct collector xfs_collector = {
    .name = "xfs",
    .help = "Counters of XFS, from /sys/fs/xfs.",
    .period_ms = 15 * MSEC_SECOND,
    .is_wanted = wants_disk,
    .collect = xfs_collect,
};
