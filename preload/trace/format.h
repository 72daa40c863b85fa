/*
 * format.h - the trace file: the one contract between recorder and analyzer.
 *
 * One file a process, DIR/PID.trace (PID.N.trace where a pid was used again). Every number is
 * little endian. The file is mapped sparse, so it is as long as it may ever become; what is used
 * of it ends at trace_header.claimed. A page that was claimed but never written reads as zeros.
 *
 *     offset 0      struct trace_header, one page
 *     offset 4096   blocks, each a whole number of pages, each starting with struct trace_block
 *
 * A block belongs to one stream (a thread at one depth of signal nesting). It is written front to
 * back, and `used` is stored after the bytes it covers: what lies below it is whole at whatever
 * instruction the process was killed. Streams are merged by time.
 *
 * DEFINITIONS blocks hold records, see enum trace_record_type: backtraces, tags, modules, hooks. A
 * definition is committed before the first event that refers to it.
 *
 * EVENTS blocks hold events, packed as described at enum trace_event_kind.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_FORMAT_H
#define PRELOAD_TRACE_FORMAT_H

#include "preload/trace/format_walk.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACE_MAGIC   "LGTRACE" /* with its NUL: 8 bytes, written last of the header */
#define TRACE_VERSION 10
#define TRACE_OLDEST                                                                               \
    4 /* that is read, too: it has no ADOPT, 5 has no LABEL, 6 no GUARDED, 7 no SURVIVOR, 8 no     \
         WATCHED, 9 no UNITS */
#define TRACE_SUFFIX      ".trace"
#define TRACE_PAGE        4096u
#define TRACE_BLOCK_MAGIC 0x4b4c4247u /* "GBLK" */
#define TRACE_BLOCK_MAX   (1u << 20)  /* bytes, the largest block */
#define TRACE_DEPTH_MAX   128         /* frames, the deepest backtrace kept; deeper ones are cut */
#define TRACE_NAME_MAX    255         /* bytes, the longest tag kept; longer ones are cut */
#define TRACE_HOST_MAX    1040        /* bytes, the longest HOST record */
#define TRACE_LABEL_MAX   40          /* bytes, the longest label of a unit of work */
#define TRACE_NO_STACK    0u          /* stack ids start at 1 */
#define TRACE_NAMES_MAX   65536       /* ids of tags are below this */
#define TRACE_SYSTEMS_MAX 8           /* pool systems of a process */
#define TRACE_STREAMS_MAX 16384u      /* streams of a process */

/* Why recording stopped before the process did (trace_header.stop). */
enum trace_stop {
    TRACE_STOP_NONE = 0,
    TRACE_STOP_DISK_FULL = 1,     /* no space for the next block; stop_errno tells more */
    TRACE_STOP_SIZE_LIMIT = 2,    /* the file's own limit (LIFEGUARD_MAX_SIZE, RLIMIT_FSIZE) */
    TRACE_STOP_ADDRESS_SPACE = 3, /* no room to map more of it (RLIMIT_AS) */
    TRACE_STOP_DETACHED = 4,      /* the process was let go of (lifeguard detach) */
    TRACE_STOP_FILTER = 5,        /* a filter of system calls would end the process for it */
    TRACE_STOP_ASKED = 6,         /* who looks at the recording ended it (lifeguard stop) */
    TRACE_STOP_TOTAL = 7, /* the limit of all traces of the directory (LIFEGUARD_MAX_TOTAL) */
    TRACE_STOP_KINDS
};

/* Why an event was lost (index into trace_header.lost). */
enum trace_lost {
    TRACE_LOST_STOPPED = 0,   /* recording had stopped, see trace_stop */
    TRACE_LOST_NESTING = 1,   /* more signal handlers inside each other than there are streams */
    TRACE_LOST_THREADS = 2,   /* more threads at once than there are streams */
    TRACE_LOST_BEGINNING = 3, /* while another thread began the process's trace, after a fork that
                                 the C library did not tell of */
    TRACE_LOST_STACK = 4, /* the program's stack had no room for the recorder, and no other was to
                             be had */
    TRACE_LOST_KINDS = 8
};

