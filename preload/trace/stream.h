/*
 * stream.h - where events and definitions are written: one stream a thread and depth of signal
 * nesting, so that no writer ever waits for another, nor for the code that its signal interrupted.
 *
 * All of this is async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_STREAM_H
#define PRELOAD_TRACE_STREAM_H

#include "preload/trace/format.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_WATCHED 256 /* pools of calls that are under way, see preload/hooks/growth.c */
#define STREAM_NESTING 8   /* the recorder interrupted by a handler that is recorded, and so on */

/* The part of a block that is still free. */
struct stream_block {
    struct trace_block *block; /* NULL before the first */
    uint8_t *cursor, *end;     /* the same where there is none; end: of what was reached of it */
    uint32_t sequence;
    uint16_t left;       /* pages of the block that are behind */
    uint16_t opened;     /* blocks, since the last was abandoned; or as many as fit */
    uint32_t stacks;     /* backtraces defined in it */
    uint32_t last_stack; /* id of the last of them */
};

/* A pool whose growth is measured during a call, for preload/hooks/growth.c. */
struct stream_watched {
    uint64_t sp;     /* of the call */
    uint64_t pool;   /* 0: it has ended */
    uint64_t used;   /* bytes in it, when that began */
    uint64_t told;   /* bytes that events since then say it grew by */
    uint64_t within; /* the function that was called */
};

/* What the fast path needs comes first, on four lines of the cache. */
struct stream {
    uint32_t number;
    uint16_t depth;
    bool missed; /* the next backtrace is known not to be in the cache */
    struct stream_block events;
    struct stack_cache *cache; /* preload/unwind/stack_cache.h; NULL before the first use */
    uint32_t unread;           /* events until the clock is read again */
    uint32_t last_stack;       /* of an event in the block */
    uint64_t coarse;           /* clock_coarse() when it was read */
    uint64_t epoch;            /* streams_epoch when it was read; 0: it is to be read */
    uint64_t last_tick;        /* of the last event in the block */
    uint64_t unnamed; /* a pool that nobody was seen to name, see preload/hooks/naming.h; 0: none */
    uint32_t watching;      /* pools whose growth is measured, see preload/hooks/growth.h */
    uint32_t unnamed_left;  /* events that look for the name of `unnamed` */
    uint64_t last_pool;     /* that was put into the reader's pool cache */
    uint64_t last_object;   /* in the block */
    const void *unnamed_of; /* the system of `unnamed` */
    uint64_t pools[TRACE_POOL_SLOTS]; /* the reader's pool cache, as it will be */
    struct stream_block definitions;
    pthread_t thread; /* that took it last */
    int32_t tid;      /* of that, to the kernel */
    struct shared_stacks
        *shared;             /* preload/unwind/stack_definitions.h; NULL before the first use */
    struct scratch *scratch; /* preload/unwind/scratch.h; NULL before the first use */
    uint64_t cleared;  /* the pool that was cleared last with all below it; 0: or another way */
    uint32_t asked;    /* the backtrace of the call at stack pointer `asked_sp`, found before */
    uint64_t asked_sp; /* the function was called, see preload/hooks/serve.h; 0: of none */
    struct stream_watched *watched; /* `watching` of STREAM_WATCHED, in its scratch */
} __attribute__((aligned(64)));     /* two threads write to no common line of the cache */

/* Where in the pool cache POOL has its place. */
static inline unsigned stream_slot(uint64_t pool)
{
    return (unsigned)((pool >> 4) * 0x9e3779b97f4a7c15u >> 60);
}

_Static_assert(TRACE_POOL_SLOTS == 1u << (64 - 60), "as many slots as there are places");

/*
 * Lower half: how many threads have a stream. The upper half grows with each change of it, and with
 * streams_notify_others().
 */
extern uint64_t streams_epoch;

/* The stream that wrote last about a pool or an object, by a hash of its address: its number + 1.
 */
#define STREAM_OWNERS 4096u
extern uint16_t stream_owners[STREAM_OWNERS];

static inline uint16_t *stream_owner(uint64_t address)
{
    return &stream_owners[(address >> 4) * 0x9e3779b97f4a7c15u >> (64 - 12)];
}

_Static_assert(STREAM_OWNERS == 1u << 12, "as many owners as there are places");

/* Whether threads other than the caller, which has one, have a stream. */
static inline bool streams_are_several(void)
{
    return (uint32_t)__atomic_load_n(&streams_epoch, __ATOMIC_RELAXED) > 1;
}

/*
 * Is no other stream written to? Then an event needs no new time to be told from theirs. Nor does
 * it where no other wrote about its POOL and its OBJECT, whose address another pool of another
 * stream may have had before, since this one did, if it is about these alone. This holds for what
 * happens in the order that the program's own synchronisation gives it; what has no order may come
 * out in any.
 */
