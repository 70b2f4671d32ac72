/* SPDX-License-Identifier: MIT */
#include "ctl/bundle.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define MAGIC        "sentora\x1a"
#define VERSION      1
#define HEADER_BYTES 20
#define HEAD_BYTES   20 /* of an entry; its name follows */
#define KIND_FILE    1
#define KIND_END     2
#define CHUNK_BYTES  ((size_t)256 * 1024)

_Static_assert(BUNDLE_DIGEST_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");

typedef crypto_generichash_state digest_state;

static void put(uint8_t *out, uint64_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at, size_t n_bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n_bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static void digest_init(digest_state *state)
{
    crypto_generichash_init(state, NULL, 0, BUNDLE_DIGEST_BYTES);
}

static void digest_add(digest_state *state, const void *bytes, size_t len)
{
    crypto_generichash_update(state, bytes, len);
}

static void digest_end(digest_state *state, uint8_t out[BUNDLE_DIGEST_BYTES])
{
    crypto_generichash_final(state, out, BUNDLE_DIGEST_BYTES);
}

/* ---- writing ---- */

static int write_at(int file, const void *bytes, size_t len, uint64_t offset)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t wrote = pwrite(file, at, len, (off_t)offset);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -errno;
        at += wrote;
        len -= (size_t)wrote;
        offset += (uint64_t)wrote;
    }
    return 0;
}

static int append(struct bundle_writer *writer, const void *bytes, size_t len)
{
    int error = write_at(writer->file, bytes, len, writer->offset);
    if (error == 0)
        writer->offset += len;
    return error;
}

int bundle_begin(struct bundle_writer *writer, int file, msec_t now_ms)
{
    if (sodium_init() < 0)
        return -EIO;
    *writer = (struct bundle_writer){.file = file};
    uint8_t header[HEADER_BYTES];
    memcpy(header, MAGIC, 8);
    put(header + 8, VERSION, 4);
    put(header + 12, (uint64_t)now_ms, 8);
    digest_init(&writer->digests);
    digest_add(&writer->digests, header, sizeof(header));
    return append(writer, header, sizeof(header));
}

