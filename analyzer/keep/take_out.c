/* take_out.c - takes what will not change any more out of a trace; see take_out.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/take_out.h"

#include "analyzer/keep/blocks.h"
#include "analyzer/keep/thin_kept.h"
#include "analyzer/keep/total.h"
#include "analyzer/trace/file.h"
#include "analyzer/trace/kept_writer.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THIN_LEAST 1024u /* bytes that are kept in full: less is not worth it */

#define OPENED (O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

struct kept_trace {
    int dir;
    char *path, *name; /* the whole path; the name in `dir`, part of it */
    struct blocks blocks;
    struct kept *kept;
    bool begun;       /* what is kept was given back here, too */
    uint64_t settled; /* bytes of the file beside it that thinning has left, or could not change */
};

struct kept_trace *kept_trace_new(int dir, const char *path, const char *name)
{
    struct kept_trace *trace = xcalloc(1, sizeof(*trace));
    trace->dir = dir;
    trace->path = xasprintf("%s/%s", path, name);
    trace->name = trace->path + strlen(path) + 1;
    trace->kept = kept_new(trace->path);
    return trace;
}

void kept_trace_free(struct kept_trace *trace)
{
    blocks_free(&trace->blocks);
    kept_free(trace->kept);
    free(trace->path);
    free(trace);
}

const char *kept_trace_name(const struct kept_trace *trace)
{
    return trace->name;
}

void kept_trace_sizes(const struct kept_trace *trace, uint64_t *out, uint64_t *packed)
{
    *out = kept_size(trace->kept);
    *packed = kept_end(trace->kept);
}

/* Each time it is read as a whole: that is once for each time that it grows by half. */
uint64_t kept_trace_full(const struct kept_trace *trace)
{
    const uint64_t end = kept_end(trace->kept);
    const uint64_t full = end > trace->settled ? end - trace->settled : 0;
    return full >= THIN_LEAST && full >= trace->settled / 2 ? full : 0;
}

static bool failed(const struct kept_trace *trace, const char *suffix, const char *why,
                   struct error *error)
{
    error_set(error, "%s%s: %s", trace->path, suffix, why);
    return false;
}

/* Opens NAME with FLAGS: only what is ours, and nobody else's by another name. -1 with *ERROR set.
 */
static int open_own(const struct kept_trace *trace, const char *suffix, int flags,
                    struct error *error)
{
    struct stat st;
    char *name = xasprintf("%s%s", trace->name, suffix);
    const int fd = openat(trace->dir, name, flags | OPENED, 0600);
    free(name);
    if (fd < 0 || fstat(fd, &st) != 0)
        failed(trace, suffix, strerror(errno), error);
    else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
        failed(trace, suffix, "is no file of this user's alone, and left as it is", error);
    else
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Gives back what is kept from BEGIN on, up to END: once the trace tells that. */
static bool give_back(const struct kept_trace *trace, int fd, const struct kept_range *ranges,
                      size_t count, struct error *error)
{
    const uint64_t released = kept_size(trace->kept);
    if (pwrite(fd, &released, sizeof(released), offsetof(struct trace_header, released)) !=
        sizeof(released))
        return failed(trace, "", strerror(errno), error);
    for (size_t i = 0; i < count; i++)
        if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)ranges[i].offset,
                      (off_t)ranges[i].size) != 0)
            return failed(trace, "", strerror(errno), error);
    return true;
}

/* Who was killed between the two had kept what it did not give back yet. */
static bool begin(struct kept_trace *trace, int fd, struct error *error)
{
    struct kept_range range;
    uint64_t at = TRACE_PAGE;
    if (trace->begun)
        return true;
    while (kept_next(trace->kept, at, &at) && kept_find(trace->kept, at, &range)) {
        if (!give_back(trace, fd, &range, 1, error))
            return false;
        at = range.offset + range.size;
    }
    trace->begun = true;
    return true;
}

/* The first COUNT done blocks, as many as fit into a piece. */
static struct kept_list list_blocks(const struct kept_trace *trace, size_t count)
{
    struct kept_list list = {.ranges = xcalloc(count, sizeof(*list.ranges))};
    for (size_t i = 0; i < count; i++) {
        const struct kept_range *range = &trace->blocks.done[i].range;
        if (range->size > KEPT_PIECE - list.size)
            break;
        list.ranges[list.count++] = *range;
        list.size += range->size;
    }
    return list;
}

/* Writes one piece of the first COUNT done blocks, and gives back what it holds. */
static bool take_piece(struct kept_trace *trace, int fd, int kept, uint64_t file_id, size_t count,
                       struct error *error)
{
    const uint64_t before = kept_end(trace->kept);
    uint64_t end = before;
    struct kept_list list = list_blocks(trace, count);
    bool ok = kept_write(kept, &end, fd, file_id, &list);
    if (!ok)
        failed(trace, KEPT_SUFFIX, strerror(errno), error);
    if (ok) {
        kept_look(trace->kept, file_id);
        ok = kept_end(trace->kept) == end ||
             failed(trace, KEPT_SUFFIX, "was not written as it should be", error);
    }
    ok = ok && give_back(trace, fd, list.ranges, list.count, error);
    if (ok) {
        blocks_drop(&trace->blocks, list.count);
        total_give_back(trace->dir, list.size, end - before);
    }
    free(list.ranges);
    return ok;
}

/* Opens the file beside the trace at its end, without what was not written to its end. */
static int open_kept(const struct kept_trace *trace, struct error *error)
{
    const int fd = open_own(trace, KEPT_SUFFIX, O_RDWR | O_CREAT, error);
    if (fd < 0 || ftruncate(fd, (off_t)kept_end(trace->kept)) == 0)
        return fd;
    failed(trace, KEPT_SUFFIX, strerror(errno), error);
    close(fd);
    return -1;
}

