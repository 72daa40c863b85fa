/* stream.c - where events and definitions are written; see stream.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/stream.h"

#include "preload/trace/file.h"
#include "preload/util/address_space.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/old_library.h"
#include "preload/util/stack_bounds.h"
#include "preload/util/system_calls.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

OF_VERSION(pthread_key_create, "GLIBC_2.2.5");
OF_VERSION(pthread_key_delete, "GLIBC_2.2.5");
OF_VERSION(pthread_setspecific, "GLIBC_2.2.5");

#define STREAMS_FIRST 1024u /* as many threads as most programs have at most */
/* What a thread keeps for a later key, the C library allocates: from where a handler may have
 * interrupted. */
#define KEYS_AT_HAND 32

#define BLOCK_SIZE_MIN  TRACE_PAGE
#define BLOCK_DOUBLINGS 6 /* up to 256 KiB */
#define MORE_DOUBLINGS  1 /* of the further streams: a reader has a block of each at a time */

/* Bytes of a block that there is space for at a time: the kernel takes some microseconds a page, in
 * the middle of what the program does for somebody. */
#define STEP (2 * TRACE_PAGE)

/* Less than that is not waited for. */
#define AHEAD TRACE_PAGE

static struct stream first_streams[STREAMS_FIRST];
static struct stream *more_streams; /* NULL: none of them was needed */
/* Which of them are in use: apart from them, so that who looks for one that is free disturbs
 * nobody who writes. */
static bool taken[TRACE_STREAMS_MAX];
static unsigned streams_known;     /* those from here on were never taken */
FORKED static unsigned first_free; /* those before are taken, but for one that is given back now */
static unsigned in_use = STREAMS_FIRST; /* those from here on are not taken yet */
static uint32_t given_back = 1;         /* how often one that was taken became free */
static pthread_key_t thread_end;
static bool has_thread_end;
static void (*forget_thread)(struct stream *stream);

_Static_assert(TRACE_STREAMS_MAX % STREAMS_FIRST == 0, "a number of times twice as many");
_Static_assert(BLOCK_SIZE_MIN << BLOCK_DOUBLINGS <= TRACE_BLOCK_MAX, "readers refuse more");

#define ONE_CHANGE (UINT64_C(1) << 32)

uint64_t streams_epoch = ONE_CHANGE;
uint16_t stream_owners[STREAM_OWNERS];

__thread struct stream_self stream_self;

#define DEPTH_MASK 15u
_Static_assert(STREAM_NESTING <= DEPTH_MASK, "so many are counted");

/* Stream number I; of the further ones, once one of them was taken. */
static struct stream *stream_at(unsigned i)
{
    return i < STREAMS_FIRST ? &first_streams[i] : &more_streams[i - STREAMS_FIRST];
}

/* False: there is no memory for them. */
static bool map_more(void)
{
    const size_t size = (TRACE_STREAMS_MAX - STREAMS_FIRST) * sizeof(struct stream);
    struct stream *none = NULL;
    if (__atomic_load_n(&more_streams, __ATOMIC_ACQUIRE))
        return true;
    void *more = address_space_map(size);
    if (more && !__atomic_compare_exchange_n(&more_streams, &none, more, false, __ATOMIC_ACQ_REL,
                                             __ATOMIC_ACQUIRE))
        address_space_unmap(more, size); /* another thread was faster */
    return more || none;
}

static unsigned depth_now(void)
{
    return (unsigned)stream_self.latest & DEPTH_MASK;
}

/* What was begun and not committed is left behind: the next writer opens a block of its own. */
static void close_block(struct stream_block *to)
{
    const struct trace_block *block = to->block;
    if (block && block->magic == TRACE_BLOCK_MAGIC)
        to->sequence = block->sequence + 1;
    to->block = NULL;
    to->end = to->cursor;
    to->left = 0;
    to->opened = 0; /* who abandons once may do so often */
}

/* Whoever entered from FIRST up to END will not come back, in the middle of whatever it was. */
static void abandon(unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        struct stream *stream = stream_self.stream[i];
        if (!stream)
            continue;
        close_block(&stream->events);
        close_block(&stream->definitions);
    }
}

/* A thread's first stream is taken, or one that was is free again. */
static void count_taken(int change)
{
    __atomic_fetch_add(&streams_epoch, ONE_CHANGE + (uint64_t)(int64_t)change, __ATOMIC_RELAXED);
}

void streams_notify_several(void)
{
    __atomic_fetch_add(&streams_epoch, ONE_CHANGE, __ATOMIC_RELAXED);
}