static inline bool stream_is_alone(const struct stream *stream)
{
    uint64_t epoch = __atomic_load_n(&streams_epoch, __ATOMIC_RELAXED);
    return stream->epoch == epoch && (uint32_t)epoch == 1;
}

/* OBJECT: POOL once more, where there is none. */
static inline bool stream_owns(const struct stream *stream, uint64_t pool, uint64_t object)
{
    const uint64_t epoch = __atomic_load_n(&streams_epoch, __ATOMIC_RELAXED);
    const uint16_t self = (uint16_t)(stream->number + 1);
    return __builtin_expect(stream->epoch == epoch, true) &&
           (__builtin_expect((uint32_t)epoch == 1, true) ||
            (__atomic_load_n(stream_owner(pool), __ATOMIC_RELAXED) == self &&
             __atomic_load_n(stream_owner(object), __ATOMIC_RELAXED) == self));
}

/* A time that is after that of any event before, whatever the stream. STREAM owns POOL and OBJECT
 * now. */
uint64_t stream_tick(struct stream *stream, uint64_t pool, uint64_t object);

/* The next event of every stream gets a time that is after those so far. */
void streams_notify_several(void);
static inline void streams_notify_others(void)
{
    if (__builtin_expect((uint32_t)__atomic_load_n(&streams_epoch, __ATOMIC_RELAXED) != 1, false))
        streams_notify_several();
}

/*
 * Who has entered, of a thread. The last one's stack pointer and how many there are change in one
 * store: a handler that came between two would leave its own behind, and the next one be misled by
 * it.
 */
struct stream_self {
    uint64_t latest; /* stack pointer, a multiple of 16, plus how many have entered */
    uint64_t outer[STREAM_NESTING]; /* stack pointers of those before */
    uint64_t tick;                  /* the last of stream_tick() */
    uint32_t none_since;            /* no stream was free when so many had been given back */
    struct stream *stream[STREAM_NESTING];
};

extern __thread struct stream_self stream_self;

/* Makes the calling thread's streams go back to the free ones when it ends. Once, at start-up.
 * FORGET drops what a stream holds of the thread that had it before; it is async-signal-safe. */
void streams_setup(void (*forget)(struct stream *stream));

/*
 * In a forked child: no stream of the parent's is used again. Those whose writer was interrupted
 * by the fork (the child may return into it) are left alone for good.
 */
void streams_forget(void);

/* A new trace begins in the same process, while nobody writes: threads keep their streams. */
void streams_restart(void);

/* Is the calling thread inside stream_enter()? Then a fork returns into the recorder. */
bool streams_active(void);

/*
 * Begins a piece of recording on this thread; NULL (and counted) when there is no stream to be
 * had, and then stream_leave() must not be called.
 */
struct stream *stream_enter(void);
void stream_leave(void);

/* The same for who was called with FRAME, an address on the stack, at or above the caller's frame:
 * that the one before has left, by siglongjmp(), is known as soon as the program calls from no
 * deeper than then. */
struct stream *stream_enter_at(const void *frame);

/*
 * The same for who interrupts nobody, on a thread that has its stream: else NULL, and
 * stream_enter_at() is to be called. FRAME is an address on the stack, at or above the caller's
 * frame.
 */
static inline struct stream *stream_enter_fast(const void *frame)
{
    if (__builtin_expect(stream_self.latest != 0, false))
        return NULL;
    __asm__ volatile("" ::: "memory");
    stream_self.latest = ((uint64_t)(uintptr_t)frame & ~UINT64_C(15)) + 1;
    __asm__ volatile("" ::: "memory"); /* a handler from here on uses the next stream */
    struct stream *stream = stream_self.stream[0];
    if (__builtin_expect(!stream, false))
        stream_self.latest = 0;
    return stream;
}

static inline void stream_leave_fast(void)
{
    __asm__ volatile("" ::: "memory");
    stream_self.latest = 0;
}

/* At least SIZE free bytes in the stream's definitions, or for events; false: recording has
 * stopped.
 */
bool stream_reserve_definition(struct stream *stream, size_t size);
bool stream_reserve_events(struct stream *stream, size_t size);

/* Between units of work: there is space for the events of the next one, if it has not many, so that
 * nobody waits for it meanwhile. */
void stream_reach_ahead(struct stream *stream);

static inline bool stream_has_room(const struct stream *stream, size_t size)
{
    return (size_t)(stream->events.end - stream->events.cursor) >= size;
}

/* Makes everything up to CURSOR part of the trace. */
static inline void stream_commit(struct stream_block *to, uint8_t *cursor)
{
    to->cursor = cursor;
    __atomic_store_n(&to->block->used, (uint32_t)(cursor - (uint8_t *)to->block), __ATOMIC_RELEASE);
}

#endif
