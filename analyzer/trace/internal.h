/*
 * internal.h - what the files of the trace reader share: open.c (opening), query.c (what was read),
 * damage.c (what is wrong), index.c (blocks), definitions.c (records), backtraces.c (of these,
 * backtraces), decode.c (a stream's events), order.c (those of all streams, in their order) and
 * follow.c (what is written meanwhile).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_INTERNAL_H
#define ANALYZER_TRACE_INTERNAL_H

#include "analyzer/trace/source.h"
#include "analyzer/trace/trace.h"
#include "preload/api/slice.h"

/* Bytes of zeros kept behind what was read of a block, so that one event can be decoded without a
 * check at each byte: more than the longest event without its tag. */
#define DECODE_PADDING 64

#define TRACE_DEFINITIONS_MAX (1u << 28) /* bytes of definitions, and of what is made of them */
#define TRACE_BLOCKS_MAX      (1u << 29) /* bytes of the blocks that are read at a time */

struct block {
    uint64_t offset; /* in the file */
    struct trace_block header;
};

struct name_definition {
    const char *text; /* not terminated */
    uint16_t length;
    bool known;
};

/* By id. */
struct name_list {
    struct name_definition *items;
    size_t count;
};

struct block_list {
    struct block *items;
    size_t count, capacity;
};

/* What was taken from a block of definitions that may grow. */
struct definition_part {
    uint32_t used;                   /* bytes, the header included; 0: nothing yet */
    struct stack_definition *stacks; /* in their order, for those that refer back to them */
    size_t stack_count;
};

#define COUNTED_LABELS 8 /* of one UNITS: of more it is not known how many are told already */

/* The UNITS that a stream read last, and the LABELLED behind it. Where the trace grows, so do
 * they. */
struct counted {
    bool any;
    size_t begin, end;                 /* in the stream's buffer */
    unsigned next;                     /* of `told` */
    uint32_t told[1 + COUNTED_LABELS]; /* how many of each were given to who reads them */
};

/* A thread at one depth of signal nesting: its blocks, read one after the other. */
struct stream {
    uint32_t number;
    bool begun;                              /* a block was read */
    const struct block *blocks, *blocks_end; /* in the order of their sequence */
    const struct block *next;
    unsigned char *buffer; /* what was read of the block before `next`, then DECODE_PADDING zeros */
    size_t capacity;
    const unsigned char *at, *end;
    uint32_t thread; /* of its events */
    uint64_t tick;
    uint64_t slots[TRACE_POOL_SLOTS];
    uint64_t last_pool; /* that was put into one */
    uint64_t last_object;
    uint32_t last_stack;
    const struct name_list *names; /* the trace's */
    struct trace_event pending;    /* decoded, but it is another stream's turn */
    bool has_pending;
    struct counted counted;
    struct phrases *phrases; /* the trace's; NULL: they are not looked for */
};

struct trace {
    char *path;
    struct trace_source *source;
    struct trace_header header;
    char *damage;

    struct block_list events, definitions;
    bool listed;                   /* blocks are where a list in the file has them */
    bool growing;                  /* it may be followed */
    uint64_t scanned;              /* where blocks may still come; 0: everywhere */
    struct definition_part *parts; /* by index in `definitions`, of a growing trace */
    size_t part_count;
    struct stream *streams; /* by number */
    size_t stream_count;
    struct stream **waiting; /* those with an event that waits, a heap by its time */
    size_t waiting_count;
    struct stream *current;  /* whose turn it is... */
    uint64_t turn_ends;      /* ...up to and with this tick */
    uint64_t ends;           /* the tick up to which all streams are whole */
    uint64_t until;          /* the tick up to which events are asked for */
    uint64_t loaded;         /* bytes of blocks of events, so far */
    uint64_t buffered;       /* bytes of all streams' buffers */
    struct phrases *phrases; /* see phrases.h; NULL: there are none yet, or never */

    unsigned char **texts; /* the definition blocks, which the definitions point into */
    size_t text_count;
    uint64_t text_bytes;
    struct module_definition **modules; /* which never move */
    size_t module_count, module_capacity;
    struct trace_unload *unloads;
    size_t unload_count, unload_capacity;
    struct stack_definition *stacks;
    size_t stack_count, stack_capacity;
    struct frame_chunk *chunk; /* the latest of those with the backtraces' frames */
    uint64_t frame_bytes;
    struct name_list names;
    struct hook_definition *hooks;
    size_t hook_count, hook_capacity;
    struct trace_crash crashes[TRACE_CRASHES_MAX];
    size_t crash_count;
    struct trace_child *children;
    size_t child_count, child_capacity;
    char *program;
    char *title; /* the last one that was told */
    char *host[HOST_FACTS];
    char *mode_why;       /* the same, or NULL */
    enum trace_mode mode; /* the same */
    struct resident_notes residents;
    struct slice apis[TRACE_SYSTEMS_MAX]; /* by number; text NULL: there is none */
};