/* What became of the allocations that were to have pages of their own. */
enum trace_guarded {
    TRACE_GUARDED_SERVED,
    TRACE_GUARDED_LARGE, /* larger than a page */
    TRACE_GUARDED_FULL,  /* there was no page */
    TRACE_GUARDED_KINDS = 4
};

/* What became of the allocations of which it was to be seen when they are used last. */
enum trace_sampled {
    TRACE_SAMPLED_TAKEN,   /* they have a page of their own */
    TRACE_SAMPLED_WATCHED, /* of these, those that outlived their unit of work */
    TRACE_SAMPLED_FULL,    /* there was no page */
    TRACE_SAMPLED_BLIND,   /* whether it was used cannot be seen: its page is locked in memory */
    TRACE_SAMPLED_KINDS = 4
};

/* Pools that were not written when they were made (see TRACE_RECORD_MODE): what became of them. */
enum trace_young {
    TRACE_YOUNG_MADE,
    TRACE_YOUNG_ENDED,    /* in the unit of work that they were made in */
    TRACE_YOUNG_SURVIVED, /* they were written after all; the others were there at the end */
    TRACE_YOUNG_PASSED,   /* no pools but events on others, that were not written either: what was
                             allocated and given back soon after, or cleared */
    TRACE_YOUNG_KINDS = 4
};

struct trace_header {
    char magic[8];        /* TRACE_MAGIC */
    uint32_t version;     /* TRACE_VERSION */
    uint32_t tick_shift;  /* a tick is 1 << tick_shift cycles of the clock below */
    uint64_t file_id;     /* random, tells this trace from every other */
    uint64_t parent_id;   /* file_id of the process it was forked from, 0: none was recorded */
    uint32_t fork_seq;    /* which fork of that parent (TRACE_EVENT_FORK), from 1 */
    uint32_t first_stack; /* stack ids below are the parent's, as of that fork */
    int32_t pid;          /* in the recorder's own pid namespace */
    int32_t parent_pid;   /* getppid() when the trace was opened */
    uint64_t wall_ns;     /* CLOCK_REALTIME when the trace was opened, ns since 1970 */
    uint64_t start_tick;  /* tick when the trace was opened */
    uint64_t
        sync_ticks[2];   /* the clock in ticks at two moments (the first is inherited by forks) */
    uint64_t sync_ns[2]; /* CLOCK_MONOTONIC in ns at the same two moments */
    uint64_t limit;      /* bytes the file may take */
    uint64_t claimed;    /* bytes claimed so far, this page included */
    uint32_t stop;       /* enum trace_stop */
    int32_t stop_errno;  /* errno that goes with it, or 0 */
    uint64_t lost[TRACE_LOST_KINDS]; /* events lost, by enum trace_lost */
    uint64_t unwound;                /* backtraces unwound; the others were recalled */
    uint64_t unwound_slow;           /* of these, taken by libunwind itself */
    uint64_t cut;                    /* of these, deeper than TRACE_DEPTH_MAX */
    uint64_t checked;                /* of these, compared with libunwind (LIFEGUARD_VERIFY=1) */
    uint64_t differed;               /* of the compared ones, different */
    uint64_t cpu_ns; /* CPU time of the process in ns when its trace was last given space, or at its
                        end; 0: not known */
    uint64_t guarded[TRACE_GUARDED_KINDS]; /* allocations, by enum trace_guarded */
    uint32_t announced;  /* 1: this process, or one that it comes from, told that it is recorded */
    uint32_t recorder;   /* LIFEGUARD_NUMBER of who wrote it; 0: before 0.9.0 */
    uint64_t incomplete; /* backtraces, of those unwound, that end before the outermost frame, at
                            code without an unwind table; in their STACK there are more frames */
    uint64_t failed_forks;  /* of the FORK events, those of forks that failed */
    uint64_t attached_tick; /* when recording began in a program that ran, whose pools have been
                               told by then; TRACE_ATTACHING: it did not come to that; 0: it began
                               with the program, or with its parent's */
    uint32_t signal;        /* that ended the process, as who waited for it was told (lifeguard
                               record): its number, plus TRACE_SIGNAL_DUMPED; 0: none, or
                               nobody told */
    uint32_t thinned;       /* enum trace_thinned */
    uint64_t young[TRACE_YOUNG_KINDS]; /* by enum trace_young */
    uint64_t stopped_tick; /* with TRACE_STOP_ASKED: what is later is not of the recording */
    uint64_t sampled[TRACE_SAMPLED_KINDS]; /* allocations, by enum trace_sampled */
    uint64_t released; /* bytes of blocks that lifeguard keep took out of the file, where they read
                          as zeros: they are in a file beside it (analyzer/trace/kept.h) */
    uint64_t resident; /* bytes in memory, this file's pages among them, as lifeguard record saw it
                          before it told the program to end; 0: nobody looked */
    uint64_t left_out; /* pools that lifeguard keep left out of the events: YOUNG tells of them */
};

