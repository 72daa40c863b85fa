/* writer.c - writes a trace; see writer.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/writer.h"

#include "analyzer/thin/encode.h"
#include "analyzer/trace/internal.h"
#include "analyzer/trace/packed_writer.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (64u * 1024)

/* Of handlers that interrupted the recorder: in one order, it does not matter in whose thread. */
#define HANDLERS (TRACE_THREADS_MAX - 1)

/* Of one thread. */
struct stream_writer {
    uint32_t number, sequence;
    unsigned char *block; /* BLOCK_SIZE bytes; NULL: none is open */
    uint8_t *at;
    uint64_t base_tick;
    struct encoder encoder;
};

struct thin_writer {
    struct packed_writer *to;
    const struct trace *from;
    unsigned char *frame; /* PACKED_FRAME bytes: what comes next, and... */
    size_t framed;        /* ...how much of it there is */
    uint64_t end;         /* of what was written, in the trace */
    int wrong;            /* errno, or 0 */
    struct stream_writer *streams;
    size_t stream_count, stream_capacity;
};

static void put_frame(struct thin_writer *writer)
{
    if (writer->framed > 0 && !writer->wrong &&
        !packed_writer_frame(writer->to, writer->frame, writer->framed))
        writer->wrong = errno;
    writer->framed = 0;
}

_Static_assert(TRACE_BLOCK_MAX <= PACKED_FRAME, "any block has room in a frame");

/* A block at BYTES, with zeros up to its SIZE: as many pages as what is used of it takes. */
static void put_block(struct thin_writer *writer, const unsigned char *bytes,
                      struct trace_block header)
{
    header.size = (header.used + TRACE_PAGE - 1) / TRACE_PAGE * TRACE_PAGE;
    if (header.size > PACKED_FRAME - writer->framed)
        put_frame(writer);
    unsigned char *to = writer->frame + writer->framed;
    memcpy(to, bytes, header.used);
    memcpy(to, &header, sizeof(header));
    memset(to + header.used, 0, header.size - header.used);
    writer->framed += header.size;
    writer->end += header.size;
}

static void copy_definitions(struct thin_writer *writer)
{
    const struct trace *from = writer->from;
    unsigned char *bytes = xmalloc(TRACE_BLOCK_MAX);
    for (size_t i = 0; i < from->definitions.count && !writer->wrong; i++) {
        const struct block *block = &from->definitions.items[i];
        if (trace_source_read(from->source, bytes, block->header.used, block->offset) !=
            (ssize_t)block->header.used)
            writer->wrong = EIO;
        else
            put_block(writer, bytes, block->header);
    }
    trace_source_rest(from->source);
    free(bytes);
}

struct thin_writer *thin_writer_new(int fd, const struct trace *from)
{
    struct thin_writer *writer = xcalloc(1, sizeof(*writer));
    *writer = (struct thin_writer){.to = packed_writer_new(fd),
                                   .from = from,
                                   .frame = xmalloc(PACKED_FRAME),
                                   .end = TRACE_PAGE};
    if (!packed_writer_skip_first(writer->to))
        writer->wrong = errno;
    copy_definitions(writer);
    return writer;
}

static struct stream_writer *stream_of(struct thin_writer *writer, uint32_t thread)
{
    const uint32_t number = thread ? thread - 1 : HANDLERS;
    for (size_t i = 0; i < writer->stream_count; i++)
        if (writer->streams[i].number == number)
            return &writer->streams[i];
    GROW(writer->streams, writer->stream_count, writer->stream_capacity);
    struct stream_writer *stream = &writer->streams[writer->stream_count++];
    *stream = (struct stream_writer){.number = number};
    return stream;
}

static void end_block(struct thin_writer *writer, struct stream_writer *stream)
{
    if (!stream->block)
        return;
    put_block(writer, stream->block,
              (struct trace_block){.magic = TRACE_BLOCK_MAGIC,
                                   .type = TRACE_BLOCK_EVENTS,
                                   .depth = stream->number == HANDLERS,
                                   .used = (uint32_t)(stream->at - stream->block),
                                   .stream = stream->number,
                                   .sequence = stream->sequence++,
                                   .base_tick = stream->base_tick});
    free(stream->block);
    stream->block = NULL;
}

static void begin_block(struct stream_writer *stream, uint64_t tick)
{
    const uint64_t last = stream->encoder.tick;
    stream->base_tick = tick > last ? tick : last;
    stream->encoder = (struct encoder){.tick = stream->base_tick};
    stream->block = xmalloc(BLOCK_SIZE);
    stream->at = stream->block + sizeof(struct trace_block);
}

void thin_writer_put(struct thin_writer *writer, const struct trace_event *event)
{
    struct stream_writer *stream = stream_of(writer, event->thread);
    if (stream->block && stream->at + ENCODED_MAX > stream->block + BLOCK_SIZE)
        end_block(writer, stream);
    if (!stream->block)
        begin_block(stream, event->tick);
    stream->at = encode_event(&stream->encoder, stream->at, event);
}

/* What comes first, once all is known. */
static void put_header(struct thin_writer *writer, const struct trace_header *header)
{
    unsigned char page[TRACE_PAGE] = {0};
    struct trace_header written = *header;
    written.claimed = writer->end;
    written.released = 0;
    memcpy(page, &written, sizeof(written));
    put_frame(writer);
    if (!writer->wrong && !packed_writer_put_first(writer->to, page, sizeof(page)))
        writer->wrong = errno;
}

bool thin_writer_end(struct thin_writer *writer, const struct trace_header *header)
{
    for (size_t i = 0; i < writer->stream_count; i++) {
        if (header)
            end_block(writer, &writer->streams[i]);
        free(writer->streams[i].block);
    }
    if (header)
        put_header(writer, header);
    const int wrong = writer->wrong;
    packed_writer_free(writer->to);
    free(writer->frame);
    free(writer->streams);
    free(writer);
    errno = wrong;
    return wrong == 0;
}
