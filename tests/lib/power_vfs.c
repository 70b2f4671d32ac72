/* SPDX-License-Identifier: MIT */
#include "power_vfs.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/vec.h"

#define FILES_MAX    16
#define SECTOR_BYTES 512
#define SHM_REGIONS  64

enum operation_kind {
    OPERATION_WRITE,
    OPERATION_TRUNCATE
};

struct operation {
    enum operation_kind kind;
    size_t at, len; /* truncate: the new length is `at` */
    uint8_t *bytes; /* owned */
};

struct content {
    uint8_t *bytes; /* owned */
    size_t len, capacity;
};

/* A file by name; stays while the program runs, so that open handles can point at it. */
struct file {
    char *path;              /* owned */
    bool exists, is_durable; /* now; on the medium */
    struct content now, durable;
    VEC(struct operation) pending;
    unsigned n_shared; /* locks of handles */
    const void *reserved, *exclusive;
    void *regions[SHM_REGIONS]; /* owned */
    unsigned shm_shared[SQLITE_SHM_NLOCK];
    const void *shm_exclusive[SQLITE_SHM_NLOCK];
};

struct handle {
    sqlite3_file base;
    struct file *file;
    int lock;
    uint16_t shm_shared; /* slots held */
    bool is_temporary;
};

static struct {
    struct file files[FILES_MAX];
    size_t n_files;
    uint64_t operations, cut, full_from, full_to, random;
    bool is_off;
} power;

static uint64_t next_random(void)
{
    power.random = power.random * 6364136223846793005ull + 1442695040888963407ull;
    return power.random >> 33;
}

/* Before each operation: SQLITE_OK, or why it does not happen. */
static int count_operation(void)
{
    if (power.is_off)
        return SQLITE_IOERR;
    power.operations++;
    if (power.operations == power.cut) {
        power.is_off = true;
        return SQLITE_IOERR;
    }
    return power.operations >= power.full_from && power.operations < power.full_to ? SQLITE_FULL
                                                                                   : SQLITE_OK;
}

/* --- contents --- */

static void set_len(struct content *content, size_t len)
{
    if (len > content->capacity) {
        content->capacity = MAX_OF(len, 2 * content->capacity);
        content->bytes = memory_realloc(content->bytes, content->capacity);
    }
    if (len > content->len)
        memset(content->bytes + content->len, 0, len - content->len);
    content->len = len;
}

static void apply(struct content *content, const struct operation *operation)
{
    if (operation->kind == OPERATION_TRUNCATE) {
        if (operation->at < content->len)
            set_len(content, operation->at);
        return;
    }
    if (content->len < operation->at + operation->len)
        set_len(content, operation->at + operation->len);
    memcpy(content->bytes + operation->at, operation->bytes, operation->len);
}

/* Some sectors of a write. */
static void apply_torn(struct content *content, const struct operation *operation)
{
    for (size_t done = 0; done < operation->len; done += SECTOR_BYTES) {
        size_t len = MIN_OF(operation->len - done, (size_t)SECTOR_BYTES);
        const struct operation part = {OPERATION_WRITE, operation->at + done, len,
                                       operation->bytes + done};
        if (next_random() % 2 == 0)
            apply(content, &part);
    }
}

static void forget_pending(struct file *file)
{
    for (size_t i = 0; i < file->pending.len; i++)
        free(file->pending.items[i].bytes);
    file->pending.len = 0;
}

static void copy_content(struct content *to, const struct content *from)
{
    to->len = 0;
    set_len(to, from->len);
    if (from->len > 0)
        memcpy(to->bytes, from->bytes, from->len);
}

static void make_durable(struct file *file)
{
    for (size_t i = 0; i < file->pending.len; i++)
        apply(&file->durable, &file->pending.items[i]);
    forget_pending(file);
    file->is_durable = file->exists;
}

static struct file *find_file(const char *path)
{
    for (size_t i = 0; i < power.n_files; i++) {
        if (strcmp(power.files[i].path, path) == 0)
            return &power.files[i];
    }
    if (power.n_files == FILES_MAX)
        abort();
    struct file *file = &power.files[power.n_files++];
    *file = (struct file){.path = memory_strdup(path)};
    return file;
}

/* --- of a file --- */

static struct handle *handle_of(sqlite3_file *base)
{
    return CONTAINER_OF(base, struct handle, base);
}

