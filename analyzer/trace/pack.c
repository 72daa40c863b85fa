/* pack.c - packs one trace, and compares before it takes its place; see pack.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sync_file_range */

#include "analyzer/trace/pack.h"

#include "analyzer/trace/file.h"
#include "analyzer/trace/internal.h"
#include "analyzer/trace/kept.h"
#include "analyzer/trace/packed_writer.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMAINDER_SUFFIX TRACE_SUFFIX PACKED_SUFFIX ".part"
#define NAMES_MAX        1000 /* traces of one process id in one directory */

/* One trace on its way. */
struct packing {
    const struct pack_place *place;
    const char *name;
    struct trace *trace;
    uint64_t size; /* of the trace, as far as it was written */
    struct stat stat;
    struct packed_part part;
    struct error *error;
};

bool pack_is_remainder(const char *name)
{
    size_t length = strlen(name), suffix = strlen(REMAINDER_SUFFIX);
    return name[0] == '.' && length > suffix &&
           strcmp(name + length - suffix, REMAINDER_SUFFIX) == 0;
}

static bool failed(const struct pack_place *place, const char *name, const char *why,
                   struct error *error)
{
    error_set(error, "%s/%s: %s", place->path, name, why);
    return false;
}

static char *full_path(const struct pack_place *place, const char *name)
{
    size_t size = strlen(place->path) + strlen(name) + 2;
    char *path = xmalloc(size);
    snprintf(path, size, "%s/%s", place->path, name);
    return path;
}