/* What lifeguard keep has left of the events, see analyzer/thin/thin.h. */
enum trace_thinned {
    TRACE_THINNED_NOT,  /* all */
    TRACE_THINNED_PAST, /* what is needed of its past: it may go on */
    TRACE_THINNED_ALL
};

#define TRACE_ATTACHING 1u

#define TRACE_SIGNAL_DUMPED 0x80u /* it left a core file */

/* A file of this name in the directory: its recording was ended, no process begins another. */
#define TRACE_STOPPED_NAME "stopped"

/* A file of this name in the directory, of a page: what all its traces have claimed, in bytes,
 * where they have a limit. */
#define TRACE_TOTAL_NAME "total"
struct trace_total {
    uint64_t claimed, limit;
    uint64_t refused; /* how often there was no room any more */
};

/* Why a function is SKIPPED that is not missed: it shares its code with one that was hooked, or the
 * program, or what was loaded with it, has none of that name. */
#define TRACE_HOOKED_ALREADY "it is hooked already"
#define TRACE_NOT_DEFINED    "the program does not define it"
#define TRACE_NOT_LOADED     "no image that was loaded with it defines it"

/* Types of block. */
enum trace_block_type { TRACE_BLOCK_EVENTS = 1, TRACE_BLOCK_DEFINITIONS = 2 };

struct trace_block {
    uint32_t magic;     /* TRACE_BLOCK_MAGIC, written last of the block's header */
    uint16_t type;      /* enum trace_block_type */
    uint16_t depth;     /* of signal nesting in the recorder, 0: none */
    uint32_t size;      /* bytes, this header included; a multiple of TRACE_PAGE */
    uint32_t used;      /* bytes committed, this header included */
    uint32_t stream;    /* stream number, from 0 */
    uint32_t sequence;  /* of this block among the stream's blocks of its type, from 0 */
    uint64_t base_tick; /* what the first event's time is relative to */
    int32_t tid;        /* thread that opened the block */
    uint32_t skipped;   /* so many that came next in the stream are there no more: their sequence
                           numbers are left out. The recorder writes 0 */
    uint64_t padding[3];
};

/*
 * Definitions. A record is a byte, its type, a varint (LEB128, at most 10 bytes), its length, then
 * so many bytes. Unknown types are skipped. Strings are not terminated and may hold anything.
 */
enum trace_record_type {
    TRACE_RECORD_STACK = 1,   /* see below */
    TRACE_RECORD_MODULE = 2,  /* struct trace_module, then the build id, then the path */
    TRACE_RECORD_UNLOAD = 3,  /* struct trace_unload: a module is gone */
    TRACE_RECORD_PROGRAM = 4, /* path of the executable */
    TRACE_RECORD_API = 5,     /* text of the first pool system's API description, see
                                 lifeguard-api(5) */
    TRACE_RECORD_HOOK = 6, /* struct trace_hook, then function name, then module path, then how */
    TRACE_RECORD_SKIPPED = 7, /* the same, of what could not be hooked; `how` is the reason */
    TRACE_RECORD_NAME = 8,    /* struct trace_name, then the tag, at most TRACE_NAME_MAX bytes */
    TRACE_RECORD_ANOTHER_API = 9, /* struct trace_api, then the text of another system's */
    TRACE_RECORD_TITLE = 15,      /* the process's title from now on, as ps(1) shows it; of what it
                                     does just now, nothing */
    TRACE_RECORD_CRASH = 16,      /* struct trace_crash: a signal came that ends a program */
    TRACE_RECORD_CHILD = 17,    /* struct trace_child: a signal ended a child that was waited for */
    TRACE_RECORD_RESIDENT = 18, /* struct trace_resident: the process's memory, at a moment */
    TRACE_RECORD_HOST = 20,     /* what the process runs on: "host", "boot", "cgroup", or
                  "labels" (as in LIFEGUARD_LABELS); NUL; the value; TRACE_HOST_MAX bytes */
    TRACE_RECORD_MODE = 24 /* a byte, enum trace_mode: how pools are recorded from now on; then,
                              in words, why not as was asked for. A child tells its own */
};

