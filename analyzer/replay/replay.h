/*
 * replay.h - events to the pool tree at any moment.
 *
 * Replay walks every process of a recording, each starting as a copy of its parent at the fork,
 * and tells observers what happens. It goes depth first (a child is replayed when its parent's
 * replay reaches the fork, or by another thread from then on), so memory grows with pools alive,
 * not with processes or events.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_REPLAY_H
#define ANALYZER_REPLAY_REPLAY_H

#include "analyzer/replay/unit_labels.h"
#include "analyzer/trace/api_set.h"
#include "analyzer/trace/trace.h"
#include "preload/api/pool_api.h"

#include <stdbool.h>
#include <stdint.h>

enum process_kind { PROCESS_MASTER, PROCESS_SESSION };
#define PROCESS_KINDS (PROCESS_SESSION + 1)
enum process_phase { PHASE_START, PHASE_STEADY, PHASE_SHUTDOWN };

/* A moment in a process's work: the unit it is in and how many of that kind it has begun. As long
 * as it has begun none, and its start-up is over where that is marked, moments of time stand in. */
struct unit {
    enum api_mark_kind kind; /* API_MARK_COMMAND, _RESTART, _CONNECTION, API_UNIT_TIME;
                                API_MARK_KINDS: none yet */
    uint32_t index;          /* from 1; 0 before the first */
};

#define OBSERVED_AGAIN    48 /* allocations */
#define BRIEF_ALLOCATIONS 32

enum pool_state { POOL_ALIVE, POOL_DYING, POOL_GONE };

struct pool {
    uint64_t address;
    uint32_t parent, first_child, next_sibling, previous_sibling; /* pool numbers, 0: none */
    uint32_t number;      /* of this pool in the process's tree, from 1; reused after its end */
    uint32_t serial;      /* of this pool in the process, never reused; the same in a fork's copy */
    uint32_t order;       /* how many were made with it and before: some are told of later, and have
                             a later serial */
    uint32_t created;     /* stack number (analyzer/symbols/stacks.h) */
    uint32_t tag;         /* string number (replay_string()), 0: none */
    uint32_t first_tag;   /* the one it was given first: later ones may be anybody's words */
    uint64_t bytes;       /* traced so far, rounded up as the API does; the fork's copy included */
    uint64_t allocations; /* given back or not */
    uint64_t capacity;    /* bytes in its blocks, as last seen; UINT64_MAX: not known */
    uint64_t peak_bytes;  /* for the replay: `bytes` at moment `peak_moment` of the process's; those
                             at its worst moment, unless they changed last before that */
    uint64_t peak_moment;
    uint64_t inherited_bytes; /* of `bytes`, what it had at the fork; 0 where it is not inherited */
    uint64_t created_tick;
    uint64_t last_tick;    /* of the event seen last on it, ... */
    struct unit last_unit; /* and the unit that that was in */
    struct unit born;      /* in which unit; kind API_MARK_KINDS: before any */
    enum pool_state state;
    uint8_t root;   /* number of the root variable + 1, see analyzer/trace/api_set.h; 0: no root */
    uint8_t system; /* number of its pool system, see analyzer/trace/api_set.h */
    bool inherited; /* made by the parent, before the fork */
    bool adopted;   /* it was there when it was seen first, with all that it held */
    bool had_pools; /* made in it, or put below it */
    bool brief;     /* see on_brief */
    bool again;     /* for the replay: it comes again, and is in no list of its parent's */
    bool unseen_given_back; /* of what it held when it was adopted something was given back: how
                               much it holds is not known any more */
    uint32_t
        guarded; /* for the replay: the first of its allocations with a page of their own, ... */
    uint64_t guarded_bytes; /* ... and how much they take, which is in no block */
    uint32_t objects; /* for the replay: the first of those that can be given back by themselves */
    uint32_t object_count; /* how many these are, or were when it ended */
    uint64_t
        no_interest_since; /* for the replay: when nobody wanted to be told of its allocations */
    uint64_t heard_again;  /* for the replay: with how many allocations they are told again, ... */
    uint64_t look_at;      /* ... and the next one is looked at; 0: it had none yet */
    /* For compare.c: */
    uint64_t placed_end;            /* of the allocation made last; 0: none */
    uint64_t padding, padding_most; /* bytes between allocations: known, and what may be more */
    uint64_t large_bytes;           /* of those told to lie beside the blocks: traced, ... */
    uint32_t large, large_found;    /* how many were, and how many there are */
    /* The call that was last seen to begin to destroy it, what it ended with, or to clear it: */
    uint32_t ending;        /* its stack; 0: not known, or it is over */
    uint32_t ending_thread; /* whose call it is */
    uint32_t ending_serial; /* of the pool that it is of */
    /* Of a pool that is not alive: */
    uint32_t destroyed; /* stack that destroyed it, or what it ended with; 0: not seen */
    uint32_t under;     /* the parent it had, of serial `under_serial`; 0: none */
    uint32_t under_serial;
};