/* Whether NAME can be given to the packed trace: it is free, or a packed copy of the same one. */
static bool is_free(const struct packing *packing, const char *name)
{
    struct trace_header header;
    struct error error;
    if (faccessat(packing->place->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    char *path = full_path(packing->place, name);
    bool same = trace_read_header(path, &header, &error) == TRACE_USABLE &&
                header.file_id == trace_header(packing->trace)->file_id;
    free(path);
    return same;
}

/* A process with the same id may have been recorded and packed before. */
static bool choose_names(struct packing *packing)
{
    char name[NAME_MAX + 1];
    const bool packed = recording_file_kind(packing->name) == FILE_PACKED;
    int stem =
        (int)(strlen(packing->name) - strlen(TRACE_SUFFIX) - (packed ? strlen(PACKED_SUFFIX) : 0));
    if ((size_t)stem + sizeof(REMAINDER_SUFFIX) + 8 > sizeof(name))
        return failed(packing->place, packing->name, "its name is too long", packing->error);
    snprintf(name, sizeof(name), ".%.*s" REMAINDER_SUFFIX, stem, packing->name);
    packing->part.part = xstrdup(name);
    snprintf(name, sizeof(name), "%s%s", packing->name, packed ? "" : PACKED_SUFFIX);
    for (unsigned n = 1; n < NAMES_MAX; n++) {
        if (is_free(packing, name)) {
            packing->part.packed = xstrdup(name);
            return true;
        }
        snprintf(name, sizeof(name), "%.*s.%u" TRACE_SUFFIX PACKED_SUFFIX, stem, packing->name, n);
    }
    return failed(packing->place, packing->name, "too many packed traces have its name",
                  packing->error);
}

/* The next piece from OFFSET on that becomes a frame. */
static size_t piece(const struct packing *packing, uint64_t offset)
{
    uint64_t most = offset == 0 ? TRACE_PAGE : PACKED_FRAME, left = packing->size - offset;
    return (size_t)(left < most ? left : most);
}

/* Reads the piece of SIZE bytes at OFFSET, as it is where nothing was taken out of it. */
static bool read_piece(const struct packing *packing, unsigned char *to, size_t size,
                       uint64_t offset)
{
    const bool whole = trace_source_read(packing->trace->source, to, size, offset) == (ssize_t)size;
    if (offset == 0 && size >= sizeof(struct trace_header))
        ((struct trace_header *)(void *)to)->released = 0;
    return whole;
}

static int by_offset(const void *left, const void *right)
{
    const struct packed_block *a = left, *b = right;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static bool write_blocks(const struct packing *packing, struct packed_writer *writer)
{
    const struct block_list *lists[] = {&packing->trace->events, &packing->trace->definitions};
    size_t most = lists[0]->count + lists[1]->count, count = 0;
    if (trace_damage(packing->trace) || most == 0 ||
        most > PACKED_INDEX_MAX / sizeof(struct packed_block))
        return true;
    struct packed_block *blocks = xcalloc(most, sizeof(*blocks));
    for (size_t list = 0; list < 2; list++)
        for (size_t i = 0; i < lists[list]->count; i++)
            blocks[count++] = (struct packed_block){.offset = lists[list]->items[i].offset,
                                                    .header = lists[list]->items[i].header};
    qsort(blocks, count, sizeof(*blocks), by_offset);
    bool ok = packed_writer_blocks(writer, blocks, count);
    free(blocks);
    return ok;
}

static bool write_frames(const struct packing *packing, struct packed_writer *writer)
{
    unsigned char *bytes = xmalloc(PACKED_FRAME);
    size_t size = 0;
    bool ok = true;
    for (uint64_t offset = 0; ok && offset < packing->size; offset += size) {
        size = piece(packing, offset);
        ok = read_piece(packing, bytes, size, offset) && packed_writer_frame(writer, bytes, size);
        progress_add(size);
    }
    free(bytes);
    return ok;
}

/* Makes the packed file, with what the trace's has of owner and time, and has it written soon. */
static bool write_part(struct packing *packing)
{
    const struct pack_place *place = packing->place;
    struct packed_part *part = &packing->part;
    int fd =
        openat(place->dir, part->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(place, part->part, strerror(errno), packing->error);
    const struct stat *stat = &packing->stat;
    const struct timespec times[] = {stat->st_atim, stat->st_mtim};
    struct packed_writer *writer = packed_writer_new(fd);
    bool ok = write_frames(packing, writer) && write_blocks(packing, writer) &&
              (stat->st_uid == geteuid() || fchown(fd, stat->st_uid, stat->st_gid) == 0) &&
              futimens(fd, times) == 0;
    int wrong = errno;
    part->after = packed_writer_size(writer);
    packed_writer_free(writer);
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only to be faster then */
    close(fd);
    return ok || failed(place, part->part, strerror(wrong), packing->error);
}

/* Whether what was written is the trace, read as the analyzer reads it. */
static bool compare(const struct packing *packing, struct trace_source *packed)
{
    unsigned char *bytes = xmalloc(2 * PACKED_FRAME);
    size_t size = 0;
    bool same = trace_source_size(packed) == packing->size;
    for (uint64_t offset = 0; same && offset < packing->size; offset += size) {
        size = piece(packing, offset);
        same = read_piece(packing, bytes, size, offset) &&
               trace_source_read(packed, bytes + size, size, offset) == (ssize_t)size &&
               memcmp(bytes, bytes + size, size) == 0;
        progress_add(size);
    }
    free(bytes);
    return same;
}

static bool verify(const struct packing *packing)
{
    char *path = full_path(packing->place, packing->part.part);
    struct trace_source *packed = trace_source_open(path, packing->error);
    free(path);
    if (!packed)
        return false;
    bool same = compare(packing, packed);
    trace_source_close(packed);
    return same || failed(packing->place, packing->part.part, "was not written as it should be",
                          packing->error);
}

static enum pack_result pack(struct packing *packing)
{
    uint64_t size = trace_source_size(packing->trace->source);
    uint64_t claimed = trace_header(packing->trace)->claimed;
    packing->size = size < claimed ? size : claimed;
    packing->part = (struct packed_part){.name = xstrdup(packing->name), .before = packing->size};
    if (choose_names(packing)) {
        unlinkat(packing->place->dir, packing->part.part, 0);
        if (write_part(packing) && verify(packing))
            return PACK_DONE;
        unlinkat(packing->place->dir, packing->part.part, 0);
    }
    packed_part_free(&packing->part);
    return PACK_FAILED;
}

/* Whether the trace is at rest; what it takes then in packing->stat. */
static enum pack_result look_at(struct packing *packing, const char *path)
{
    struct trace_header header;
    enum trace_state state = trace_read_header(path, &header, packing->error);
    if (state != TRACE_USABLE)
        return state == TRACE_NOT_BEGUN ? PACK_NONE : PACK_FAILED;
    int fd = trace_open_file(path, packing->error);
    if (fd < 0)
        return PACK_FAILED;
    bool in_use = recording_file_in_use(fd, header.pid);
    bool known = fstat(fd, &packing->stat) == 0;
    close(fd);
    if (!in_use && !known)
        failed(packing->place, packing->name, strerror(errno), packing->error);
    return in_use ? PACK_IN_USE : known ? PACK_DONE : PACK_FAILED;
}

enum pack_result pack_write(const struct pack_place *place, const char *name, const char *instead,
                            struct packed_part *part, struct error *error)
{
    struct packing packing = {.place = place, .name = name, .error = error};
    char *path = full_path(place, name);
    enum pack_result result = look_at(&packing, path);
    if (result == PACK_DONE) {
        packing.trace = trace_open(instead ? instead : path, error);
        result = packing.trace ? pack(&packing) : PACK_FAILED;
        trace_close(packing.trace);
    }
    free(path);
    *part = packing.part;
    return result;
}

void packed_part_free(struct packed_part *part)
{
    free(part->name);
    free(part->part);
    free(part->packed);
    *part = (struct packed_part){0};
}

/* Gives PART its name once it is on the disk. */
static bool finish_part(const struct pack_place *place, const struct packed_part *part,
                        struct error *error)
{
    int fd = openat(place->dir, part->part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0 &&
              renameat(place->dir, part->part, place->dir, part->packed) == 0;
    int wrong = errno;
    if (fd >= 0)
        close(fd);
    return ok || failed(place, part->part, strerror(wrong), error);
}

/* And what was taken out of it. */
static bool remove_trace(const struct pack_place *place, const char *name)
{
    if (unlinkat(place->dir, name, 0) != 0)
        return false;
    char *kept = xasprintf("%s" KEPT_SUFFIX, name);
    unlinkat(place->dir, kept, 0);
    free(kept);
    return true;
}

size_t pack_settle(const struct pack_place *place, struct packed_part *parts, size_t count,
                   struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (finish_part(place, &parts[i], error))
            continue;
        unlinkat(place->dir, parts[i].part, 0);
        free(parts[i].packed);
        parts[i].packed = NULL;
    }
    size_t settled = 0;
    bool named = fsync(place->dir) == 0;
    if (!named)
        error_set(error, "%s: %s", place->path, strerror(errno));
    for (size_t i = 0; i < count && named; i++) {
        const bool same = parts[i].packed && strcmp(parts[i].packed, parts[i].name) == 0;
        if (parts[i].packed && !same && !remove_trace(place, parts[i].name))
            failed(place, parts[i].name, strerror(errno), error);
        else
            settled += parts[i].packed != NULL;
    }
    return settled;
}
