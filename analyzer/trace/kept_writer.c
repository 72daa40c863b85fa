/* kept_writer.c - writes what kept.h reads; see kept_writer.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/kept_writer.h"

#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

/* Once for each byte that is recorded, at low priority. */
#define LEVEL 12

static bool put(int fd, const void *bytes, size_t size, uint64_t at)
{
    const char *from = bytes;
    while (size > 0) {
        const ssize_t done = pwrite(fd, from, size, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        from += done;
        size -= (size_t)done;
        at += (uint64_t)done;
    }
    return true;
}

/* The bytes of LIST one after the other; NULL: they cannot be read. The caller frees them. */
static unsigned char *gather(int trace, const struct kept_list *list)
{
    unsigned char *bytes = xmalloc(list->size), *to = bytes;
    for (size_t i = 0; i < list->count; i++) {
        const struct kept_range *range = &list->ranges[i];
        const ssize_t got = trace_read_at(trace, to, range->size, range->offset);
        if (got != (ssize_t)range->size) {
            errno = got < 0 ? errno : EIO;
            free(bytes);
            return NULL;
        }
        to += range->size;
    }
    return bytes;
}

/* BYTES compressed; *LENGTH: to how much. The caller frees it. */
static unsigned char *compress(const unsigned char *bytes, size_t size, size_t *length)
{
    const size_t bound = ZSTD_compressBound(size);
    unsigned char *packed = xmalloc(bound);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (!context)
        memory_exhausted();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    *length = ZSTD_compress2(context, packed, bound, bytes, size);
    if (ZSTD_isError(*length)) /* there is room, so this is all that can be wrong */
        memory_exhausted();
    ZSTD_freeCCtx(context);
    return packed;
}

/* First what it is of: where the beginning is there, so is all, even if the machine fails. SYNCED:
 * it is to be on the disk. */
static bool put_piece(int fd, uint64_t *end, struct kept_piece *piece, const struct kept_list *list,
                      const unsigned char *packed, bool synced)
{
    const size_t listed = list->count * sizeof(*list->ranges);
    const uint64_t at = *end + sizeof(*piece) + listed;
    piece->check = kept_check(piece, list->ranges);
    if (!put(fd, packed, piece->packed, at) ||
        !put(fd, list->ranges, listed, *end + sizeof(*piece)) || (synced && fdatasync(fd) != 0) ||
        !put(fd, piece, sizeof(*piece), *end) || (synced && fdatasync(fd) != 0))
        return false;
    *end = at + piece->packed;
    return true;
}

static bool write_list(int kept, uint64_t *end, uint64_t file_id, const struct kept_list *list,
                       const unsigned char *bytes, bool synced)
{
    size_t length = 0;
    unsigned char *packed = bytes ? compress(bytes, list->size, &length) : NULL;
    struct kept_piece piece = {
        .magic = KEPT_MAGIC,
        .length =
            (uint32_t)(sizeof(piece) - 2 * sizeof(uint32_t) + list->count * sizeof(*list->ranges)),
        .version = bytes ? 1 : KEPT_VERSION,
        .count = (uint32_t)list->count,
        .file_id = file_id,
        .packed = (uint32_t)length,
        .size = (uint32_t)list->size,
    };
    const bool done = put_piece(kept, end, &piece, list, packed, synced);
    free(packed);
    return done;
}

bool kept_write_bytes(int kept, uint64_t *end, uint64_t file_id, const struct kept_list *list,
                      const unsigned char *bytes)
{
    return write_list(kept, end, file_id, list, bytes, false);
}

bool kept_write(int kept, uint64_t *end, int trace, uint64_t file_id, const struct kept_list *list)
{
    unsigned char *bytes = gather(trace, list);
    const bool done = bytes && write_list(kept, end, file_id, list, bytes, true);
    free(bytes);
    return done;
}