/* What was touched that must not be: an allocation with a page of its own, or what lies beyond it;
 * or memory of a pool's blocks, after its end. */
struct touched {
    const struct pool *pool; /* NULL: it ended, and was... */
    const char *tag, *role;  /* ..., NULL: none */
    const char *path;
    uint32_t created, destroyed; /* stacks; destroyed: or cleared; 0: not seen, or it lives */
    bool cleared;
    uint32_t allocated; /* stack; 0: a block was touched */
    uint64_t size;      /* bytes asked for; 0: the same */
};

/* An allocation that outlived the unit of work that it was taken in, as far as it was seen to be
 * used. */
struct sampled {
    uint32_t stack;             /* that took it */
    const struct touched *pool; /* its own */
    uint64_t uses;              /* in so many looks after that unit it had been used; 0: never */
    bool used_at_end;           /* ... but for the end of its pool, or of the process, not */
    const char *hand; /* a pool of that unit in which it could have been, or NULL; its label, */
    uint32_t hand_created; /* ... and the stack that made it */
};

/* An allocation that can be given back by itself. */
struct object {
    uint64_t address, size; /* bytes, rounded up as the API does */
    uint32_t pool;          /* number */
    uint32_t stack;         /* that took it */
    struct unit unit;       /* it was taken in, ... */
    enum process_phase phase;
    bool inherited;          /* taken by the parent, before the fork */
    uint32_t next, previous; /* of the pool's */
};

/* Pools that one stack made and one ended, of which one at least was told of before, as any other.
 */
struct young_sum {
    uint32_t created, destroyed; /* stacks */
    bool with;                   /* they ended with one above them, else by themselves */
    bool had_pools;              /* others were made in some of them */
    uint32_t count;
    uint64_t allocations, bytes; /* of all, rounded up as the pool system does */
    uint64_t largest;            /* bytes, of one */
};

#define MOMENT_BUCKETS 64

/* Where in its work and in its time a process was at each of its moments, in buckets that double
 * their width. */
struct moment_events {
    uint32_t width;                  /* moments a bucket, 0: none has come */
    uint64_t life_ns;                /* from the process's start to the last moment */
    uint64_t before[MOMENT_BUCKETS]; /* pool events before the bucket's first; 0: it has none */
    uint32_t time[MOMENT_BUCKETS];   /* of that one: in lengths of a moment, from 1, ... */
    uint32_t now;                    /* ... and of the last moment */
};

/* Where a process was. */
struct begun {
    uint64_t events, tick;
    uint32_t serial; /* of the pool that was made last */
};