enum trace_mode {
    TRACE_MODE_FULL,      /* each event, as without the record */
    TRACE_MODE_SURVIVORS, /* what is made and ended in one unit of work is written as sums alone */
    TRACE_MODES
};

/*
 * STACK, a backtrace: varints, signed where that is said (0, -1, 1, -2 ... as 0, 1, 2, 3 ...).
 *
 *     id      signed, times 2: what to add to the id of the STACK before it in the block, for the
 *             first one to 0; plus 1 where there were more frames (of all that there were, the
 *             innermost TRACE_DEPTH_MAX are kept). Ids ascend in a stream, and are unique in a
 *             process and its parents.
 *     back    0, or the how manieth STACK before it in the block it shares its outermost frames
 *             with, from 1
 *     shared  only if back is not 0: how many frames these are
 *     frame   signed, up to the end of the record, the outermost first: what to add to the address
 *             of the frame outside it, to 0 where there is none
 *
 * An address is a return address or, of what a signal interrupted, the address + 1: what was run
 * lies right before each.
 */

/* A forked process writes the tags it uses once more, with whatever ids. */
struct trace_name {
    uint32_t id; /* from 1; it may be defined again, with the same tag */
};

/* A module's addresses are those of the process from this record on, until UNLOAD. */
struct trace_module {
    uint64_t start;           /* first address mapped */
    uint64_t end;             /* one past the last */
    uint64_t bias;            /* what was added to the addresses in the file */
    uint64_t tick;            /* when it was first seen */
    uint32_t stack;           /* stacks with this id and above may refer to it */
    uint16_t build_id_length; /* bytes of build id that follow */
    uint16_t path_length;     /* bytes of path that follow the build id */
};

struct trace_unload {
    uint64_t start; /* as in its trace_module */
    uint32_t stack; /* stacks with this id and above do not refer to it */
    uint32_t reserved;
};

/*
 * A forked process inherits its parent's stacks with ids below its first_stack, and the parent's
 * modules and unloads whose `stack` is at most that; ids of its own are not below it. The parent
 * skips one id at a fork, so that what it defines later is told apart.
 */

/* Where a process has several pool systems, the marks and the roots of their descriptions are
 * numbered through: the first system's first. A forked process has those of its parent, up to the
 * first number that it tells of itself. */
struct trace_api {
    uint32_t number; /* of the system, 1 to TRACE_SYSTEMS_MAX - 1: no number is left out */
};

/* All in bytes, as the kernel counts them: what is in memory of the program, shared or not. */
struct trace_resident {
    uint64_t tick;
    uint64_t peak; /* so far; one that became another program by exec() has the peak of the first */
    uint64_t now;  /* 0: not known */
    uint64_t own;  /* of each, at most, pages of this file */
};

struct trace_hook {
    uint64_t address;
    uint16_t role;            /* enum api_role, preload/api/pool_api.h */
    uint16_t function_length; /* bytes */
    uint16_t module_length;
    uint16_t how_length;
};

/* Of children that a signal ended. */
struct trace_child {
    uint64_t tick; /* when it was told */
    int32_t pid;
    uint32_t signal; /* as in struct trace_header */
};

#define TRACE_REGISTERS 18 /* r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags */

enum trace_crash_how {
    TRACE_CRASH_HANDLED = 1 << 0, /* the program has a handler for it: it may go on */
    TRACE_CRASH_ADDRESS = 1 << 1  /* `address` is what was touched, or the instruction */
};

