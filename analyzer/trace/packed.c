/* packed.c - a packed trace, read as the trace that it was; see packed.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/packed.h"

#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* What several threads write lies in turns in the file, and is read in the order of time. */
#define CACHED_FRAMES 4

/* So much may come out of a file, beside so many times of what is in it. */
#define UNPACKED_FREE  (UINT64_C(1) << 30)
#define UNPACKED_TIMES 1000

#define FIRST_WINDOW   (64u << 10)
#define SKIPPED_HEADER 8  /* bytes: magic and length of a frame that zstd skips */
#define FRAME_HEADER   18 /* bytes, at most, of a frame that it does not */

struct packed_frame {
    uint64_t at;     /* in the packed file */
    uint64_t offset; /* of its first byte in the trace */
    uint32_t packed, size;
};

struct packed_trace {
    struct packed_frame *frames; /* found so far */
    size_t count, capacity;
    uint64_t at;   /* in the packed file: where the next frame begins */
    uint64_t size; /* of the trace, as far as it was found */
    bool listed;   /* all frames were found */
    struct packed_frame index;
    unsigned char *unpacked[CACHED_FRAMES];
    size_t held[CACHED_FRAMES]; /* which frame it is, plus one */
    char fault[96];
};

/* Part of the file, for the search for frames. */
struct window {
    unsigned char *bytes;
    size_t used, capacity;
    uint64_t at; /* in the file */
};

bool packed_trace_begins(int fd)
{
    uint32_t magic;
    return trace_read_at(fd, &magic, sizeof(magic), 0) == sizeof(magic) &&
           magic == ZSTD_MAGICNUMBER;
}

struct packed_trace *packed_trace_new(void)
{
    return xcalloc(1, sizeof(struct packed_trace));
}

void packed_trace_free(struct packed_trace *packed)
{
    if (!packed)
        return;
    for (unsigned i = 0; i < CACHED_FRAMES; i++)
        free(packed->unpacked[i]);
    free(packed->frames);
    free(packed);
}

const char *packed_trace_fault(const struct packed_trace *packed)
{
    return packed->fault[0] ? packed->fault : NULL;
}

static void set_fault(struct packed_trace *packed, uint64_t at, const char *what)
{
    if (!packed->fault[0])
        snprintf(packed->fault, sizeof(packed->fault), "packed, at %" PRIu64 " there: %s", at,
                 what);
}

/* Moves WINDOW to AT, with what it has from there on, and reads until it is full. */
static void fill(struct window *window, int fd, uint64_t at)
{
    size_t passed = at - window->at < window->used ? (size_t)(at - window->at) : window->used;
    window->used -= passed;
    memmove(window->bytes, window->bytes + passed, window->used);
    window->at = at;
    ssize_t got = trace_read_at(fd, window->bytes + window->used, window->capacity - window->used,
                                at + window->used);
    window->used += got > 0 ? (size_t)got : 0;
}

/* Length of the frame at AT, which is in WINDOW then as far as it has to be; 0: there is none. */
static size_t frame_length(struct window *window, int fd, uint64_t at)
{
    size_t most = ZSTD_compressBound(PACKED_FRAME) + SKIPPED_HEADER;
    for (;;) {
        size_t length = ZSTD_findFrameCompressedSize(window->bytes + (at - window->at),
                                                     window->used - (size_t)(at - window->at));
        if (!ZSTD_isError(length))
            return length;
        if (window->at == at && window->used == window->capacity) {
            if (window->capacity >= most)
                return 0;
            window->capacity *= 2;
            window->bytes = xrealloc(window->bytes, window->capacity);
        }
        size_t before = window->at == at ? window->used : 0;
        fill(window, fd, at);
        if (window->used == before)
            return 0;
    }
}

static void append_frame(struct packed_trace *packed, size_t length, uint64_t size)
{
    GROW(packed->frames, packed->count, packed->capacity);
    packed->frames[packed->count++] = (struct packed_frame){
        .at = packed->at,
        .offset = packed->size,
        .packed = (uint32_t)length,
        .size = (uint32_t)size,
    };
    packed->size += size;
}