struct process {
    uint32_t index; /* in the recording, from 0 */
    int32_t pid, parent_pid;
    enum process_kind kind;
    enum process_phase phase; /* as of the current event */
    const char *program;
    const char *title; /* that it gave itself, as ps(1) shows it; NULL: none. Hostile text */
    const char *host[HOST_FACTS]; /* what it runs on; NULL: not recorded. Hostile text */
    const struct process *parent; /* that was recorded, or NULL */
    const struct trace_header *header;
    uint32_t thread;                         /* of the current event, see analyzer/trace/trace.h */
    struct unit unit;                        /* the unit that this thread is in */
    uint32_t command;                        /* the last command that this thread began: its index;
                                                while it began none, the process's last */
    uint32_t units[API_MARK_CONNECTION + 1]; /* how many of each kind it has begun */
    uint32_t moments; /* of its time with events, until it begins a unit: a few thousand at most */
    struct moment_events moment_events;
    uint64_t unmarked;    /* pool events before the first unit of work */
    bool past_start;      /* moments began when its start-up was known to be over */
    struct begun timed;   /* when moments began, ... */
    struct begun first;   /* ...and the first unit of work; tick 0: none did, ... */
    struct begun last;    /* ...and the one that began last, or else time */
    uint64_t events;      /* pool events so far: create, destroy, clear, alloc, free, name ... */
    uint64_t tick;        /* of the current event */
    uint64_t bytes;       /* alive */
    uint32_t pools;       /* alive */
    uint64_t peak_bytes;  /* alive at the worst moment so far, ... */
    uint64_t peak_tick;   /* ... which was then */
    uint64_t peak_moment; /* its number: another one each time that there is a worse one */
    const struct unit_labels *labels;       /* of its units of each of LABELLED_KINDS; or NULL */
    const struct resident_notes *residents; /* of its memory; for the replay */
    uint64_t present; /* bytes that it has in memory when it is replayed, if it still runs here; 0:
                         not known */
    unsigned alias;   /* a session that makes no pool of this documented role (as in
                         replay_pool_role()): a root pool is used as that; 0: none */
    bool has_marks;   /* functions with which units of work begin were hooked in it */
    bool absent;      /* it had ended before the time that the replay is about */
    bool survivors;   /* pools that ended in their unit of work are told of in sums, see on_young */
    bool ended;       /* it told its exit status */
    int exit_status;
    int signal;  /* that ended it, as who waited for it was told; 0: none, or nobody told */
    bool dumped; /* it left a core file */
};

/* Pool events, those among them that were not written. */
static inline uint64_t process_events(const struct process *process)
{
    return process->events + (process->header ? process->header->young[TRACE_YOUNG_PASSED] : 0);
}

/* What its units of KIND are about, as far as they have a label; NULL: none has. */
static inline const struct unit_labels *process_labels(const struct process *process,
                                                       enum api_mark_kind kind)
{
    return process->labels && kind < LABELLED_KINDS ? &process->labels[kind] : NULL;
}

struct replay;

/* What a pool has, each of its allocations rounded up. */
struct took {
    uint64_t allocations, bytes;
};

/*
 * What an observer is told; any callback may be NULL. Pools are those of the process's tree
 * (replay_pool()). on_destroy is called once for a pool when it ends, children after parents;
 * `with` is the pool whose destruction it came with (the pool itself when it was destroyed by
 * itself). A pool that ended is not told of again, unless it is used once its destruction, in
 * which its cleanups may still use it, is over: then on_stale. on_mark comes before the unit
 * changes, and may be of so many of one kind, which came one after the other with nothing between;
 * on_free before the object is gone and its bytes are counted off, whether its on_alloc was wanted
 * or not; on_move before POOL is below TO (NULL: none), but not when its parent lets go of all;
 * on_clear also when the pools made in it stay; on_end when the process's trace is at its end, with
 * all that was alive still there. Child processes come between on_fork and the next callback of
 * their parent.
 *
 * A pool that ends soon by itself, in the unit that it was made in, and as others that were made
 * and named as it was did before, is brief: of it on_brief_create and on_brief are told in place of
 * on_create and on_destroy, and nothing else, when it has taken no more than BRIEF_ALLOCATIONS.
 * Such are the most by far. None is where an observer of pools has neither callback.
 *
 * Brief pools come again: made one within the other, named, taken from and ended by the same
 * backtraces in the same order as others before, while the process has been at its worst moment
 * already. Of each of these on_brief_again is told in place of both, at its end; it returns false
 * when nothing need be told of further ones by the same backtraces and with the same parent, until
 * there is an event that is about other than pools, allocations and units of work. NOTE is the
 * observer's own as long, and 0 at first. Where an observer has on_brief or on_brief_create, and
 * not this, these are told of pools that are not made in brief ones, if it has `outer_only`; else
 * no pool comes again.
 *
 * on_alloc returns false when nothing need be told of the next allocations from that pool, of which
 * one in OBSERVED_AGAIN is told, until the process's next mark or fork, or one of its root
 * variables changes: most pools are of no interest until then. on_look is told of some all the
 * same, see trace_looked_again(), until it returns false.
 */