/* Of a process, only the first few. What it did before has earlier times. */
struct trace_crash {
    uint64_t tick;
    uint64_t address; /* as the kernel tells it */
    uint32_t stack;   /* where it came; TRACE_NO_STACK: not known */
    int32_t code;     /* si_code */
    uint32_t signal;
    uint32_t how; /* bits of enum trace_crash_how */
    uint64_t registers[TRACE_REGISTERS];
};

/* In a DANGLING's offset, which is below it; what is more is told as the most. */
#define TRACE_OFFSET_FURTHER 0x8000u

/*
 * Events. All begin with one byte,
 *
 *     bits 0-3  kind
 *     bits 4-7  slot of the pool in the pool cache, for the kinds that have one; else 0
 *
 * followed by the fields listed at the kind, in that order:
 *
 *     stack   signed, see STACK: what to add to the stack of the event with one before in the
 * block, to 0 where there is none, for the id of the backtrace; that is TRACE_NO_STACK where there
 * is none other   as named; numbers are varints (LEB128, at most 10 bytes)
 *
 * TIME and POOL are no events of their own: they come before the event that they are for, and are
 * committed with it.
 *
 * The pool cache has 16 slots, all empty at the start of each block. POOL fills one; which one is
 * the writer's choice.
 *
 * The time of an event is what the TIMEs of its block up to it add to the block's base_tick. It is
 * not later than the event, and earlier by less than a period of the kernel's timer (1 to 10 ms;
 * while events come fast, less than 32 events and TRACE_TIME_LAG ticks). Of two events in different
 * streams that happen one after the other, the later has a later time if they are about the same
 * pool, if the first is DESTROY, CLEAR, MOVE, MARK, ROOT, FORK or END, or if the second is none of
 * ALLOC, NAME, NAME_TEXT, SURVEY, FOUND, LARGE, TOOK, PLACE and LIKE.
 */
