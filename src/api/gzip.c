/* SPDX-License-Identifier: MIT */
#include "api/gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/text.h"

#define GZIP_LEVEL       1         /* the fastest: JSON of numbers gains little beyond */
#define GZIP_WINDOW_BITS (15 + 16) /* 16 = with gzip's header */
#define GZIP_MEMORY      8         /* zlib's own default */
#define GZIP_PIECE_BYTES ((size_t)1 << 20)

/* "gzip", "x-gzip" or "*", unless their weight is 0. */
static bool names_gzip(struct slice piece)
{
    char text[64];
    piece = text_trim(piece);
    const char *semicolon = piece.len > 0 ? memchr(piece.data, ';', piece.len) : NULL;
    struct slice name = {piece.data,
                         semicolon == NULL ? piece.len : (size_t)(semicolon - piece.data)};
    name = text_trim(name);
    if (!text_copy_slice(text, sizeof(text), name) ||
        !(text_is_nocase(text, "gzip") || text_is_nocase(text, "x-gzip") || text_is(text, "*")))
        return false;
    if (semicolon == NULL)
        return true;
    struct slice rest = {semicolon + 1, piece.len - (size_t)(semicolon + 1 - piece.data)};
    if (!text_copy_slice(text, sizeof(text), text_trim(rest)))
        return false;
    const char *weight = text_after(text, "q=");
    return weight == NULL || strtod(weight, NULL) > 0;
}

bool gzip_is_accepted(const char *header)
{
    struct slice rest = slice_of(header == NULL ? "" : header), piece;
    while (text_next_piece(&rest, ',', &piece)) {
        if (names_gzip(piece))
            return true;
    }
    return false;
}

/* Packs what is left in the stream, piece by piece of room. */
static int pack_all(z_stream *stream, struct buf *out)
{
    int state = Z_OK;
    while (state == Z_OK) {
        size_t room = MIN_OF(deflateBound(stream, stream->avail_in) + 64, GZIP_PIECE_BYTES);
        int error = buf_reserve(out, room);
        if (error != 0)
            return error;
        stream->next_out = (Bytef *)out->data + out->len;
        stream->avail_out = (uInt)room;
        state = deflate(stream, Z_FINISH);
        out->len += room - stream->avail_out;
    }
    return state == Z_STREAM_END ? 0 : -EIO;
}

int gzip_pack(const void *data, size_t len, struct buf *out)
{
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)data, .avail_in = (uInt)len};
    if (len > UINT32_MAX)
        return -E2BIG;
    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return -ENOMEM;
    int error = pack_all(&stream, out);
    deflateEnd(&stream);
    return error;
}