struct replay_observer {
    void *data;
    /* Before an event of any kind is applied. */
    void (*on_event)(void *data, const struct process *process, const struct trace_event *event);
    void (*on_start)(void *data, struct replay *replay, const struct process *process);
    void (*on_create)(void *data, const struct process *process, const struct pool *pool);
    bool (*on_alloc)(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack);
    /* The allocation at STACK, of BYTES (rounded up), makes the pool what TOOK says. */
    bool (*on_look)(void *data, const struct process *process, const struct pool *pool,
                    uint64_t bytes, uint32_t stack, const struct took *took);
    void (*on_free)(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack);
    void (*on_move)(void *data, const struct process *process, const struct pool *pool,
                    const struct pool *to);
    void (*on_name)(void *data, const struct process *process, const struct pool *pool);
    void (*on_clear)(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack);
    void (*on_destroy)(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack);
    void (*on_brief_create)(void *data, const struct process *process, const struct pool *pool);
    void (*on_brief)(void *data, const struct process *process, const struct pool *pool,
                     const struct pool *with, uint32_t stack);
    bool (*on_brief_again)(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note);
    bool outer_only; /* brief pools that are made in brief ones are nothing to it */
    void (*on_mark)(void *data, const struct process *process, enum api_mark_kind mark,
                    uint32_t count);
    void (*on_fork)(void *data, const struct process *process);
    /* EVENT is on POOL, destroyed before; of a CREATE, POOL is the parent. */
    void (*on_stale)(void *data, const struct process *process, const struct trace_event *event,
                     const struct pool *pool, uint32_t stack);
    /* The pools' memory was walked, or was not: EVENT says so; what comes of it follows. */
    void (*on_walk)(void *data, const struct process *process, const struct trace_event *event);
    void (*on_unreachable)(void *data, const struct process *process,
                           const struct trace_event *event, const struct pool *pool);
    /* POOL was destroyed; HOLDER, alive, has the address in its data; NULL: the variable at STACK
     * has. */
    void (*on_dangling)(void *data, const struct process *process, const struct trace_event *event,
                        const struct pool *pool, const struct pool *holder, uint32_t stack);
    /* EVENT, a FAULT at STACK, is of TOUCHED. */
    void (*on_fault)(void *data, const struct process *process, const struct trace_event *event,
                     const struct touched *touched, uint32_t stack);
    /* Once for each, when no more is to be known of it. */
    void (*on_sampled)(void *data, const struct process *process, const struct sampled *sampled);
    /* Pools that were made and ended, each in one unit of work, and not told of. */
    void (*on_young)(void *data, const struct process *process, const struct young_sum *young);
    /* Of the allocations of POOL that were not told, those are at STACK that would have been, if
     * nobody wanted more: so many, and bytes. */
    void (*on_place)(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack, uint64_t count, uint64_t bytes);
    /* Others are as POOL: which, is told by its NUMBER in the process; and COUNT of these were, the
     * last in the UNIT of that number. */
    void (*on_like)(void *data, const struct process *process, const struct pool *pool,
                    uint64_t number);
    void (*on_again)(void *data, const struct process *process, uint64_t number, uint32_t count,
                     uint32_t unit);
    void (*on_end)(void *data, struct replay *replay, const struct process *process);
};

