/* thin_kept.c - what was taken out of a trace, thinned; see thin_kept.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/thin_kept.h"

#include "analyzer/trace/kept_writer.h"
#include "analyzer/trace/packed.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REMAINDER  ".thin"
#define ZEROS_MOST (UINT64_C(1) << 31) /* bytes of a piece of zeros */

/* Where a range of the new file is from. */
enum origin { FROM_KEPT, FROM_THINNED, FROM_NOTHING };

struct part {
    struct kept_range range;
    enum origin origin;
    uint64_t at;               /* FROM_THINNED: its offset there, where nothing is: UINT64_MAX */
    struct trace_block header; /* the same */
};

struct parts {
    struct part *items;
    size_t count, capacity;
};

/* Of one stream: what of it is thinned. */
struct thinned_stream {
    uint64_t base_tick;
    uint32_t number, next; /* the sequence number of what comes after that */
    uint32_t count;        /* blocks that are left */
    size_t last;           /* the last of these, among the parts */
};

struct thinning {
    const struct thin_kept_request *request;
    int thinned;                 /* the file with what is left, and... */
    struct packed_trace *packed; /* ...what it holds */
    struct parts left;           /* blocks that are left, without a place yet */
    struct parts room;           /* where they were, by their offsets */
    struct parts parts;          /* of the new file */
    struct keymap index;         /* of the streams by number, plus 1: theirs, from 1 */
    struct thinned_stream *streams;
    size_t stream_count, stream_capacity;
};

bool thin_kept_is_remainder(const char *name)
{
    const size_t length = strlen(name), suffix = strlen(REMAINDER KEPT_SUFFIX);
    return name[0] == '.' && length > suffix &&
           strcmp(name + length - suffix, REMAINDER KEPT_SUFFIX) == 0;
}

static void add(struct parts *parts, struct part part)
{
    GROW(parts->items, parts->count, parts->capacity);
    parts->items[parts->count++] = part;
}

/* Events of a thread, not of handlers that interrupted the recorder in it. */
static bool is_of_thread(const struct trace_block *block)
{
    return block->magic == TRACE_BLOCK_MAGIC && block->type == TRACE_BLOCK_EVENTS &&
           block->depth == 0 && block->stream + 1 < TRACE_THREADS_MAX;
}

static bool chooses(void *data, uint64_t offset, const struct trace_block *header)
{
    struct kept_range range;
    return is_of_thread(header) && kept_find(data, offset, &range);
}

static struct thinned_stream *stream_of(struct thinning *thinning, const struct trace_block *block)
{
    uint32_t *number = keymap_put(&thinning->index, (uint64_t)block->stream + 1);
    if (!*number) {
        GROW(thinning->streams, thinning->stream_count, thinning->stream_capacity);
        thinning->streams[thinning->stream_count++] =
            (struct thinned_stream){.base_tick = block->base_tick, .number = block->stream};
        *number = (uint32_t)thinning->stream_count;
    }
    return &thinning->streams[*number - 1];
}

/* What is kept: what stays as it is, and where there is room for what is left of the rest. */
static bool list_kept(struct thinning *thinning)
{
    struct kept *kept = thinning->request->kept;
    struct kept_range range = {TRACE_PAGE, 0};
    while (kept_following(kept, range.offset + range.size, &range)) {
        struct trace_block block;
        if (!kept_read(kept, &block, sizeof(block), range.offset))
            return false;
        const bool of_thread = is_of_thread(&block);
        if (of_thread) {
            struct thinned_stream *stream = stream_of(thinning, &block);
            const uint32_t next = block.sequence + 1 + block.skipped;
            stream->next = next > stream->next ? next : stream->next;
            stream->base_tick =
                block.base_tick < stream->base_tick ? block.base_tick : stream->base_tick;
        }
        const bool room = of_thread || block.magic == 0;
        add(room ? &thinning->room : &thinning->parts,
            (struct part){.range = range, .origin = room ? FROM_NOTHING : FROM_KEPT});
    }
    return true;
}

static bool read_thinned(const struct thinning *thinning, void *to, size_t size, uint64_t at)
{
    return packed_trace_read(thinning->packed, thinning->thinned, to, size, at) == size;
}