static int file_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    if (level < SQLITE_LOCK_RESERVED && file->reserved == handle)
        file->reserved = NULL;
    if (level < SQLITE_LOCK_EXCLUSIVE && file->exclusive == handle)
        file->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE && handle->lock >= SQLITE_LOCK_SHARED)
        file->n_shared--;
    handle->lock = MIN_OF(handle->lock, level);
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    if (handle->lock >= level)
        return SQLITE_OK;
    if (file->exclusive != NULL && file->exclusive != handle)
        return SQLITE_BUSY;
    if (handle->lock == SQLITE_LOCK_NONE)
        file->n_shared++;
    handle->lock = MAX_OF(handle->lock, SQLITE_LOCK_SHARED);
    if (level == SQLITE_LOCK_SHARED)
        return SQLITE_OK;
    if (file->reserved != NULL && file->reserved != handle)
        return SQLITE_BUSY;
    file->reserved = handle;
    handle->lock = MAX_OF(handle->lock, SQLITE_LOCK_RESERVED);
    if (level == SQLITE_LOCK_RESERVED)
        return SQLITE_OK;
    if (file->n_shared > 1)
        return SQLITE_BUSY;
    file->exclusive = handle;
    handle->lock = level;
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *out_is_reserved)
{
    *out_is_reserved = handle_of(base)->file->reserved != NULL;
    return SQLITE_OK;
}

static int file_close(sqlite3_file *base)
{
    struct handle *handle = handle_of(base);
    file_unlock(base, SQLITE_LOCK_NONE);
    if (handle->is_temporary) {
        forget_pending(handle->file);
        set_len(&handle->file->now, 0);
        set_len(&handle->file->durable, 0);
    }
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
    const struct content *now = &handle_of(base)->file->now;
    size_t from = MIN_OF((size_t)at, now->len), have = MIN_OF((size_t)len, now->len - from);
    if (power.is_off)
        return SQLITE_IOERR_READ;
    if (have > 0)
        memcpy(out, now->bytes + from, have);
    memset((uint8_t *)out + have, 0, (size_t)len - have);
    return have == (size_t)len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int do_operation(struct file *file, struct operation operation)
{
    int code = count_operation();
    if (code == SQLITE_OK)
        apply(&file->now, &operation);
    if (code == SQLITE_OK || power.is_off) /* the last one may have happened */
        VEC_PUSH(&file->pending, operation);
    else
        free(operation.bytes);
    return code;
}

static int file_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 at)
{
    if (power.is_off)
        return SQLITE_IOERR_WRITE;
    uint8_t *copy = memory_alloc((size_t)len);
    memcpy(copy, bytes, (size_t)len);
    return do_operation(handle_of(base)->file,
                        (struct operation){OPERATION_WRITE, (size_t)at, (size_t)len, copy});
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    if (power.is_off)
        return SQLITE_IOERR_TRUNCATE;
    return do_operation(handle_of(base)->file,
                        (struct operation){OPERATION_TRUNCATE, (size_t)len, 0, NULL});
}

static int file_sync(sqlite3_file *base, int flags)
{
    (void)flags;
    int code = count_operation();
    if (code == SQLITE_FULL)
        code = SQLITE_OK;
    if (code != SQLITE_OK)
        return code;
    make_durable(handle_of(base)->file);
    /* Journaling file systems keep the order of what happens to names: with this file's data a
     * removal before it is on the medium, too. */
    for (size_t i = 0; i < power.n_files; i++) {
        if (!power.files[i].exists)
            make_durable(&power.files[i]);
    }
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out_len)
{
    *out_len = (sqlite3_int64)handle_of(base)->file->now.len;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *arg)
{
    (void)base;
    (void)operation;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR_BYTES;
}

static int file_characteristics(sqlite3_file *base)
{
    (void)base;
    return 0;
}

/* --- shared memory: of this process, gone when the power is --- */

static int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
    struct file *file = handle_of(base)->file;
    if (region >= SHM_REGIONS)
        return SQLITE_IOERR_SHMMAP;
    if (file->regions[region] == NULL && extend)
        file->regions[region] = memory_calloc(1, (size_t)size);
    *out = file->regions[region];
    return SQLITE_OK;
}

static int shm_take(struct handle *handle, int slot, bool is_exclusive)
{
    struct file *file = handle->file;
    unsigned others = file->shm_shared[slot] - ((handle->shm_shared >> slot & 1) != 0);
    bool taken = file->shm_exclusive[slot] != NULL && file->shm_exclusive[slot] != handle;
    if (taken || (is_exclusive && others > 0))
        return SQLITE_BUSY;
    if (is_exclusive) {
        file->shm_exclusive[slot] = handle;
    } else if ((handle->shm_shared >> slot & 1) == 0) {
        file->shm_shared[slot]++;
        handle->shm_shared |= (uint16_t)(1u << slot);
    }
    return SQLITE_OK;
}

static void shm_give(struct handle *handle, int slot)
{
    struct file *file = handle->file;
    if (file->shm_exclusive[slot] == handle)
        file->shm_exclusive[slot] = NULL;
    if ((handle->shm_shared >> slot & 1) != 0)
        file->shm_shared[slot]--;
    handle->shm_shared &= (uint16_t) ~(1u << slot);
}

