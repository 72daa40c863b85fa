/* source.c - the bytes of a trace, packed or not; see source.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* SEEK_DATA */

#include "analyzer/trace/source.h"

#include "analyzer/trace/file.h"
#include "analyzer/trace/kept.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct trace_source {
    char *path;
    int fd;                      /* -1: at rest */
    struct packed_trace *packed; /* NULL: the file is the trace */
    struct kept *kept;           /* what was taken out of that */
    uint64_t file_id;            /* 0: not known yet */
};

/* PATH, or what a pack has put in its place since it was listed: the same bytes. */
static int open_either(const char *path, struct error *error)
{
    int fd = trace_open_file(path, error);
    if (fd >= 0 || access(path, F_OK) == 0)
        return fd;
    struct error other;
    char *packed = xmalloc(strlen(path) + sizeof(PACKED_SUFFIX));
    stpcpy(stpcpy(packed, path), PACKED_SUFFIX);
    fd = trace_open_file(packed, &other);
    free(packed);
    return fd;
}

static bool wake(struct trace_source *source, struct error *error)
{
    if (source->fd >= 0)
        return true;
    source->fd = open_either(source->path, error);
    if (source->fd >= 0 && !source->packed && packed_trace_begins(source->fd))
        source->packed = packed_trace_new();
    return source->fd >= 0;
}

struct trace_source *trace_source_open(const char *path, struct error *error)
{
    struct trace_source *source = xcalloc(1, sizeof(*source));
    source->path = xstrdup(path);
    source->fd = -1;
    source->kept = kept_new(path);
    if (wake(source, error))
        return source;
    trace_source_close(source);
    return NULL;
}

void trace_source_rest(struct trace_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
    kept_rest(source->kept);
}

void trace_source_close(struct trace_source *source)
{
    if (!source)
        return;
    trace_source_rest(source);
    packed_trace_free(source->packed);
    kept_free(source->kept);
    free(source->path);
    free(source);
}

/* Whether anything was taken out so far. Asked after the file itself was read: before something is
 * missing there, it is kept. */
static bool look_at_kept(struct trace_source *source)
{
    if (!source->file_id)
        trace_read_at(source->fd, &source->file_id, sizeof(source->file_id),
                      offsetof(struct trace_header, file_id));
    return kept_look(source->kept, source->file_id);
}

static ssize_t read_file(struct trace_source *source, void *to, size_t size, uint64_t offset)
{
    const ssize_t got = trace_read_at(source->fd, to, size, offset);
    if (got <= 0 || !look_at_kept(source) || kept_read(source->kept, to, (size_t)got, offset))
        return got;
    return 0;
}

ssize_t trace_source_read(struct trace_source *source, void *to, size_t size, uint64_t offset)
{
    struct error error;
    if (!wake(source, &error))
        return -1;
    if (!source->packed)
        return read_file(source, to, size, offset);
    return (ssize_t)packed_trace_read(source->packed, source->fd, to, size, offset);
}

uint64_t trace_source_size(struct trace_source *source)
{
    struct error error;
    if (!wake(source, &error))
        return 0;
    if (source->packed)
        return packed_trace_size(source->packed, source->fd);
    off_t size = lseek(source->fd, 0, SEEK_END);
    return size < 0 ? 0 : (uint64_t)size;
}

uint64_t trace_source_data(struct trace_source *source, uint64_t offset, uint64_t end)
{
    struct error error;
    if (!wake(source, &error) || source->packed)
        return offset;
    uint64_t kept;
    off_t data = lseek(source->fd, (off_t)offset, SEEK_DATA);
    if (data < 0 && errno != ENXIO)
        return offset;
    const uint64_t at = data < 0 ? end : (uint64_t)data;
    return look_at_kept(source) && kept_next(source->kept, offset, &kept) && kept < at ? kept : at;
}

uint64_t trace_source_kept(struct trace_source *source, const char **ends)
{
    struct error error;
    *ends = NULL;
    if (!wake(source, &error))
        return 0;
    if (source->packed)
        return UINT64_MAX;
    look_at_kept(source);
    *ends = kept_ends(source->kept);
    return kept_size(source->kept);
}

struct packed_block *trace_source_blocks(struct trace_source *source, size_t *count)
{
    struct error error;
    return wake(source, &error) && source->packed
               ? packed_trace_blocks(source->packed, source->fd, count)
               : NULL;
}

const char *trace_source_fault(const struct trace_source *source)
{
    return source->packed ? packed_trace_fault(source->packed) : kept_fault(source->kept);
}
