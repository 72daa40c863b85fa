/* kept.c - what lifeguard keep took out of a trace; see kept.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/kept.h"

#include "analyzer/trace/file.h"
#include "analyzer/util/error.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

/* What several threads wrote lies in turns in the trace. */
#define CACHED_PIECES 4

#define RANGES_MAX (KEPT_PIECE / TRACE_PAGE) /* of a piece */
#define OFFSET_MAX (UINT64_C(1) << 48)

/* So much may come out of a file, beside so many times of what is in it. */
#define UNPACKED_FREE  (UINT64_C(1) << 30)
#define UNPACKED_TIMES 1000

struct piece {
    uint64_t at; /* of its frame, in the file */
    uint32_t packed, size;
};

/* A range, and where it is. */
struct place {
    struct kept_range range;
    uint32_t piece; /* number */
    uint32_t in;    /* offset in what comes out of that */
};

struct kept {
    char *path;
    int fd;             /* -1: at rest */
    bool holds;         /* that stays */
    bool replaced;      /* another file has its place */
    struct stat opened; /* the file, when it was first; st_ino 0: not yet */
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    struct place *places; /* by offset */
    size_t count, capacity;
    uint64_t end;     /* of the pieces found so far, in the file */
    uint64_t size;    /* bytes of all ranges */
    uint64_t unpacks; /* of these, but those of zeros */
    unsigned char *unpacked[CACHED_PIECES];
    size_t held[CACHED_PIECES]; /* which piece it is, plus one */
    const char
        *ends; /* why there is no other piece: where one is being written, for now; or NULL */
    char fault[96];
};

uint64_t kept_check(const struct kept_piece *piece, const struct kept_range *ranges)
{
    struct kept_piece bare = *piece;
    bare.check = 0;
    return hash_bytes(hash_bytes(HASH_START, &bare, sizeof(bare)), ranges,
                      piece->count * sizeof(*ranges));
}

bool kept_is_state(const char *name)
{
    const size_t prefix = strlen(KEPT_STATE_PREFIX);
    return strncmp(name, KEPT_STATE_PREFIX, prefix) == 0 &&
           strstr(name + prefix, KEPT_STATE_SUFFIX);
}

bool kept_is_file(const char *name)
{
    const size_t length = strlen(name), suffix = strlen(TRACE_SUFFIX KEPT_SUFFIX);
    return length > suffix && strchr("123456789", name[0]) &&
           strcmp(name + length - suffix, TRACE_SUFFIX KEPT_SUFFIX) == 0;
}

struct kept *kept_new(const char *path)
{
    struct kept *kept = xcalloc(1, sizeof(*kept));
    kept->path = xasprintf("%s" KEPT_SUFFIX, path);
    kept->fd = -1;
    return kept;
}

void kept_rest(struct kept *kept)
{
    if (kept->fd >= 0 && !kept->holds)
        close(kept->fd);
    kept->fd = kept->holds ? kept->fd : -1;
    for (unsigned i = 0; i < CACHED_PIECES; i++) {
        free(kept->unpacked[i]);
        kept->unpacked[i] = NULL;
        kept->held[i] = 0;
    }
}

void kept_hold(struct kept *kept)
{
    kept->holds = true;
}

void kept_free(struct kept *kept)
{
    if (!kept)
        return;
    kept->holds = false;
    kept_rest(kept);
    free(kept->pieces);
    free(kept->places);
    free(kept->path);
    free(kept);
}

const char *kept_fault(const struct kept *kept)
{
    return kept->fault[0] ? kept->fault : NULL;
}

static void set_fault(struct kept *kept, uint64_t at, const char *what)
{
    if (!kept->fault[0])
        snprintf(kept->fault, sizeof(kept->fault), "at %" PRIu64 " of the " KEPT_SUFFIX " file: %s",
                 at, what);
}

const char *kept_ends(const struct kept *kept)
{
    return kept->ends;
}