enum trace_event_kind {
    TRACE_EVENT_ALLOC = 1,     /* stack size: bytes asked for */
    TRACE_EVENT_CREATE = 2,    /* parent stack; the slot is the new pool's. parent: a byte, 0 for a
                                  root, slot + 1, or TRACE_PARENT_FAR and 6 bytes of address */
    TRACE_EVENT_DESTROY = 3,   /* stack used capacity; the two are bytes + 1, 0: not known */
    TRACE_EVENT_CLEAR = 4,     /* stack used capacity */
    TRACE_EVENT_NAME = 5,      /* stack name: id of a TRACE_RECORD_NAME */
    TRACE_EVENT_NAME_TEXT = 6, /* stack length, then so many bytes of tag */
    TRACE_EVENT_SURVEY = 7,    /* used capacity: a live pool, seen at the end */
    TRACE_EVENT_MARK = 8,      /* mark: index into the descriptions' marks */
    TRACE_EVENT_ROOT = 9,      /* root address: a root variable now holds this pool;
                                  root: index into the descriptions' roots; address: 6 bytes */
    TRACE_EVENT_FORK = 10,     /* sequence: a child starts as a copy of now */
    TRACE_EVENT_END = 11,      /* status: the process is about to exit with this status */
    TRACE_EVENT_OBJECT = 12,   /* stack size object: an allocation that may be given back alone;
                                  object: signed, what to add to the address of the OBJECT or FREE
                                  before in the block, to 0 where there is none */
    TRACE_EVENT_MORE = 13,     /* a byte: one of the kinds from 16 on, less 16; then its fields */
    TRACE_EVENT_TIME = 14,     /* ticks, of which the lowest four bits are bits 4-7 of the first
                                  byte, the others a varint */
    TRACE_EVENT_POOL = 15,     /* address: signed, see STACK: what to add to that of the POOL before
                                 in the block, to 0 where there is none; the slot holds it from
                                 here on */
    TRACE_EVENT_FREE = 16,     /* stack object: it is given back to the pool */
    TRACE_EVENT_MOVE = 17,     /* parent stack: the pool is below another now; see CREATE */
    TRACE_EVENT_RESET = 18,    /* stack used capacity: CLEAR, but the pools made in it stay */
    TRACE_EVENT_RELOCATE = 19, /* stack object: the pool itself has moved, to this address */
    TRACE_EVENT_CREATE_OF = 20, /* parent stack system: CREATE, of a pool of another system than the
                                   first; system: its number */
    TRACE_EVENT_ORPHAN = 21,    /* stack: the pools made in it are below none now */
    TRACE_EVENT_ADOPT = 22,     /* parent system used: it is there, in whatever way it was made, and
                                   holds so many bytes (+ 1, 0: not known). Nothing but that to who
                                   knows the pool; see CREATE */
    TRACE_EVENT_FOUND = 23,     /* unit count: what the memory of a live pool holds; unit: a byte,
                                   see enum trace_found */
    TRACE_EVENT_LARGE = 24,     /* object: an allocation that lies beside the pool's blocks, and
                                  belongs to what DESTROY, CLEAR, RESET or SURVEY, which comes next
                                  of this pool, tells as used in them */
    TRACE_EVENT_RELEASE = 25,   /* stack object: FREE, of an object that is resized: the OBJECT that
                                  comes next in the block, or in the stream, is of the same pool */
    TRACE_EVENT_WALK = 26, /* when result pools time; the slot is of no meaning. The memory of the
                              pools was to be walked. when, result: a byte each, see
                              enum trace_walk_when, enum trace_walk_result; pools: how many are
                              there; time: microseconds of CPU that it took */
    TRACE_EVENT_UNREACHABLE = 27, /* below held: by the WALK before, nothing refers to the pool or
                                     to one below it; below: how many pools those are; held:
                                     bytes of all their blocks */
    TRACE_EVENT_DANGLING = 28,    /* stack holder in offset: by the WALK before, there is an address
                                     in the pool's memory, which was given back, and not given out
                                     again. holder: 6 bytes, where; in: 6 bytes, the pool whose data
                                     that is; 0: it is a static variable, and the only frame of
                                     stack, behind the 1 that is added as to a signal's; offset: of
                                     the address from the pool's, or with TRACE_OFFSET_FURTHER from
                                     the beginning of what is in another block of the pool's */
    TRACE_EVENT_LABEL = 29,   /* name: id of a TRACE_RECORD_NAME, of TRACE_LABEL_MAX bytes at most:
                                what the unit of work that the thread is in is about: of a
                                command the first one counts, of a restart the last. The slot is of
                                no meaning */
    TRACE_EVENT_GUARDED = 30, /* stack size object: ALLOC, of what lies in no block of the pool but
                                 by itself, at `object`, until another one does there; see OBJECT */
    TRACE_EVENT_FAULT = 31,   /* stack object how offset: something was touched that must not be, at
                                 stack. object: the GUARDED that it belongs to, or the pool itself:
                                 memory of its blocks, after its end; how: a byte, bits of enum
                                 trace_fault; offset: signed, of the address from `object` */
    TRACE_EVENT_SURVIVOR = 32, /* parent stack system serial ago: CREATE, so many ticks ago, as
                                  the pool number `serial` that this unit of work made, from 1, and
                                  not told until now */
    TRACE_EVENT_TOOK = 33,     /* count bytes: what a SURVIVOR, or GONE, took until now, in so many
                                  allocations;     bytes: each rounded up as the pool system does */
    TRACE_EVENT_GONE =
        34, /* parent destroyed stack system first name how: a pool was there, made at
               stack and ended at the stack `destroyed`, which YOUNG tells of; and
               now it is used. first, name: ids of a TRACE_RECORD_NAME each, of its first
               name and the last, 0: none; how: a byte,
               bits of enum trace_gone */
    TRACE_EVENT_YOUNG = 35,   /* destroyed stack how count allocations bytes largest: so many pools
                                more, made at stack, ended at the stack `destroyed`, each within one
                                unit of work, and not told of; with so many allocations, and bytes
                                (rounded up), of which the largest held so many at its end. how: a
                                byte, bits of enum trace_young_how. The slot is of no meaning */
    TRACE_EVENT_WATCHED = 36, /* object: the pool has just ended, or been cleared, or is that of the
                                 GUARDED at `object` itself: then the unit of work has ended that
                                 this was taken in. From here on it is seen whether it is used */
    TRACE_EVENT_USED = 37,    /* object how: the GUARDED there, of the pool, was used since the
                                 WATCHED or USED of it before. how: a byte, bits of enum trace_used */
    TRACE_EVENT_WITH = 38,    /* number: the pool, whose CREATE comes next of it in the stream, was
                                 made with this, as the description's with= tells; not 0 */
    TRACE_EVENT_PLACE = 39, /* stack count bytes: of what a SURVIVOR took until now, so many of the
                               allocations that were looked at, with so many bytes (rounded up),
                               were made at stack. Which those are, see looked.h */
    TRACE_EVENT_LIKE = 40,  /* number: of a SURVIVOR that is about to end: AGAIN tells of others
                               with what it and its PLACEs have */
    TRACE_EVENT_AGAIN = 41, /* number count ago: so many pools more, each made and ended within one
                               unit of work, the last of them so many units before this one, were as
                               the LIKE with that number: made at the same stack, with the same
                               names, and took as much at the same places; they are in a YOUNG, too.
                               The slot is of no meaning */
    TRACE_EVENT_UNITS = 42, /* mark count last: MARK, so many times, each but the last without an
                               event before the next one. count, last: 4 bytes each, at a multiple
                               of 8 in the file, where they grow for as long as nothing else comes
                               in the stream but LABELLED. last: which LABELLED behind it, from 1,
                               the last of these units is in, 0: in none yet. The slot is of no
                               meaning */
    TRACE_EVENT_LABELLED = 43 /* name count: LABEL, of so many of the units of the UNITS before it
                                 in the stream; count: 4 bytes, at a multiple of 4, that grow as
                                 those do. The slot is of no meaning */
};