/*
 * What a thread does after another one took a stream finds streams_epoch changed. Nested streams
 * own nothing: each of their events has a time, and the stream they interrupt is told to look.
 * Of two streams that take an address at once, that which is not its owner in the end may have read
 * the later time: then the owner must read it again.
 */
uint64_t stream_tick(struct stream *stream, uint64_t pool, uint64_t object)
{
    uint64_t epoch = __atomic_load_n(&streams_epoch, __ATOMIC_RELAXED);
    const uint16_t self = (uint16_t)(stream->number + 1);
    uint16_t *owner = stream_owner(pool), *other = stream_owner(object);
    bool several = (uint32_t)epoch != 1 || stream->depth != 0;
    stream->epoch = stream->depth == 0 ? epoch : 0;
    if (several)
        __atomic_exchange_n(owner, self, __ATOMIC_SEQ_CST);
    if (several && other != owner)
        __atomic_exchange_n(other, self, __ATOMIC_SEQ_CST);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* a handler from here on takes it back */
    uint64_t now = clock_ticks_now();
    if (several && (__atomic_load_n(owner, __ATOMIC_SEQ_CST) != self ||
                    __atomic_load_n(other, __ATOMIC_SEQ_CST) != self))
        streams_notify_others();
    stream_self.tick = now > stream_self.tick
                           ? now
                           : stream_self.tick + 1; /* processors' clocks may differ a little */
    return stream_self.tick;
}