/* A pool event that a process had last. */
struct last_event {
    enum trace_event_kind kind;
    uint32_t stack;
    uint64_t tick;
    uint64_t size; /* of an allocation; else 0 */
    char *path;    /* of the pool; NULL: not known; the caller frees it */
};

#define LAST_EVENTS 8 /* at most are kept */

/* In on_end: the pool events that the process had last, oldest first; how many these are. */
size_t replay_last_events(const struct replay *replay, struct last_event to[LAST_EVENTS]);

/* In on_end: the signals that came to the process and end programs, as far as noted; *STACK: where
 * one came, 0: not known. What they say is not checked. */
size_t replay_crash_count(const struct replay *replay);
const struct trace_crash *replay_crash(const struct replay *replay, size_t index, uint32_t *stack);

/* Of the process that is being replayed, as read last. */
const struct trace_header *replay_header(const struct replay *replay);

/* The tree of the process that is being replayed. */
const struct pool *replay_pool(const struct replay *replay, uint32_t number); /* NULL: no such */
uint32_t replay_pool_limit(const struct replay *replay); /* numbers are below this */

/* The pool after POOL in the subtree of TOP, parents before children; NULL past the last. */
const struct pool *replay_next_pool(const struct replay *replay, const struct pool *top,
                                    const struct pool *pool);

/* Serials of pools are no higher than this so far. */
uint32_t replay_last_serial(const struct replay *replay);

const char *replay_string(const struct replay *replay, uint32_t tag); /* "" for 0; raw bytes */
const struct api_set *replay_apis(const struct replay *replay);       /* NULL: none */

/* The system that POOL is of; NULL: none is known. */
const struct api *replay_pool_api(const struct replay *replay, const struct pool *pool);

/* The call that stack CREATED was taken in: the same for the same code, whoever called it. */
uint64_t replay_place(const struct replay *replay, uint32_t created);

/* The place that STACK was taken at, the innermost code outside the pool library: a number, not 0,
 * the same for the same code, whoever called it. The first time for a stack its names are resolved,
 * which is dear. */
uint32_t replay_site(const struct replay *replay, uint32_t stack);

/* Whether stack INNER was taken in a call that the end of OUTER is in, too, or the same. */
bool replay_within(const struct replay *replay, uint32_t inner, uint32_t outer);

/* In on_event: the stack of EVENT, of a kind that has one; 0: none, or not known. */
uint32_t replay_event_stack(const struct replay *replay, const struct trace_event *event);

/* Of that stack, see stacks_order(). */
uint64_t replay_stack_order(const struct replay *replay, uint32_t stack);

/* In on_brief: the stacks of all allocations of POOL, in their order; how many these are. */
size_t replay_brief_stacks(const struct replay *replay, const struct pool *pool,
                           uint32_t stacks[BRIEF_ALLOCATIONS]);

/* Whether stacks CREATED and DESTROYED were taken in the same function, called from the same. */
bool replay_same_call(const struct replay *replay, uint32_t created, uint32_t destroyed);

/* What a pool holds: the bytes in its blocks. */
struct pool_held {
    uint64_t bytes;
    bool estimated; /* they were not looked at since the pool grew; it is at least so much as was
                       asked for, and as the smallest pool of its system that was looked at */
};
struct pool_held replay_pool_held(const struct replay *replay, const struct pool *pool);

/* What POOL had taken at the process's worst moment so far. */
static inline uint64_t pool_peak_bytes(const struct process *process, const struct pool *pool)
{
    return pool->peak_moment == process->peak_moment ? pool->peak_bytes : pool->bytes;
}

/* The documented role of POOL, alive: its number + 1, see analyzer/trace/api_set.h; 0: none. */
unsigned replay_pool_role(const struct replay *replay, const struct pool *pool);

/* "session.pool" ..., or the root variable that holds it; NULL: neither. */
const char *replay_pool_role_name(const struct replay *replay, const struct pool *pool);

/* The name a person knows a pool by: its role or tag or, without one, NULL. */
const char *replay_pool_label(const struct replay *replay, const struct pool *pool);

#endif
