/*
 * trace.h - one trace file, validated. A trace is hostile input: nothing in it is believed
 * before it was checked, and what is damaged is told apart from what is whole.
 *
 * Events come in the order of time, all streams merged. Definitions (backtraces, modules, hooks)
 * are read when the trace is opened. Memory: one block a stream, plus the definitions. Of a trace
 * that may be followed no descriptor is held between calls. A trace that is still being written is
 * read as far as it is committed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_TRACE_H
#define ANALYZER_TRACE_TRACE_H

#include "analyzer/util/error.h"
#include "preload/trace/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of a run of allocations. Larger ones come alone. */
struct trace_allocation {
    uint32_t stack;
    uint32_t size;
};

/*
 * One event, decoded. `kind` is never NAME_TEXT, TIME, POOL, MORE or CREATE_OF. Only `kind`,
 * `thread`, `tick` and the fields that name the kind are set.
 */
struct trace_event {
    enum trace_event_kind kind : 8;
    uint32_t thread : 24; /* from 1; one that ended gives its number to another. 0: a signal handler
                             that interrupted the recorder, in whatever thread */
    union {
        uint32_t stack; /* of those on a pool, but SURVEY, ADOPT, FOUND, LARGE, UNREACHABLE, TOOK
                           and LIKE; TRACE_NO_STACK: none */
        uint32_t units; /* UNITS LABELLED: how many; of a trace that is followed, how many more */
    };
    uint64_t tick; /* absolute */
    union {
        uint64_t pool;    /* address, of those on a pool; ROOT: the pool held */
        uint64_t largest; /* YOUNG: bytes, of one pool */
    };
    union {
        uint64_t size;                              /* ALLOC OBJECT GUARDED: bytes asked for */
        const struct trace_allocation *allocations; /* ALLOC with a `run`, in place of `size` */
        uint64_t parent;                            /* CREATE MOVE: address or 0 */
        uint64_t used;   /* DESTROY CLEAR RESET SURVEY ADOPT: bytes, UINT64_MAX: not known */
        uint64_t number; /* MARK UNITS: mark, ROOT: root, FORK: sequence, END: exit status,
                            FOUND: how many, WALK: pools, UNREACHABLE: pools below,
                            TOOK PLACE: allocations, LIKE AGAIN: which one,
                            WITH: what the pool is made with */
        uint64_t holder; /* DANGLING: where the address is */
        struct {         /* FAULT: of the address from `object`, as far as it fits; bits of enum
                            trace_fault */
            int64_t fault_offset : 56;
            uint64_t fault : 8;
        };
        uint32_t use; /* USED: bits of enum trace_used */
        struct {      /* SURVIVOR: ticks since it was made; which one it was, in its unit of work */
            uint64_t ago : 40;
            uint64_t made : 24;
        };
        struct { /* GONE: ids of its first name and the last, 0: none; the stack that ended it */
            uint16_t gone_first, gone_name;
            uint32_t gone_destroyed;
        };
        struct { /* YOUNG: of so many pools, together */
            uint64_t young_bytes : 40;
            uint64_t young_count : 24;
        };
        const char *name; /* NAME LABEL LABELLED: not terminated, valid until the next event */
    };
    union {
        uint64_t capacity; /* DESTROY CLEAR RESET SURVEY: the same as `used` */
        uint64_t object;   /* OBJECT FREE RELEASE LARGE GUARDED FAULT WATCHED USED: address;
                              RELOCATE: the pool's new one */
        uint32_t found;    /* FOUND: enum trace_found */
        uint64_t held;     /* UNREACHABLE: bytes, of those below, too; TOOK PLACE: bytes */
        struct {           /* AGAIN: pools; units of work since the last of them */
            uint32_t again, again_ago;
        };
        struct { /* DANGLING: the pool that `holder` is in, 0: a variable; */
            uint64_t holder_pool : 48;
            uint64_t offset : 16; /* of the address from the pool's, at most */
        };
        struct { /* WALK: enum trace_walk_when, enum trace_walk_result */
            uint8_t when, result;
            uint32_t microseconds;
        } walk;
        struct {             /* CREATE: */
            uint32_t system; /* number of the pool system */
            uint32_t phrase; /* 0, or what it and the events after it are, up to its pool's end: in
                                one trace, those with the same are the same but for the tick */
        };
        struct { /* ADOPT SURVIVOR GONE: parent and system; GONE: bits of enum trace_gone, too */
            uint64_t adopted_below : 48;
            uint64_t adopted_system : 8;
            uint64_t gone_how : 8;
        };
        struct { /* YOUNG: the stack that ended them; bits of enum trace_young_how */
            uint32_t young_destroyed;
            uint32_t young_allocations : 30;
            uint32_t young_how : 2;
        };
        uint32_t run; /* ALLOC: 0, or so many from one pool at one tick, each with its stack */
        struct {
            uint32_t name_length; /* NAME LABEL LABELLED */
            uint32_t name_id; /* the same: below trace_name_limit(), the same for the same name, or
                                 TRACE_NO_NAME: the name was told in the event;
                                 of a LABEL or LABELLED it never is */
        };
        struct { /* UNITS: which LABELLED the last of them is in, 0: none; they go on with those of
                    the UNITS before, which are in the same */
            uint32_t last_label;
            bool goes_on;
        };
    };
};