/* The counter is the later one: who saw it has looked at all that it counts. */
static void give_back(unsigned number)
{
    unsigned first = __atomic_load_n(&first_free, __ATOMIC_RELAXED);
    __atomic_store_n(&taken[number], false, __ATOMIC_RELEASE);
    while (first > number && !__atomic_compare_exchange_n(&first_free, &first, number, false,
                                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
    __atomic_fetch_add(&given_back, 1, __ATOMIC_RELEASE);
}

/* Where no key tells, the kernel does, when there are no more streams: those of threads that are
 * gone become free. */
static bool reclaim(void)
{
    const unsigned known = __atomic_load_n(&streams_known, __ATOMIC_RELAXED);
    const int error = errno;
    bool any = false;
    if (has_thread_end || !system_calls_may(CALL_ALIVE) || !system_calls_may(CALL_PROCESS))
        return false;
    for (unsigned i = 0; i < known; i++) {
        struct stream *stream = stream_at(i);
        int32_t tid = __atomic_load_n(&stream->tid, __ATOMIC_ACQUIRE);
        if (tid == 0 || syscall(SYS_tgkill, getpid(), tid, 0) == 0 || errno != ESRCH ||
            !__atomic_compare_exchange_n(&stream->tid, &tid, 0, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            continue;
        close_block(&stream->events);
        close_block(&stream->definitions);
        if (stream->depth == 0)
            count_taken(-1);
        give_back(i);
        any = true;
    }
    errno = error;
    return any;
}

static void release_thread(void *unused)
{
    (void)unused;
    abandon(0, depth_now());
    stream_self.latest = 0;
    if (stream_self.stream[0])
        count_taken(-1);
    for (unsigned i = 0; i < STREAM_NESTING; i++) {
        struct stream *stream = stream_self.stream[i];
        stream_self.stream[i] = NULL;
        if (stream)
            give_back(stream->number);
    }
}

void streams_setup(void (*forget)(struct stream *stream))
{
    forget_thread = forget;
    if (pthread_key_create(&thread_end, release_thread) != 0)
        return;
    has_thread_end = thread_end < KEYS_AT_HAND;
    if (!has_thread_end)
        pthread_key_delete(thread_end);
}

bool streams_active(void)
{
    return stream_self.latest != 0;
}

static bool is_interrupted(const struct stream *stream)
{
    for (unsigned i = 0; i < depth_now(); i++) {
        if (stream_self.stream[i] == stream)
            return true;
    }
    return false;
}

void streams_forget(void)
{
    /* A child must not get a copy of every page of them. */
    for (unsigned i = 0; i < streams_known; i++) {
        struct stream *stream = stream_at(i);
        if (taken[i] && is_interrupted(stream))
            continue;
        stream->events = stream->definitions = (struct stream_block){0};
        stream->tid = 0;
        stream->asked_sp = 0;
        taken[i] = false;
    }
    first_free = 0;
    given_back++;
    streams_epoch = (streams_epoch & ~(ONE_CHANGE - 1)) + ONE_CHANGE;
    for (unsigned i = 0; i < STREAM_NESTING; i++)
        stream_self.stream[i] = NULL;
    stream_self.latest = 0;
}

void streams_restart(void)
{
    for (unsigned i = 0; i < streams_known; i++) {
        struct stream *stream = stream_at(i);
        stream->events = stream->definitions = (struct stream_block){0};
        stream->epoch = 0;
        stream->watching = 0;
        stream->unnamed = stream->cleared = 0;
        forget_thread(stream);
    }
}

/* Makes stream number I the calling thread's, which took it. */
static struct stream *begin_stream(unsigned i, unsigned depth)
{
    struct stream *stream = stream_at(i);
    unsigned known = __atomic_load_n(&streams_known, __ATOMIC_RELAXED);
    while (known <= i && !__atomic_compare_exchange_n(&streams_known, &known, i + 1, false,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
    if (stream->thread != pthread_self())
        forget_thread(stream);
    stream->thread = pthread_self();
    stream->number = i;
    stream->depth = (uint16_t)depth;
    stream->epoch = 0;
    const bool may = system_calls_may(CALL_THREAD);
    __atomic_store_n(&stream->tid, may ? (int32_t)syscall(SYS_gettid) : 0, __ATOMIC_RELEASE);
    if (depth == 0)
        count_taken(1);
    if (depth == 0 && has_thread_end)
        pthread_setspecific(thread_end, stream);
    return stream;
}

/* Stream number I, if it is free. */
static struct stream *try_one(unsigned i, unsigned depth)
{
    bool was = __atomic_load_n(&taken[i], __ATOMIC_RELAXED);
    unsigned first = i;
    if (was || !__atomic_compare_exchange_n(&taken[i], &was, true, false, __ATOMIC_ACQUIRE,
                                            __ATOMIC_RELAXED))
        return NULL;
    __atomic_compare_exchange_n(&first_free, &first, i + 1, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    return begin_stream(i, depth);
}

static struct stream *try_to_take(unsigned depth)
{
    const unsigned end = __atomic_load_n(&in_use, __ATOMIC_ACQUIRE);
    const unsigned first = __atomic_load_n(&first_free, __ATOMIC_RELAXED);
    struct stream *stream = NULL;
    for (unsigned i = first; !stream && i < end; i++)
        stream = try_one(i, depth);
    for (unsigned i = 0; !stream && i < first && i < end; i++)
        stream = try_one(i, depth);
    return stream;
}

/* Twice as many, once threads that have ended without a word have none of those so far. False:
 * there are no more. */
static bool use_more(void)
{
    unsigned end = __atomic_load_n(&in_use, __ATOMIC_ACQUIRE);
    if (end == TRACE_STREAMS_MAX || !map_more())
        return false;
    __atomic_compare_exchange_n(&in_use, &end, 2 * end, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return true; /* or another thread was faster */
}

/* A thread that found none looks again when one was given back, not at each of its events. */
static struct stream *take_stream(unsigned depth)
{
    const uint32_t now = __atomic_load_n(&given_back, __ATOMIC_ACQUIRE);
    if (stream_self.none_since == now)
        return NULL;
    struct stream *taken;
    do {
        taken = try_to_take(depth);
        if (!taken && reclaim())
            taken = try_to_take(depth);
    } while (!taken && use_more());
    if (!taken)
        stream_self.none_since = now;
    return taken;
}

/* What is nested runs on the stack of what it interrupted and below it, or where handlers run. */
static bool has_left(uint64_t frame, uint64_t here, const stack_t *handlers)
{
    bool frame_in_handler = stack_holds(handlers, frame);
    if (stack_holds(handlers, here) == frame_in_handler)
        return here >= frame;
    return frame_in_handler;
}

/*
 * A signal handler that interrupted the recorder may leave by siglongjmp(): then whoever entered is
 * gone.
 */
static unsigned count_nesting(uint64_t here)
{
    const uint64_t latest = stream_self.latest;
    const unsigned entered = (unsigned)latest & DEPTH_MASK;
    if (entered == 0)
        return 0;
    const stack_t handlers = stack_of_handlers();
    unsigned depth = entered;
    stream_self.outer[depth - 1] = latest - depth;
    while (depth > 0 && has_left(stream_self.outer[depth - 1], here, &handlers))
        depth--;
    abandon(depth, entered);
    return depth;
}

struct stream *stream_enter(void)
{
    return stream_enter_at(__builtin_frame_address(0));
}

struct stream *stream_enter_at(const void *frame)
{
    if (!trace_file_header())
        return NULL;
    uint64_t here = (uint64_t)(uintptr_t)frame & ~(uint64_t)DEPTH_MASK;
    unsigned depth = count_nesting(here);
    if (depth >= STREAM_NESTING) {
        trace_file_lose(TRACE_LOST_NESTING, 1);
        return NULL;
    }
    __asm__ volatile("" ::: "memory");
    stream_self.latest = here + depth + 1;
    __asm__ volatile("" ::: "memory"); /* a handler from here on uses the next stream */
    if (!stream_self.stream[depth])
        stream_self.stream[depth] = take_stream(depth);
    if (depth > 0 && stream_self.stream[0])
        stream_self.stream[0]->epoch = 0;
    if (stream_self.stream[depth])
        return stream_self.stream[depth];
    stream_leave();
    trace_file_lose(TRACE_LOST_THREADS, 1);
    return NULL;
}

void stream_leave(void)
{
    __asm__ volatile("" ::: "memory");
    unsigned depth = depth_now();
    stream_self.latest = depth > 1 ? stream_self.outer[depth - 2] + depth - 1 : 0;
}

/* They grow, two of each size, so that an idle process takes few pages. */
static uint32_t next_size(const struct stream *stream, const struct stream_block *to, size_t needed)
{
    const uint32_t most = stream->number < STREAMS_FIRST ? BLOCK_DOUBLINGS : MORE_DOUBLINGS;
    const uint32_t doublings = to->opened / 2;
    uint32_t size = BLOCK_SIZE_MIN << (doublings < most ? doublings : most);
    while (size < sizeof(struct trace_block) + needed)
        size *= 2;
    return size;
}

/* Of LEFT bytes so many are reached at once where NEEDED are used. */
static size_t step_of(size_t left, size_t needed)
{
    const size_t pages = (needed + TRACE_PAGE - 1) / TRACE_PAGE * TRACE_PAGE;
    const size_t step = pages > STEP ? pages : STEP;
    return step < left ? step : left;
}

/* More of the block is reached, so that NEEDED bytes have room. False: the block is full. */
static bool reach(struct stream_block *to, size_t needed)
{
    const size_t room = (size_t)(to->end - to->cursor), left = (size_t)to->left * TRACE_PAGE;
    const size_t step = room + left < needed ? 0 : step_of(left, needed - room);
    if (step == 0 || !trace_file_reach(to->end, step))
        return false;
    to->left -= (uint16_t)(step / TRACE_PAGE);
    to->end += step;
    return true;
}

/* Opens a block with room for NEEDED bytes. */
static bool open_block(struct stream *stream, struct stream_block *to, enum trace_block_type type,
                       size_t needed)
{
    const uint32_t size = next_size(stream, to, needed);
    const size_t first = step_of(size, sizeof(struct trace_block) + needed);
    struct trace_block *block = trace_file_claim(size, first);
    if (!block)
        return false;
    block->type = type;
    block->depth = stream->depth;
    block->size = size;
    block->used = sizeof(*block);
    block->stream = stream->number;
    block->sequence = to->sequence;
    block->base_tick = clock_ticks();
    block->tid = stream->tid;
    to->block = block; /* before the magic: close_block() looks for it */
    __atomic_store_n(&block->magic, TRACE_BLOCK_MAGIC, __ATOMIC_RELEASE);
    to->sequence++;
    to->opened += to->opened < UINT16_MAX;
    to->stacks = to->last_stack = 0;
    to->cursor = (uint8_t *)(block + 1);
    to->end = (uint8_t *)block + first;
    to->left = (uint16_t)((size - first) / TRACE_PAGE);
    return true;
}

bool stream_reserve_events(struct stream *stream, size_t size)
{
    if (reach(&stream->events, size))
        return true;
    if (!open_block(stream, &stream->events, TRACE_BLOCK_EVENTS, size)) {
        trace_file_lose(TRACE_LOST_STOPPED, 1);
        return false;
    }
    stream->last_tick = stream->events.block->base_tick;
    for (unsigned i = 0; i < TRACE_POOL_SLOTS; i++)
        stream->pools[i] = 0;
    stream->last_pool = stream->last_object = stream->last_stack = 0;
    return true;
}

/* Not where a new block would have to be opened. */
void stream_reach_ahead(struct stream *stream)
{
    struct stream_block *to = &stream->events;
    const size_t room = (size_t)(to->end - to->cursor);
    if (to->block && to->left > 0 && room < AHEAD)
        reach(to, room + 1);
}

bool stream_reserve_definition(struct stream *stream, size_t size)
{
    struct stream_block *to = &stream->definitions;
    return (size_t)(to->end - to->cursor) >= size || reach(to, size) ||
           open_block(stream, to, TRACE_BLOCK_DEFINITIONS, size);
}