/* NULL, or what is wrong with PIECE, before its list is read. */
static const char *piece_fault(const struct kept_piece *piece, uint64_t file_id)
{
    if (piece->magic != KEPT_MAGIC)
        return "no piece starts here";
    if (piece->version < 1 || piece->version > KEPT_VERSION)
        return "written by another version";
    if (piece->count == 0 || piece->count > RANGES_MAX ||
        piece->length !=
            sizeof(*piece) - 2 * sizeof(uint32_t) + piece->count * sizeof(struct kept_range))
        return "a list of impossible length";
    if ((piece->packed && piece->size > KEPT_PIECE) ||
        piece->packed > ZSTD_compressBound(KEPT_PIECE))
        return "a piece of impossible size";
    return piece->file_id == file_id ? NULL : "of another trace";
}

/* NULL, or what is wrong with what PIECE lists. */
static const char *list_fault(const struct kept_piece *piece, const struct kept_range *ranges)
{
    uint64_t size = 0;
    if (piece->check != kept_check(piece, ranges))
        return "a list that was changed";
    for (uint32_t i = 0; i < piece->count; i++) {
        const struct kept_range *range = &ranges[i];
        if (range->offset < TRACE_PAGE || range->offset > OFFSET_MAX || range->size == 0 ||
            range->size > KEPT_PIECE || (range->offset | range->size) % TRACE_PAGE != 0)
            return "a range where none can be";
        size += range->size;
    }
    return size == piece->size ? NULL : "a list of another length than the piece";
}

static int by_offset(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    return a->range.offset < b->range.offset ? -1 : a->range.offset > b->range.offset;
}

static void add_piece(struct kept *kept, const struct kept_piece *piece,
                      const struct kept_range *ranges)
{
    uint32_t in = 0;
    for (uint32_t i = 0; i < piece->count; i++) {
        GROW(kept->places, kept->count, kept->capacity);
        kept->places[kept->count++] = (struct place){ranges[i], (uint32_t)kept->piece_count, in};
        in += (uint32_t)ranges[i].size;
    }
    GROW(kept->pieces, kept->piece_count, kept->piece_capacity);
    const uint64_t at = kept->end + 2 * sizeof(uint32_t) + piece->length;
    kept->pieces[kept->piece_count++] = (struct piece){at, piece->packed, piece->size};
    kept->end = at + piece->packed;
    kept->size += piece->size;
    kept->unpacks += piece->packed ? piece->size : 0;
}

/* Takes the piece at the end of those that are known, of a file of LENGTH bytes. NULL, or why it
 * cannot be. */
static const char *take_piece(struct kept *kept, uint64_t file_id, uint64_t length)
{
    struct kept_piece piece;
    struct kept_range ranges[RANGES_MAX];
    const uint64_t at = kept->end;
    if (length - at < sizeof(piece) ||
        trace_read_at(kept->fd, &piece, sizeof(piece), at) != sizeof(piece))
        return "cut off";
    const char *fault = piece_fault(&piece, file_id);
    if (fault)
        return fault;
    const size_t size = piece.count * sizeof(*ranges);
    if (length - at < sizeof(piece) + size + piece.packed ||
        trace_read_at(kept->fd, ranges, size, at + sizeof(piece)) != (ssize_t)size)
        return "cut off";
    fault = list_fault(&piece, ranges);
    if (!fault && kept->unpacks > UNPACKED_FREE + UNPACKED_TIMES * at)
        fault = "more comes out of it than can be";
    if (!fault)
        add_piece(kept, &piece, ranges);
    return fault;
}

/* Puts the ranges in order, which must not overlap. */
static void order_places(struct kept *kept)
{
    qsort(kept->places, kept->count, sizeof(*kept->places), by_offset);
    for (size_t i = 1; i < kept->count; i++) {
        const struct kept_range *before = &kept->places[i - 1].range;
        if (kept->places[i].range.offset - before->offset >= before->size)
            continue;
        set_fault(kept, kept->pieces[kept->places[i].piece].at, "a range that is there twice");
        kept->count = i;
    }
}

static bool wake(struct kept *kept)
{
    struct stat st;
    if (kept->fd >= 0)
        return true;
    kept->fd = trace_open_file(kept->path, NULL);
    if (kept->fd < 0 || fstat(kept->fd, &st) != 0)
        return kept->fd >= 0;
    if (!kept->opened.st_ino)
        kept->opened = st;
    kept->replaced |= st.st_ino != kept->opened.st_ino || st.st_dev != kept->opened.st_dev;
    if (kept->replaced)
        set_fault(kept, 0, "another file has its place: it was thinned");
    return true;
}