static int shm_lock(sqlite3_file *base, int first, int n, int flags)
{
    struct handle *handle = handle_of(base);
    for (int slot = first; slot < first + n; slot++) {
        int code = SQLITE_OK;
        if ((flags & SQLITE_SHM_UNLOCK) != 0)
            shm_give(handle, slot);
        else
            code = shm_take(handle, slot, (flags & SQLITE_SHM_EXCLUSIVE) != 0);
        for (int taken = slot - 1; code != SQLITE_OK && taken >= first; taken--)
            shm_give(handle, taken);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static void forget_shm(struct file *file)
{
    for (size_t i = 0; i < SHM_REGIONS; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

static int shm_unmap(sqlite3_file *base, int delete_it)
{
    struct handle *handle = handle_of(base);
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++)
        shm_give(handle, slot);
    if (delete_it)
        forget_shm(handle->file);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* --- of the file system --- */

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags,
                    int *out_flags)
{
    (void)vfs;
    struct handle *handle = handle_of(base);
    *handle = (struct handle){.file = find_file(path == NULL ? "temporary" : path),
                              .is_temporary = path == NULL};
    if (power.is_off || (!handle->file->exists && (flags & SQLITE_OPEN_CREATE) == 0))
        return SQLITE_CANTOPEN;
    handle->file->exists = true;
    handle->base.pMethods = &methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
    (void)vfs;
    struct file *file = find_file(path);
    int code = count_operation();
    if (code != SQLITE_OK)
        return code;
    file->exists = false;
    struct operation gone = {OPERATION_TRUNCATE, 0, 0, NULL};
    apply(&file->now, &gone);
    VEC_PUSH(&file->pending, gone);
    if (sync_dir)
        make_durable(file);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out_yes)
{
    (void)vfs;
    (void)flags;
    *out_yes = find_file(path)->exists;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
    (void)vfs;
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    for (int i = 0; i < size; i++)
        out[i] = (char)next_random();
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, double *out_days)
{
    (void)vfs;
    *out_days = 2460000;
    return SQLITE_OK;
}

static sqlite3_vfs power_vfs = {
    .iVersion = 1,
    .szOsFile = sizeof(struct handle),
    .mxPathname = 512,
    .zName = POWER_VFS,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
};

void power_register(void)
{
    sqlite3_vfs_register(&power_vfs, 0);
}

static void free_file(struct file *file)
{
    forget_pending(file);
    VEC_DEINIT(&file->pending);
    forget_shm(file);
    free(file->now.bytes);
    free(file->durable.bytes);
    free(file->path);
}

void power_begin(uint64_t cut)
{
    for (size_t i = 0; i < power.n_files; i++)
        free_file(&power.files[i]);
    memset(&power, 0, sizeof(power));
    power.cut = cut;
    power.full_from = power.full_to = UINT64_MAX;
    power.random = 1;
}

uint64_t power_operations(void)
{
    return power.operations;
}

static void restore_file(struct file *file)
{
    for (size_t i = 0; i < file->pending.len; i++) {
        const struct operation *operation = &file->pending.items[i];
        uint64_t fate = next_random() % 8;
        if (fate == 0 && operation->kind == OPERATION_WRITE)
            apply_torn(&file->durable, operation);
        else if (fate > 3)
            apply(&file->durable, operation);
    }
    forget_pending(file);
    forget_shm(file);
    copy_content(&file->now, &file->durable);
    file->exists = file->is_durable || file->exists;
    file->n_shared = 0;
    file->reserved = file->exclusive = NULL;
    memset(file->shm_shared, 0, sizeof(file->shm_shared));
    memset(file->shm_exclusive, 0, sizeof(file->shm_exclusive));
}

void power_restore(uint64_t seed)
{
    power.random = seed * 0x9e3779b97f4a7c15ull + 1;
    for (size_t i = 0; i < power.n_files; i++)
        restore_file(&power.files[i]);
    power.is_off = false;
    power.cut = 0;
}

void power_fill_disk(uint64_t from, uint64_t count)
{
    power.full_from = from;
    power.full_to = from + count;
}

uint8_t *power_bytes(const char *path, size_t *out_len)
{
    struct file *file = find_file(path);
    *out_len = file->now.len;
    return file->exists ? file->now.bytes : NULL;
}

void power_put(const char *path, const void *bytes, size_t len)
{
    struct file *file = find_file(path);
    forget_pending(file);
    file->exists = file->is_durable = true;
    set_len(&file->now, 0);
    set_len(&file->now, len);
    if (len > 0)
        memcpy(file->now.bytes, bytes, len);
    copy_content(&file->durable, &file->now);
}

void power_remove(const char *path)
{
    struct file *file = find_file(path);
    forget_pending(file);
    forget_shm(file);
    set_len(&file->now, 0);
    set_len(&file->durable, 0);
    file->exists = file->is_durable = false;
}
