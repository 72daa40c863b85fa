/* open.c - opens and closes a trace. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/trace.h"

#include "analyzer/trace/phrases.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Says in *ERROR why what was GOT of the header is none. */
static void refuse_header(const struct trace_source *source, const char *path, ssize_t got,
                          const struct trace_header *header, struct error *error)
{
    const char *fault = trace_source_fault(source);
    if (got < 0)
        error_set(error, "%s: %s", path, strerror(errno));
    else if (fault)
        error_set(error, "%s: %s", path, fault);
    else if (memcmp(header->magic, TRACE_MAGIC, sizeof(header->magic)) != 0)
        error_set(error, "%s: offset 0: this is no lifeguard trace", path);
    else if (got < (ssize_t)sizeof(*header))
        error_set(error, "%s: offset %zd: cut off within its header", path, got);
    else
        error_set(error,
                  "%s: offset 8: format %" PRIu32
                  ", written by another version; this one reads %d to %d",
                  path, header->version, TRACE_OLDEST, TRACE_VERSION);
}

#define WIPED_LOOK (1u << 20) /* bytes behind the header that are looked through */

/* Whether there was a header before it was overwritten: with its last field but the magic, or
 * behind it anything at all, where nothing is written before there is a header. */
static bool was_begun(struct trace_source *source, const struct trace_header *header)
{
    static const char zeros[TRACE_PAGE];
    char page[TRACE_PAGE];
    ssize_t got = TRACE_PAGE;
    if (header->claimed)
        return true;
    for (uint64_t at = TRACE_PAGE; got > 0 && at < WIPED_LOOK; at += (uint64_t)got) {
        got = trace_source_read(source, page, sizeof(page), at);
        if (got > 0 && memcmp(page, zeros, (size_t)got) != 0)
            return true;
    }
    return false;
}

static enum trace_state read_header(struct trace_source *source, const char *path,
                                    struct trace_header *header, struct error *error)
{
    memset(header, 0, sizeof(*header));
    ssize_t got = trace_source_read(source, header, sizeof(*header), 0);
    static const char none[sizeof(header->magic)];
    if (got == (ssize_t)sizeof(*header) && header->version >= TRACE_OLDEST &&
        header->version <= TRACE_VERSION &&
        memcmp(header->magic, TRACE_MAGIC, sizeof(header->magic)) == 0)
        return TRACE_USABLE;
    if (got >= 0 && !trace_source_fault(source) && memcmp(header->magic, none, sizeof(none)) == 0 &&
        !was_begun(source, header)) {
        error_set(error, "%s: the process ended before its recording began", path);
        return TRACE_NOT_BEGUN;
    }
    refuse_header(source, path, got, header, error);
    return TRACE_UNREADABLE;
}

enum trace_state trace_read_header(const char *path, struct trace_header *header,
                                   struct error *error)
{
    struct trace_source *source = trace_source_open(path, error);
    if (!source)
        return TRACE_UNREADABLE;
    enum trace_state state = read_header(source, path, header, error);
    trace_source_close(source);
    return state;
}

struct trace *trace_open_header(const char *path, struct error *error)
{
    struct trace_source *source = trace_source_open(path, error);
    if (!source)
        return NULL;
    struct trace_header header;
    if (read_header(source, path, &header, error) != TRACE_USABLE) {
        trace_source_close(source);
        return NULL;
    }
    struct trace *trace = xcalloc(1, sizeof(*trace));
    trace->path = xstrdup(path);
    trace->source = source;
    trace->header = header;
    trace->until = trace_limit(trace, UINT64_MAX);
    trace_rewind(trace);
    trace_source_rest(source);
    return trace;
}

static struct trace *open_trace(const char *path, bool growing, struct error *error)
{
    struct trace *trace = trace_open_header(path, error);
    if (!trace)
        return NULL;
    trace->growing = growing;
    if (!growing)
        trace_source_hold(trace->source);
    trace_index(trace);
    trace_load_definitions(trace);
    trace_place_streams(trace);
    trace_rewind(trace);
    trace_source_rest(trace->source);
    return trace;
}

struct trace *trace_open(const char *path, struct error *error)
{
    return open_trace(path, false, error);
}

struct trace *trace_open_growing(const char *path, struct error *error)
{
    return open_trace(path, true, error);
}

static void free_hooks(struct trace *trace)
{
    for (size_t i = 0; i < trace->hook_count; i++) {
        free((char *)trace->hooks[i].function);
        free((char *)trace->hooks[i].module);
        free((char *)trace->hooks[i].how);
    }
    free(trace->hooks);
}

void trace_close(struct trace *trace)
{
    if (!trace)
        return;
    for (size_t i = 0; i < trace->stream_count; i++)
        free(trace->streams[i].buffer);
    phrases_free(trace->phrases);
    for (size_t i = 0; i < trace->text_count; i++)
        free(trace->texts[i]);
    free_hooks(trace);
    free(trace->streams);
    free(trace->waiting);
    free(trace->texts);
    trace_free_stacks(trace);
    for (size_t i = 0; i < trace->module_count; i++)
        free(trace->modules[i]);
    free(trace->modules);
    for (size_t i = 0; i < trace->part_count; i++)
        free(trace->parts[i].stacks);
    free(trace->parts);
    free(trace->unloads);
    free(trace->children);
    free(trace->names.items);
    free(trace->events.items);
    free(trace->definitions.items);
    free(trace->program);
    free(trace->title);
    for (unsigned i = 0; i < HOST_FACTS; i++)
        free(trace->host[i]);
    free(trace->mode_why);
    free(trace->residents.items);
    free(trace->damage);
    trace_source_close(trace->source);
    free(trace->path);
    free(trace);
}