/* The blocks of events in the thinned file, numbered anew. */
static bool list_left(struct thinning *thinning)
{
    struct trace_block block;
    uint64_t at = TRACE_PAGE;
    for (; read_thinned(thinning, &block, sizeof(block), at) && block.magic == TRACE_BLOCK_MAGIC;
         at += block.size) {
        if (!is_of_thread(&block))
            continue;
        struct thinned_stream *stream = stream_of(thinning, &block);
        block.sequence = stream->count++;
        stream->last = thinning->left.count;
        add(&thinning->left,
            (struct part){
                .range = {0, block.size}, .origin = FROM_THINNED, .at = at, .header = block});
    }
    return true;
}

/* What comes next in each stream has the number that it had. False: there are more blocks than
 * there were. */
static bool number_streams(struct thinning *thinning)
{
    for (size_t i = 0; i < thinning->stream_count; i++) {
        struct thinned_stream *stream = &thinning->streams[i];
        if (stream->count > stream->next)
            return false;
        if (stream->count == 0) {
            stream->last = thinning->left.count;
            stream->count = 1;
            add(&thinning->left, (struct part){.range = {0, TRACE_PAGE},
                                               .origin = FROM_THINNED,
                                               .at = UINT64_MAX,
                                               .header = {.magic = TRACE_BLOCK_MAGIC,
                                                          .type = TRACE_BLOCK_EVENTS,
                                                          .size = TRACE_PAGE,
                                                          .used = sizeof(struct trace_block),
                                                          .stream = stream->number,
                                                          .base_tick = stream->base_tick}});
        }
        thinning->left.items[stream->last].header.skipped = stream->next - stream->count;
    }
    return true;
}

/* Room that lies side by side is one; what is not needed of it is told to be zeros. */
static void add_zeros(struct thinning *thinning, uint64_t offset, uint64_t end)
{
    while (offset < end) {
        const uint64_t size = end - offset < KEPT_PIECE ? end - offset : KEPT_PIECE;
        add(&thinning->parts, (struct part){.range = {offset, size}, .origin = FROM_NOTHING});
        offset += size;
    }
}

/* Gives what is left its places. False: they do not fit. */
static bool place(struct thinning *thinning)
{
    size_t placed = 0;
    for (size_t i = 0; i < thinning->room.count;) {
        uint64_t offset = thinning->room.items[i].range.offset, end = offset;
        while (i < thinning->room.count && thinning->room.items[i].range.offset == end)
            end += thinning->room.items[i++].range.size;
        while (placed < thinning->left.count &&
               thinning->left.items[placed].range.size <= end - offset) {
            struct part part = thinning->left.items[placed++];
            part.range.offset = offset;
            offset += part.range.size;
            add(&thinning->parts, part);
        }
        add_zeros(thinning, offset, end);
    }
    return placed == thinning->left.count;
}

static bool read_part(const struct thinning *thinning, const struct part *part, unsigned char *to)
{
    if (part->origin == FROM_KEPT)
        return kept_read(thinning->request->kept, to, part->range.size, part->range.offset);
    if (part->at == UINT64_MAX)
        memset(to, 0, part->range.size);
    else if (!read_thinned(thinning, to, part->range.size, part->at))
        return false;
    memcpy(to, &part->header, sizeof(part->header));
    return true;
}

/* As many of the parts from FIRST on as go into a piece: zeros alone, or others. */
static size_t list_piece(const struct parts *parts, size_t first, struct kept_list *list)
{
    const bool zeros = parts->items[first].origin == FROM_NOTHING;
    const uint64_t most = zeros ? ZEROS_MOST : KEPT_PIECE;
    list->count = 0;
    list->size = 0;
    for (size_t i = first; i < parts->count && list->count < KEPT_RANGES; i++) {
        const struct part *part = &parts->items[i];
        if ((part->origin == FROM_NOTHING) != zeros || part->range.size > most - list->size)
            break;
        list->ranges[list->count++] = part->range;
        list->size += part->range.size;
    }
    return list->count;
}

static bool write_piece(const struct thinning *thinning, size_t first, const struct kept_list *list,
                        int fd, uint64_t *end)
{
    const struct part *parts = &thinning->parts.items[first];
    const uint64_t file_id = thinning->request->file_id;
    if (parts[0].origin == FROM_NOTHING)
        return kept_write_bytes(fd, end, file_id, list, NULL);
    unsigned char *bytes = xmalloc(list->size), *to = bytes;
    bool ok = true;
    for (size_t i = 0; ok && i < list->count; i++) {
        ok = read_part(thinning, &parts[i], to);
        to += parts[i].range.size;
    }
    ok = ok && kept_write_bytes(fd, end, file_id, list, bytes);
    free(bytes);
    return ok;
}