bool kept_is_there(struct kept *kept)
{
    return wake(kept);
}

bool kept_look(struct kept *kept, uint64_t file_id)
{
    struct stat st;
    const size_t known = kept->count;
    if (!wake(kept) || kept->replaced || fstat(kept->fd, &st) != 0)
        return kept->count > 0;
    kept->ends = NULL;
    while (!kept->ends && (uint64_t)st.st_size > kept->end)
        kept->ends = take_piece(kept, file_id, (uint64_t)st.st_size);
    if (kept->count > known)
        order_places(kept);
    return kept->count > 0;
}

/* Index of the first range that ends behind OFFSET. */
static size_t find_place(const struct kept *kept, uint64_t offset)
{
    size_t low = 0, high = kept->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct kept_range *range = &kept->places[middle].range;
        if (range->offset + range->size <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* NULL, or what is wrong. */
static const char *unpack(const struct kept *kept, const struct piece *piece, unsigned char *to)
{
    const char *wrong = "cannot be read";
    unsigned char *text = xmalloc(piece->packed);
    if (trace_read_at(kept->fd, text, piece->packed, piece->at) == (ssize_t)piece->packed) {
        const size_t got = ZSTD_decompress(to, piece->size, text, piece->packed);
        wrong = ZSTD_isError(got)    ? ZSTD_getErrorName(got)
                : got == piece->size ? NULL
                                     : "a frame of another length";
    }
    free(text);
    return wrong;
}

/* What piece INDEX holds, or NULL. */
static const unsigned char *unpacked_piece(struct kept *kept, size_t index)
{
    const struct piece *piece = &kept->pieces[index];
    const unsigned slot = index % CACHED_PIECES;
    if (kept->held[slot] == index + 1)
        return kept->unpacked[slot];
    kept->held[slot] = 0;
    free(kept->unpacked[slot]);
    kept->unpacked[slot] = xmalloc(piece->size);
    const char *wrong = wake(kept) ? unpack(kept, piece, kept->unpacked[slot]) : "is gone";
    if (wrong) {
        set_fault(kept, piece->at, wrong);
        return NULL;
    }
    kept->held[slot] = index + 1;
    return kept->unpacked[slot];
}

static bool is_zeros(const struct kept *kept, const struct place *place)
{
    return kept->pieces[place->piece].packed == 0;
}

bool kept_read(struct kept *kept, void *to, size_t size, uint64_t offset)
{
    const uint64_t end = offset + size;
    for (size_t i = kept->replaced ? kept->count : find_place(kept, offset); i < kept->count; i++) {
        const struct place *place = &kept->places[i];
        const uint64_t begins = place->range.offset, ends = begins + place->range.size;
        if (begins >= end)
            break;
        const uint64_t from = begins > offset ? begins : offset, until = ends < end ? ends : end;
        if (is_zeros(kept, place)) {
            memset((char *)to + (from - offset), 0, until - from);
            continue;
        }
        const unsigned char *bytes = unpacked_piece(kept, place->piece);
        if (!bytes)
            return false;
        memcpy((char *)to + (from - offset), bytes + place->in + (from - begins), until - from);
    }
    return !kept->replaced;
}

uint64_t kept_size(const struct kept *kept)
{
    return kept->size;
}

uint64_t kept_end(const struct kept *kept)
{
    return kept->end;
}

bool kept_find(const struct kept *kept, uint64_t offset, struct kept_range *range)
{
    const size_t index = find_place(kept, offset);
    if (index == kept->count || kept->places[index].range.offset > offset)
        return false;
    *range = kept->places[index].range;
    return true;
}

bool kept_following(const struct kept *kept, uint64_t offset, struct kept_range *range)
{
    const size_t index = find_place(kept, offset);
    if (index == kept->count)
        return false;
    *range = kept->places[index].range;
    return true;
}

bool kept_next(const struct kept *kept, uint64_t offset, uint64_t *at)
{
    size_t index = find_place(kept, offset);
    while (index < kept->count && is_zeros(kept, &kept->places[index]))
        index++;
    if (index == kept->count)
        return false;
    const uint64_t begins = kept->places[index].range.offset;
    *at = begins > offset ? begins : offset;
    return true;
}