/* Takes the frame of LENGTH bytes at TEXT; false: it is none of ours. */
static bool take_frame(struct packed_trace *packed, const unsigned char *text, size_t length)
{
    uint32_t magic;
    memcpy(&magic, text, sizeof(magic));
    if (magic == PACKED_INDEX_MAGIC)
        packed->index = (struct packed_frame){.at = packed->at + SKIPPED_HEADER,
                                              .packed = (uint32_t)length - SKIPPED_HEADER};
    if ((magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START)
        return true;
    unsigned long long size = ZSTD_getFrameContentSize(text, length);
    if (packed->size > UNPACKED_FREE + UNPACKED_TIMES * packed->at) {
        set_fault(packed, packed->at, "more comes out of it than can be");
        return false;
    }
    if (size > PACKED_FRAME || length > ZSTD_compressBound(PACKED_FRAME))
        return false;
    append_frame(packed, length, size);
    return true;
}

/* Looks for frames until the one that holds OFFSET, or the end. */
static void list_frames(struct packed_trace *packed, int fd, uint64_t offset)
{
    struct window window = {.bytes = xmalloc(FIRST_WINDOW), .capacity = FIRST_WINDOW};
    fill(&window, fd, packed->at);
    while (!packed->listed && packed->size <= offset) {
        size_t length = frame_length(&window, fd, packed->at);
        if (length == 0) {
            packed->listed = true;
            if (window.used > packed->at - window.at)
                set_fault(packed, packed->at, "a frame that is cut off, or none");
        } else if (!take_frame(packed, window.bytes + (packed->at - window.at), length)) {
            packed->listed = true;
            set_fault(packed, packed->at, "not packed by lifeguard (zstd -d unpacks it)");
        }
        packed->at += length;
    }
    free(window.bytes);
}

uint64_t packed_trace_size(struct packed_trace *packed, int fd)
{
    list_frames(packed, fd, UINT64_MAX);
    return packed->size;
}

/* Index of the frame that holds OFFSET, which is below packed->size. */
static size_t find_frame(const struct packed_trace *packed, uint64_t offset)
{
    size_t low = 0, high = packed->count - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (packed->frames[middle].offset <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Unpacks FRAME, whose place and sizes are known. NULL, or what is wrong. */
static const char *unpack(int fd, const struct packed_frame *frame, unsigned char *to)
{
    unsigned char *text = xmalloc(frame->packed);
    const char *wrong = "cannot be read";
    if (trace_read_at(fd, text, frame->packed, frame->at) == (ssize_t)frame->packed) {
        size_t got = ZSTD_decompress(to, frame->size, text, frame->packed);
        if (ZSTD_isError(got))
            wrong = ZSTD_getErrorName(got);
        else
            wrong = got == frame->size ? NULL : "a frame of another length";
    }
    free(text);
    return wrong;
}

/* What frame INDEX holds, or NULL. */
static const unsigned char *unpacked_frame(struct packed_trace *packed, int fd, size_t index)
{
    const struct packed_frame *frame = &packed->frames[index];
    unsigned slot = index % CACHED_FRAMES;
    if (packed->held[slot] == index + 1)
        return packed->unpacked[slot];
    packed->held[slot] = 0;
    free(packed->unpacked[slot]);
    packed->unpacked[slot] = xmalloc(frame->size);
    const char *wrong = unpack(fd, frame, packed->unpacked[slot]);
    if (wrong) {
        set_fault(packed, frame->at, wrong);
        return NULL;
    }
    packed->held[slot] = index + 1;
    return packed->unpacked[slot];
}

size_t packed_trace_read(struct packed_trace *packed, int fd, void *to, size_t size,
                         uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        uint64_t from = offset + done;
        list_frames(packed, fd, from);
        if (from >= packed->size)
            break;
        size_t index = find_frame(packed, from);
        const struct packed_frame *frame = &packed->frames[index];
        const unsigned char *bytes = unpacked_frame(packed, fd, index);
        if (!bytes)
            break;
        size_t skipped = (size_t)(from - frame->offset), part = frame->size - skipped;
        if (part > size - done)
            part = size - done;
        memcpy((char *)to + done, bytes + skipped, part);
        done += part;
    }
    return done;
}

struct packed_block *packed_trace_blocks(struct packed_trace *packed, int fd, size_t *count)
{
    list_frames(packed, fd, UINT64_MAX);
    unsigned char head[FRAME_HEADER];
    struct packed_frame index = packed->index;
    ssize_t got = index.packed ? trace_read_at(fd, head, sizeof(head), index.at) : 0;
    unsigned long long size = got > 0 ? ZSTD_getFrameContentSize(head, (size_t)got) : 0;
    if (size == 0 || size > PACKED_INDEX_MAX || size % sizeof(struct packed_block) != 0)
        return NULL;
    if (size / sizeof(struct packed_block) > packed->size / TRACE_PAGE) {
        set_fault(packed, index.at, "a list of more blocks than can be");
        return NULL;
    }
    index.size = (uint32_t)size;
    struct packed_block *blocks = xmalloc(index.size);
    if (unpack(fd, &index, (unsigned char *)blocks)) {
        free(blocks);
        return NULL;
    }
    *count = index.size / sizeof(*blocks);
    return blocks;
}