static int by_kind(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    const bool zeros_a = a->origin == FROM_NOTHING, zeros_b = b->origin == FROM_NOTHING;
    if (zeros_a != zeros_b)
        return zeros_a ? 1 : -1;
    return a->range.offset < b->range.offset ? -1 : a->range.offset > b->range.offset;
}

static bool write_all(struct thinning *thinning, int fd)
{
    struct kept_range ranges[KEPT_RANGES];
    struct kept_list list = {.ranges = ranges};
    uint64_t end = 0;
    bool ok = true;
    qsort(thinning->parts.items, thinning->parts.count, sizeof(struct part), by_kind);
    for (size_t i = 0; ok && i < thinning->parts.count; i += list.count) {
        list_piece(&thinning->parts, i, &list);
        ok = write_piece(thinning, i, &list, fd, &end);
    }
    return ok && fsync(fd) == 0;
}

/* Whether what was written is all there, as it is read. */
static bool verify(const struct thinning *thinning, const char *path)
{
    struct kept *written = kept_new(path);
    unsigned char *bytes = xmalloc(KEPT_PIECE);
    bool ok = kept_look(written, thinning->request->file_id) &&
              kept_size(written) == kept_size(thinning->request->kept);
    for (size_t i = 0; ok && i < thinning->parts.count; i++) {
        const struct kept_range *range = &thinning->parts.items[i].range;
        ok = kept_read(written, bytes, range->size, range->offset);
    }
    ok = ok && !kept_fault(written) && !kept_ends(written);
    kept_free(written);
    free(bytes);
    return ok;
}

/* Under the name of PATH, and in its place then. */
static bool write_and_replace(struct thinning *thinning, const char *path, struct error *error)
{
    const struct thin_kept_request *request = thinning->request;
    char *new = xasprintf("%s" KEPT_SUFFIX, path);
    char *old = xasprintf("%s/%s" KEPT_SUFFIX, request->path, request->name);
    unlink(new);
    const int fd = open(new, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(thinning, fd);
    if (!ok)
        error_set(error, "%s: %s", new, errno ? strerror(errno) : "cannot be written");
    else if (!(ok = verify(thinning, path)))
        error_set(error, "%s: was not written as it should be", new);
    else if (!(ok = rename(new, old) == 0 && fsync(request->dir) == 0))
        error_set(error, "%s: %s", old, strerror(errno));
    if (fd >= 0)
        close(fd);
    unlink(new);
    free(new);
    free(old);
    return ok;
}

static enum thin_result replace(struct thinning *thinning, const char *path, struct error *error)
{
    if (!list_kept(thinning) || !list_left(thinning)) {
        error_set(error, "what is kept cannot be read");
        return THIN_FAILED;
    }
    if (!number_streams(thinning) || !place(thinning)) {
        error_set(error, "what is left takes more than what was there");
        return THIN_NOTHING;
    }
    return write_and_replace(thinning, path, error) ? THIN_DONE : THIN_FAILED;
}

static void end(struct thinning *thinning)
{
    free(thinning->left.items);
    free(thinning->room.items);
    free(thinning->parts.items);
    free(thinning->streams);
    keymap_free(&thinning->index);
    packed_trace_free(thinning->packed);
    if (thinning->thinned >= 0)
        close(thinning->thinned);
}

enum thin_result thin_kept(const struct thin_kept_request *request, uint64_t *left_out,
                           struct error *error)
{
    const struct thin_choice choice = {chooses, request->kept};
    struct thinning thinning = {.request = request, .packed = packed_trace_new()};
    char *trace = xasprintf("%s/%s", request->path, request->name);
    char *path = xasprintf("%s/.%s" REMAINDER, request->path, request->name);
    enum thin_result result = THIN_FAILED;
    thinning.thinned = open(request->path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (thinning.thinned < 0)
        error_set(error, "%s: %s", request->path, strerror(errno));
    else
        result = thin_past(request->path, trace, &choice, thinning.thinned, left_out, error);
    if (result == THIN_DONE)
        result = replace(&thinning, path, error);
    end(&thinning);
    free(path);
    free(trace);
    return result;
}