enum trace_used {
    TRACE_USED_EARLIER = 1 << 0, /* it may have been in another unit than those that go on */
    TRACE_USED_BITS = 1 << 1
};

enum trace_gone {
    TRACE_GONE_OVER = 1 << 0,   /* other pools were ended at that stack since */
    TRACE_GONE_WITHIN = 1 << 1, /* it ended with one above it, and its own end was not seen */
    TRACE_GONE_BITS = 1 << 2
};

enum trace_young_how {
    TRACE_YOUNG_WITH = 1 << 0,  /* they ended with one above them */
    TRACE_YOUNG_ABOVE = 1 << 1, /* in some of them other pools were made */
    TRACE_YOUNG_HOWS = 1 << 2
};

/* Of one YOUNG, the most. */
#define TRACE_YOUNG_COUNT_MAX       ((1u << 24) - 1)
#define TRACE_YOUNG_BYTES_MAX       ((UINT64_C(1) << 40) - 1)
#define TRACE_YOUNG_ALLOCATIONS_MAX ((1u << 30) - 1)

/* How it was touched. */
enum trace_fault {
    TRACE_FAULT_WRITE = 1 << 0, /* else it was read */
    TRACE_FAULT_DEAD = 1 << 1,  /* its pool had ended, or been cleared; else it is beyond it */
    TRACE_FAULT_SEEN = 1 << 2,  /* it was found later that it had been; stack: where that was */
    TRACE_FAULT_BITS = 1 << 3
};

/* What TRACE_EVENT_FOUND counts. */
enum trace_found {
    TRACE_FOUND_ALLOCATIONS = 0, /* that were not given back */
    TRACE_FOUND_POOLS = 1,       /* made in it, or put below it */
    TRACE_FOUND_KEPT = 2, /* bytes that stay in use though it was cleared, and are nobody's */
    TRACE_FOUND_UNITS
};

#define TRACE_POOL_SLOTS   16
#define TRACE_PARENT_FAR   (TRACE_POOL_SLOTS + 1)
#define TRACE_ADDRESS_SIZE 6          /* bytes of an address in an event */
#define TRACE_TIME_LAG     (1u << 14) /* ticks */

_Static_assert(sizeof(struct trace_header) <= TRACE_PAGE, "the header is one page");
_Static_assert(sizeof(struct trace_block) == 64, "the block header is 64 bytes");

#endif