/* Copies to the end of the bundle; the digest goes on over the bytes. */
static int copy_data(struct bundle_writer *writer, int source, digest_state *digest,
                     uint64_t *out_size)
{
    CLEANUP(memory_freep) char *chunk = memory_alloc(CHUNK_BYTES);
    uint64_t size = 0;
    for (;;) {
        ssize_t got = pread(source, chunk, CHUNK_BYTES, (off_t)size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        digest_add(digest, chunk, (size_t)got);
        int error = append(writer, chunk, (size_t)got);
        if (error != 0)
            return error;
        size += (uint64_t)got;
    }
    *out_size = size;
    return 0;
}

static size_t encode_head(const struct bundle_entry *entry, uint8_t *out)
{
    size_t name_len = strlen(entry->name);
    put(out, KIND_FILE, 4);
    put(out + 4, name_len, 4);
    put(out + 8, entry->mode, 4);
    put(out + 12, entry->size, 8);
    memcpy(out + HEAD_BYTES, entry->name, name_len);
    return HEAD_BYTES + name_len;
}

int bundle_add(struct bundle_writer *writer, const char *name, int source)
{
    struct stat info;
    struct bundle_entry entry = {0};
    if (fstat(source, &info) != 0)
        return -errno;
    if (!text_copy(entry.name, sizeof(entry.name), name))
        return -ENAMETOOLONG;
    entry.mode = info.st_mode & 0777;

    /* The size is known at the end only, so the head is written last, in the gap left for it. */
    uint64_t head_at = writer->offset;
    writer->offset += HEAD_BYTES + strlen(name);
    digest_state digest;
    digest_init(&digest);
    int error = copy_data(writer, source, &digest, &entry.size);
    uint8_t head[HEAD_BYTES + BUNDLE_NAME_MAX], sum[BUNDLE_DIGEST_BYTES];
    size_t head_len = encode_head(&entry, head);
    digest_add(&digest, head, head_len);
    digest_end(&digest, sum);
    if (error == 0)
        error = write_at(writer->file, head, head_len, head_at);
    if (error == 0)
        error = append(writer, sum, sizeof(sum));
    if (error != 0)
        return error;
    digest_add(&writer->digests, sum, sizeof(sum));
    writer->n_entries++;
    writer->data_bytes += entry.size;
    return 0;
}

int bundle_finish(struct bundle_writer *writer)
{
    uint8_t trailer[8 + BUNDLE_DIGEST_BYTES];
    put(trailer, KIND_END, 4);
    put(trailer + 4, writer->n_entries, 4);
    digest_add(&writer->digests, trailer, 8);
    digest_end(&writer->digests, trailer + 8);
    int error = append(writer, trailer, sizeof(trailer));
    return error == 0 && fsync(writer->file) != 0 ? -errno : error;
}

/* ---- reading ---- */

struct reader {
    int file;
    uint64_t offset, end;
    digest_state digests;
    struct bundle_summary summary;
    const struct bundle_sink *sink;
    void *arg;
    struct problem *problem;
};

static int damaged(struct reader *reader, const char *what)
{
    problem_set(reader->problem, "%s, at byte %llu", what, (unsigned long long)reader->offset);
    return -EBADMSG;
}

static int read_bytes(struct reader *reader, void *out, size_t len)
{
    if (reader->end - reader->offset < len)
        return damaged(reader, "it is cut short");
    char *at = out;
    while (len > 0) {
        ssize_t got = pread(reader->file, at, len, (off_t)reader->offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            int error = got < 0 ? -errno : -EBADMSG;
            problem_set(reader->problem, "cannot read it: %s", strerror(-error));
            return error;
        }
        at += got;
        len -= (size_t)got;
        reader->offset += (uint64_t)got;
    }
    return 0;
}

static int read_header(struct reader *reader)
{
    uint8_t header[HEADER_BYTES];
    int error = read_bytes(reader, header, sizeof(header));
    if (error != 0)
        return error;
    if (memcmp(header, MAGIC, 8) != 0)
        return damaged(reader, "it is no backup of Sentora");
    if (get(header + 8, 4) != VERSION)
        return damaged(reader, "a newer version of Sentora made it");
    reader->summary.made_ms = (msec_t)get(header + 12, 8);
    digest_add(&reader->digests, header, sizeof(header));
    return 0;
}

/* Plain names, at most one folder deep; nothing that leads out. */
static bool is_good_name(const char *name)
{
    unsigned slashes = 0;
    for (const char *at = name; *at != '\0'; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                     (*at >= '0' && *at <= '9') || strchr("-_.", *at) != NULL;
        bool begins = at == name || at[-1] == '/';
        if ((!plain && *at != '/') || (begins && (*at == '.' || *at == '/')))
            return false;
        slashes += *at == '/';
    }
    return *name != '\0' && slashes <= 1 && name[strlen(name) - 1] != '/';
}

static int read_data(struct reader *reader, uint64_t size, digest_state *digest)
{
    CLEANUP(memory_freep) char *chunk = memory_alloc(CHUNK_BYTES);
    while (size > 0) {
        size_t len = (size_t)MIN_OF(size, (uint64_t)CHUNK_BYTES);
        int error = read_bytes(reader, chunk, len);
        if (error == 0 && reader->sink != NULL)
            error = reader->sink->data(reader->arg, chunk, len);
        if (error != 0)
            return error;
        digest_add(digest, chunk, len);
        size -= len;
    }
    return 0;
}

/* The head's first 8 bytes are read already. */
static int read_entry_head(struct reader *reader, uint8_t *head, struct bundle_entry *entry)
{
    size_t name_len = (size_t)get(head + 4, 4);
    if (name_len > BUNDLE_NAME_MAX)
        return damaged(reader, "a name is too long");
    int error = read_bytes(reader, head + 8, HEAD_BYTES - 8 + name_len);
    if (error != 0)
        return error;
    *entry = (struct bundle_entry){.mode = (mode_t)get(head + 8, 4) & 0777,
                                   .size = get(head + 12, 8)};
    memcpy(entry->name, head + HEAD_BYTES, name_len);
    if (strlen(entry->name) != name_len || !is_good_name(entry->name))
        return damaged(reader, "a name is not valid");
    if (entry->size > reader->end - reader->offset)
        return damaged(reader, "it is cut short");
    return 0;
}

static int read_entry(struct reader *reader, uint8_t *head)
{
    struct bundle_entry entry;
    int error = read_entry_head(reader, head, &entry);
    if (error == 0 && reader->sink != NULL)
        error = reader->sink->begin(reader->arg, &entry);
    if (error != 0)
        return error;
    digest_state digest;
    digest_init(&digest);
    error = read_data(reader, entry.size, &digest);
    uint8_t stored[BUNDLE_DIGEST_BYTES], sum[BUNDLE_DIGEST_BYTES];
    if (error == 0)
        error = read_bytes(reader, stored, sizeof(stored));
    if (error != 0)
        return error;
    digest_add(&digest, head, HEAD_BYTES + strlen(entry.name));
    digest_end(&digest, sum);
    if (memcmp(sum, stored, sizeof(sum)) != 0)
        return damaged(reader, "a file in it is damaged");
    digest_add(&reader->digests, sum, sizeof(sum));
    reader->summary.n_entries++;
    reader->summary.data_bytes += entry.size;
    return reader->sink == NULL ? 0 : reader->sink->end(reader->arg);
}

static int read_trailer(struct reader *reader, const uint8_t *head)
{
    uint8_t stored[BUNDLE_DIGEST_BYTES], sum[BUNDLE_DIGEST_BYTES];
    int error = read_bytes(reader, stored, sizeof(stored));
    if (error != 0)
        return error;
    digest_add(&reader->digests, head, 8);
    digest_end(&reader->digests, sum);
    if (get(head + 4, 4) != reader->summary.n_entries || memcmp(sum, stored, sizeof(sum)) != 0)
        return damaged(reader, "its parts do not belong together");
    return reader->offset == reader->end ? 0
                                         : damaged(reader, "something follows behind its end");
}

static int read_all(struct reader *reader)
{
    int error = read_header(reader);
    while (error == 0) {
        uint8_t head[HEAD_BYTES + BUNDLE_NAME_MAX];
        error = read_bytes(reader, head, 8);
        if (error != 0)
            return error;
        uint64_t kind = get(head, 4);
        if (kind == KIND_END)
            return read_trailer(reader, head);
        if (kind != KIND_FILE || reader->summary.n_entries >= BUNDLE_ENTRIES_MAX)
            return damaged(reader, "it is damaged");
        error = read_entry(reader, head);
    }
    return error;
}

int bundle_read(int file, const struct bundle_sink *sink, void *arg,
                struct bundle_summary *out_summary, struct problem *problem)
{
    struct stat info;
    if (sodium_init() < 0 || fstat(file, &info) != 0) {
        problem_set(problem, "cannot read it: %s", strerror(errno));
        return -EIO;
    }
    struct reader reader = {.file = file,
                            .end = (uint64_t)info.st_size,
                            .sink = sink,
                            .arg = arg,
                            .problem = problem};
    digest_init(&reader.digests);
    int error = read_all(&reader);
    if (error == 0)
        *out_summary = reader.summary;
    return error;
}