/* Does a unit of work begin with it, or the like: by its `number`? */
static inline bool trace_event_is_mark(const struct trace_event *event)
{
    return event->kind == TRACE_EVENT_MARK || event->kind == TRACE_EVENT_UNITS;
}

#define TRACE_NO_NAME     UINT32_MAX
#define TRACE_THREADS_MAX (TRACE_STREAMS_MAX + 1) /* threads' numbers are below this */

#define EVENT_BATCH       1024
#define EVENT_ALLOCATIONS (4 * EVENT_BATCH)
#define EVENT_TEXTS       (32u * TRACE_NAME_MAX)

/* Events one after the other; their names are valid as long as they are. */
struct event_batch {
    size_t count;
    uint64_t bytes; /* of the trace, read for them */
    struct trace_event events[EVENT_BATCH];
    size_t allocation_count;
    struct trace_allocation allocations[EVENT_ALLOCATIONS]; /* of runs */
    size_t text_used;
    char texts[EVENT_TEXTS]; /* of names that were told in the event */
};

struct module_definition {
    struct trace_module fixed;
    const uint8_t *build_id; /* fixed.build_id_length bytes */
    const char *path;        /* fixed.path_length bytes, not terminated */
    uint32_t gone; /* stacks with this id and above do not refer to it; UINT32_MAX: all do */
};

struct stack_definition {
    uint32_t id;
    uint16_t depth;
    bool cut;
    const uint64_t *frames; /* depth addresses, innermost first */
};

struct hook_definition {
    uint64_t address;
    uint16_t role;                       /* enum api_role, not checked */
    bool skipped;                        /* could not be hooked; `how` is the reason */
    const char *function, *module, *how; /* terminated here */
};

/* What was noted of the process's memory, in the order of time. */
struct resident_notes {
    struct trace_resident *items;
    size_t count, capacity;
};

struct trace;

enum trace_state {
    TRACE_USABLE,    /* its header is whole and of our version */
    TRACE_NOT_BEGUN, /* the process ended before its recording began: nothing was written */
    TRACE_UNREADABLE /* no trace, another version, or it cannot be read */
};

/* Reads and validates only the header of PATH. *ERROR is set unless TRACE_USABLE. */
enum trace_state trace_read_header(const char *path, struct trace_header *header,
                                   struct error *error);

/* Opens and validates PATH; NULL with *ERROR set (file and place named) when it is no trace. */
struct trace *trace_open(const char *path, struct error *error);
void trace_close(struct trace *trace);