/* Keeps the first damage only: what follows may be its consequence. */
__attribute__((format(printf, 3, 4))) void trace_damaged(struct trace *trace, uint64_t offset,
                                                         const char *format, ...);

/* The tick up to which there are events of the recording, if they are asked for up to UNTIL. */
static inline uint64_t trace_limit(const struct trace *trace, uint64_t until)
{
    const uint64_t stopped = trace->header.stopped_tick;
    return trace_was_ended(&trace->header) && stopped < until ? stopped : until;
}

/* What the block after BLOCK in its stream has as its sequence number. */
static inline uint32_t block_next_sequence(const struct block *block)
{
    return block->header.sequence + 1 + block->header.skipped;
}

/* Finds the blocks; those of events are sorted by stream and sequence. */
void trace_index(struct trace *trace);
/* Finds those that came since, as far as the header claims them now: unsorted. */
void trace_index_news(struct trace *trace, bool want_events);
void trace_sort_events(struct trace *trace);

/* Gives each run of blocks with the same stream number to that stream, which is made when new. */
void trace_place_streams(struct trace *trace);

/* Reads the definition blocks that were found, of a growing trace what is new in them. */
void trace_load_definitions(struct trace *trace);

/* Starts on what stream->buffer holds: LENGTH bytes of events. */
void stream_begin(struct stream *stream, size_t length, const struct trace_block *block);

enum decoded { DECODED_EVENT, DECODED_SOME, DECODED_END, DECODED_DAMAGE };

/* The fields of UNITS and LABELLED, whose kind EVENT has; past the stream's end: they are wrong. */
const unsigned char *decode_units(struct stream *stream, const unsigned char *at,
                                  struct trace_event *event);
/* What STREAM has read to its end is to be read again, as far as it may have grown. */
void decode_units_again(struct stream *stream);

/* Decodes the event at stream->at. On damage, *WHY says what is wrong. */
enum decoded stream_decode(struct stream *stream, struct trace_event *event, const char **why);

/*
 * The same again and again into BATCH, which has room: those not after TURN_ENDS are counted there,
 * allocations from one pool together. DECODED_SOME: until the batch has no more room. Else what it
 * says is about the next one, not counted yet, whose turn may not be now or whose name may be in
 * the block.
 */
enum decoded stream_decode_some(struct stream *stream, uint64_t turn_ends,
                                struct event_batch *batch, const char **why);

#define USUAL_MOST                                                                                 \
    DECODE_PADDING /* bytes of an event of the kinds below with what comes before it */

/* As far as there is nothing but what comes often, which the end of the block and what is wrong are
 * not: the rest is to be decoded by itself. */
void stream_decode_usual(struct stream *stream, uint64_t turn_ends, struct event_batch *batch);

static inline bool event_batch_has_room(const struct event_batch *batch)
{
    return batch->count < EVENT_BATCH && batch->allocation_count < EVENT_ALLOCATIONS &&
           batch->text_used + TRACE_NAME_MAX <= EVENT_TEXTS;
}

/* The block of the event that trace_next() gave last. */
const struct block *trace_block_of_last(const struct trace *trace);

/* The first event of each stream that has none waiting, then whose turn it is. */
void trace_begin_turns(struct trace *trace);

/*
 * Adds the backtrace that is defined by LENGTH bytes at BODY. BLOCK_FIRST: how many there were
 * before its block. False: it is none.
 */
bool trace_add_stack(struct trace *trace, size_t block_first, const unsigned char *body,
                     size_t length);
/* One more, for the caller to set. */
struct stack_definition *trace_new_stack(struct trace *trace);
void trace_free_stacks(struct trace *trace);

/* The varint at AT, of bytes before END; returns what is behind it, NULL: it is none. */
const unsigned char *trace_varint(const unsigned char *at, const unsigned char *end,
                                  uint64_t *value);

/* What was folded so that small numbers of either sign stay small, see TRACE_RECORD_STACK. */
static inline uint64_t trace_signed(uint64_t folded)
{
    return folded >> 1 ^ -(folded & 1);
}

/* The tag with that id; NULL: none has it. */
static inline const struct name_definition *names_find(const struct name_list *names, uint64_t id)
{
    return id < names->count && names->items[id].known ? &names->items[id] : NULL;
}

#endif
