/* packed_writer.c - writes what packed.h reads; see packed_writer.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/packed_writer.h"

#include "analyzer/util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

/* Of traces of ProFTPD's sessions, 9 makes 20 % less than 3, and takes three times as long. */
#define LEVEL 9

#define SKIPPED_HEADER 8 /* bytes: magic and length of a frame that zstd skips */

#define FIRST_ROOM 8192 /* more than a page that cannot be compressed takes, and such a frame */

struct packed_writer {
    int fd;
    uint64_t size;
    ZSTD_CCtx *context;
    unsigned char *packed;
    size_t capacity;
};

struct packed_writer *packed_writer_new(int fd)
{
    struct packed_writer *writer = xcalloc(1, sizeof(*writer));
    writer->fd = fd;
    writer->context = ZSTD_createCCtx();
    if (!writer->context)
        memory_exhausted();
    ZSTD_CCtx_setParameter(writer->context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(writer->context, ZSTD_c_checksumFlag, 1);
    return writer;
}

void packed_writer_free(struct packed_writer *writer)
{
    ZSTD_freeCCtx(writer->context);
    free(writer->packed);
    free(writer);
}

uint64_t packed_writer_size(const struct packed_writer *writer)
{
    return writer->size;
}

static bool put(struct packed_writer *writer, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(writer->fd, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        size -= (size_t)done;
        writer->size += (uint64_t)done;
    }
    return true;
}

/* BYTES compressed into writer->packed, behind SKIPPED_HEADER bytes of room; its length. */
static size_t compress(struct packed_writer *writer, const void *bytes, size_t size)
{
    size_t bound = ZSTD_compressBound(size) + SKIPPED_HEADER;
    if (bound > writer->capacity) {
        writer->capacity = bound;
        free(writer->packed);
        writer->packed = xmalloc(bound);
    }
    size_t length = ZSTD_compress2(writer->context, writer->packed + SKIPPED_HEADER,
                                   writer->capacity - SKIPPED_HEADER, bytes, size);
    if (ZSTD_isError(length)) /* there is room, so this is all that can be wrong */
        memory_exhausted();
    return length;
}

bool packed_writer_frame(struct packed_writer *writer, const void *bytes, size_t size)
{
    size_t length = compress(writer, bytes, size);
    return put(writer, writer->packed + SKIPPED_HEADER, length);
}

bool packed_writer_skip_first(struct packed_writer *writer)
{
    writer->size = FIRST_ROOM;
    return lseek(writer->fd, FIRST_ROOM, SEEK_SET) == FIRST_ROOM;
}

bool packed_writer_put_first(struct packed_writer *writer, const void *bytes, size_t size)
{
    const size_t length = compress(writer, bytes, size);
    unsigned char room[FIRST_ROOM] = {0};
    const uint32_t rest[2] = {ZSTD_MAGIC_SKIPPABLE_START,
                              (uint32_t)(sizeof(room) - length - SKIPPED_HEADER)};
    memcpy(room, writer->packed + SKIPPED_HEADER, length);
    memcpy(room + length, rest, sizeof(rest));
    return pwrite(writer->fd, room, sizeof(room), 0) == sizeof(room);
}

bool packed_writer_blocks(struct packed_writer *writer, const struct packed_block *blocks,
                          size_t count)
{
    size_t length = compress(writer, blocks, count * sizeof(*blocks));
    const uint32_t header[2] = {PACKED_INDEX_MAGIC, (uint32_t)length};
    _Static_assert(sizeof(header) == SKIPPED_HEADER, "magic and length");
    memcpy(writer->packed, header, sizeof(header));
    return put(writer, writer->packed, length + SKIPPED_HEADER);
}