static bool take_out(struct kept_trace *trace, int fd, const struct trace_header *header,
                     uint64_t least, struct error *error)
{
    uint64_t bytes;
    size_t count = blocks_settled(&trace->blocks, &bytes);
    if (count == 0 || bytes < least)
        return true;
    const int kept = open_kept(trace, error);
    bool ok = kept >= 0;
    if (ok && kept_end(trace->kept) == 0)
        ok = fsync(trace->dir) == 0 || failed(trace, KEPT_SUFFIX, strerror(errno), error);
    while (ok && count > 0 && bytes >= least) {
        ok = take_piece(trace, fd, kept, header->file_id, count, error);
        count = blocks_settled(&trace->blocks, &bytes);
    }
    if (kept >= 0)
        close(kept);
    return ok;
}

/* What was taken out is all there, or nothing is changed. */
static bool look_at_kept(struct kept_trace *trace, const struct trace_header *header,
                         struct error *error)
{
    kept_look(trace->kept, header->file_id);
    if (kept_size(trace->kept) >= header->released)
        return true;
    const char *ends = kept_ends(trace->kept);
    return failed(trace, KEPT_SUFFIX, ends ? ends : "not all that was taken out is there", error);
}

/* False: there is no trace, or none of ours. One that somebody is about to begin is all zeroes. */
static bool read_header(const struct kept_trace *trace, struct trace_header *header, bool *ended,
                        struct error *error)
{
    const int fd = open_own(trace, "", O_RDONLY, error);
    if (fd < 0)
        return false;
    memset(header, 0, sizeof(*header));
    trace_read_at(fd, header, sizeof(*header), 0);
    *ended = !recording_file_in_use(fd, header->pid);
    const ssize_t size = trace_read_at(fd, header, sizeof(*header), 0);
    const int reason = errno;
    close(fd);
    if (size != sizeof(*header))
        memset(header, 0, sizeof(*header));
    return size >= 0 || failed(trace, "", strerror(reason), error);
}

static bool is_ours(const struct trace_header *header)
{
    return memcmp(header->magic, TRACE_MAGIC, sizeof(header->magic)) == 0 &&
           header->version >= TRACE_OLDEST && header->version <= TRACE_VERSION;
}

bool kept_trace_look(struct kept_trace *trace, uint64_t least, enum taken *taken,
                     struct error *error)
{
    struct trace_header header;
    bool ended;
    *taken = TAKEN;
    if (!read_header(trace, &header, &ended, error))
        return false;
    if (!is_ours(&header)) /* or not begun yet: a packer says what there is to say */
        return true;
    if (!look_at_kept(trace, &header, error))
        return false;
    if (ended && kept_size(trace->kept) == 0) {
        *taken = TAKEN_NOTHING;
        return true;
    }
    const int fd = open_own(trace, "", O_RDWR, error);
    if (fd < 0)
        return false;
    blocks_drop_kept(&trace->blocks, trace->kept);
    bool ok = begin(trace, fd, error) &&
              (blocks_look(&trace->blocks, fd, &header, trace->kept) ||
               failed(trace, "", "has something that is no block, and is left as it is", error));
    if (ok && ended)
        blocks_end(&trace->blocks);
    ok = ok && take_out(trace, fd, &header, ended ? 0 : least, error);
    close(fd);
    kept_rest(trace->kept);
    if (ok && ended)
        *taken = TAKEN_ALL;
    return ok;
}

/* Tells readers that what is kept was thinned, by so many pools more. */
static bool note_thinned(const struct kept_trace *trace, uint64_t left_out, struct error *error)
{
    const uint32_t thinned = TRACE_THINNED_PAST;
    const int fd = open_own(trace, "", O_RDWR, error);
    uint64_t all = 0;
    if (fd < 0)
        return false;
    trace_read_at(fd, &all, sizeof(all), offsetof(struct trace_header, left_out));
    all += left_out;
    const bool ok =
        pwrite(fd, &thinned, sizeof(thinned), offsetof(struct trace_header, thinned)) ==
            sizeof(thinned) &&
        pwrite(fd, &all, sizeof(all), offsetof(struct trace_header, left_out)) == sizeof(all);
    close(fd);
    return ok || failed(trace, "", strerror(errno), error);
}

bool kept_trace_thin(struct kept_trace *trace, struct error *error)
{
    struct trace_header header;
    struct error why = {""};
    bool ended;
    uint64_t left_out = 0;
    if (!read_header(trace, &header, &ended, error))
        return false;
    if (!is_ours(&header))
        return failed(trace, "", "is no trace any more", error);
    const uint64_t before = kept_end(trace->kept);
    char *path = xstrndup(trace->path, (size_t)(trace->name - trace->path) - 1);
    const struct thin_kept_request request = {trace->dir, path, trace->name, trace->kept,
                                              header.file_id};
    const enum thin_result result = thin_kept(&request, &left_out, &why);
    bool ok = result != THIN_FAILED || failed(trace, KEPT_SUFFIX, why.text, error);
    if (result == THIN_DONE) {
        kept_free(trace->kept);
        trace->kept = kept_new(trace->path);
        kept_look(trace->kept, header.file_id);
        total_give_back(trace->dir, before, kept_end(trace->kept));
        ok = note_thinned(trace, left_out, error);
    }
    trace->settled = kept_end(trace->kept);
    kept_rest(trace->kept);
    free(path);
    return ok;
}
