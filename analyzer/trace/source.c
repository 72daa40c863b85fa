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
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned held; /* traces, or those that could not be: how many asked for it */

#define HELD_MOST 256 /* traces, whose descriptors stay */

struct trace_source {
    char *path;
    int fd;                      /* -1: at rest */
    struct packed_trace *packed; /* NULL: the file is the trace */
    struct kept *kept;           /* what was taken out of that */
    uint64_t file_id;            /* 0: not known yet */
    bool all_there;              /* nothing was taken out when that was asked last */
    bool asked, holds;           /* that descriptors stay; they do */
    struct stat opened;          /* the file, as it was first; st_ino 0: not yet */
    uint64_t left_out;           /* see struct trace_header; of a packed one, then */
    bool replaced;               /* it is another one now */
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

/* A packed one may have come in the place of another, and have the same in it: or less. */
static void look_whether_replaced(struct trace_source *source)
{
    struct stat st;
    uint64_t left_out = 0;
    if (fstat(source->fd, &st) != 0)
        return;
    const bool first = !source->opened.st_ino;
    const bool same = st.st_ino == source->opened.st_ino && st.st_dev == source->opened.st_dev;
    if (!first && same)
        return;
    source->opened = st;
    if (source->packed) {
        if (!first) { /* where its frames are is not where the other's were */
            packed_trace_free(source->packed);
            source->packed = packed_trace_new();
        }
        packed_trace_read(source->packed, source->fd, &left_out, sizeof(left_out),
                          offsetof(struct trace_header, left_out));
    } else {
        trace_read_at(source->fd, &left_out, sizeof(left_out),
                      offsetof(struct trace_header, left_out));
    }
    source->replaced |= !first && left_out != source->left_out;
    source->left_out = left_out;
}

static bool wake(struct trace_source *source, struct error *error)
{
    if (source->fd >= 0)
        return true;
    source->fd = open_either(source->path, error);
    if (source->fd >= 0 && !source->packed && packed_trace_begins(source->fd))
        source->packed = packed_trace_new();
    if (source->fd >= 0)
        look_whether_replaced(source);
    return source->fd >= 0;
}

/* With two for each trace, a quarter of the descriptors that there may be. */
static unsigned held_most(void)
{
    struct rlimit limit;
    const bool known = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < HELD_MOST * 8;
    return known ? (unsigned)limit.rlim_cur / 8 : HELD_MOST;
}

void trace_source_hold(struct trace_source *source)
{
    if (source->asked)
        return;
    source->asked = true;
    if (__atomic_add_fetch(&held, 1, __ATOMIC_RELAXED) > held_most())
        return;
    source->holds = true;
    kept_hold(source->kept);
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
    if (source->fd >= 0 && !source->holds)
        close(source->fd);
    source->fd = source->holds ? source->fd : -1;
    kept_rest(source->kept);
}

void trace_source_close(struct trace_source *source)
{
    if (!source)
        return;
    source->holds = false;
    if (source->asked)
        __atomic_sub_fetch(&held, 1, __ATOMIC_RELAXED);
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
    source->all_there = !kept_is_there(source->kept);
    if (source->all_there)
        return kept_size(source->kept) > 0;
    if (!source->file_id)
        trace_read_at(source->fd, &source->file_id, sizeof(source->file_id),
                      offsetof(struct trace_header, file_id));
    return kept_look(source->kept, source->file_id);
}

/* Whether there is something in each page of SIZE bytes at OFFSET, of what was READ of it: none of
 * them was taken out, which is done by whole pages. */
static bool is_in_all_pages(const unsigned char *read, size_t size, uint64_t offset)
{
    static const unsigned char zeros[TRACE_PAGE];
    for (size_t done = 0, part; done < size; done += part) {
        part = TRACE_PAGE - (size_t)((offset + done) % TRACE_PAGE);
        part = part < size - done ? part : size - done;
        if (read[done] == 0 && memcmp(read + done, zeros, part) == 0)
            return false;
    }
    return true;
}

static ssize_t read_file(struct trace_source *source, void *to, size_t size, uint64_t offset)
{
    const ssize_t got = trace_read_at(source->fd, to, size, offset);
    if (got > 0 && source->all_there && is_in_all_pages(to, (size_t)got, offset))
        return got;
    if (got <= 0 || !look_at_kept(source) || kept_read(source->kept, to, (size_t)got, offset))
        return got;
    return 0;
}

ssize_t trace_source_read(struct trace_source *source, void *to, size_t size, uint64_t offset)
{
    struct error error;
    if (!wake(source, &error))
        return -1;
    if (source->replaced)
        return 0;
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
    if (source->replaced)
        return "it was thinned while it was read";
    return source->packed ? packed_trace_fault(source->packed) : kept_fault(source->kept);
}