const struct trace_header *trace_header(const struct trace *trace);
const char *trace_program(const struct trace *trace); /* "" when not recorded */
const char *trace_title(const struct trace *trace);   /* NULL: the program sets none */
/* What the process runs on, as it was recorded; NULL: it was not. Hostile text, without newlines.
 */
enum trace_host { HOST_NAME, HOST_BOOT, HOST_CONTROL_GROUP, HOST_LABELS, HOST_FACTS };
const char *trace_host(const struct trace *trace, enum trace_host fact);
/* "host", "boot", "cgroup", "labels". */
const char *trace_host_key(enum trace_host fact);
const struct resident_notes *trace_residents(const struct trace *trace); /* as long as TRACE */
/* The description of pool system number NUMBER; NULL: the trace has none. */
const char *trace_api_text(const struct trace *trace, unsigned number, size_t *length);

/* Whether HEADER's recording was ended by who looks at it, while its process went on. */
static inline bool trace_was_ended(const struct trace_header *header)
{
    return header->stop == TRACE_STOP_ASKED;
}

/* NULL while all that was read is whole, else what is damaged and at which offset. It can turn up
 * as late as in trace_next(). */
const char *trace_damage(const struct trace *trace);

size_t trace_hook_count(const struct trace *trace);
const struct hook_definition *trace_hook(const struct trace *trace, size_t index);
size_t trace_module_count(const struct trace *trace);
const struct module_definition *trace_module(const struct trace *trace, size_t index);
size_t trace_stack_count(const struct trace *trace);
const struct stack_definition *trace_stack(const struct trace *trace, size_t index); /* by id */

#define TRACE_CRASHES_MAX 16

/* As they came; what they say is not checked. */
size_t trace_crash_count(const struct trace *trace);
const struct trace_crash *trace_crash(const struct trace *trace, size_t index);

/* The same of children that a signal ended. */
size_t trace_child_count(const struct trace *trace);
const struct trace_child *trace_child(const struct trace *trace, size_t index);

uint32_t trace_name_limit(const struct trace *trace);
/* The name with that ID, not terminated; NULL: there is none. */
const char *trace_name(const struct trace *trace, uint32_t id, uint32_t *length);

/* How the process records its pools: enum trace_mode, as told last; *WHY it is not so as was asked
 * for, terminated, hostile; NULL: it is, or nothing was. */
enum trace_mode trace_mode(const struct trace *trace, const char **why);

/* The next event in the order of time, no run; false at the end (or at damage: see trace_damage()).
 * What was damaged already when the trace was opened, further on, does not stop it before. */
bool trace_next(struct trace *trace, struct trace_event *event);
/* As many of the next events as fit, allocations in runs; false: there are none. */
bool trace_read_events(struct trace *trace, struct event_batch *batch);
void trace_rewind(struct trace *trace);

/* The same of nothing but the header: there are no events and no definitions. */
struct trace *trace_open_header(const char *path, struct error *error);

/*
 * A trace that may still be written, to be read on after its end: trace_follow() takes what came
 * since and lets the events up to tick UNTIL be read. What was told of definitions stays; there may
 * be more of them. False: it can no longer be followed, and is to be opened anew (it is damaged, or
 * another one has its place). It cannot be rewound any more.
 */
struct trace *trace_open_growing(const char *path, struct error *error);
bool trace_follow(struct trace *trace, uint64_t until);

/* About when it ends: the tick at which its last block of events begins, or the trace. */
uint64_t trace_last_block_tick(const struct trace *trace);

/* Bytes of memory that the trace takes at the moment, about. */
uint64_t trace_memory(const struct trace *trace);

/* Bytes of events in the trace. */
uint64_t trace_event_bytes(const struct trace *trace);

/* Ticks to nanoseconds since 1970, by the clock of the process with that header. */
uint64_t trace_wall_ns(const struct trace_header *header, uint64_t tick);

#endif
