/*
 * control.h - what `lifeguard attach` and `lifeguard detach` exchange with the recorder in a
 * process: one exported variable, read and written from outside while no code of the recorder runs.
 *
 * Attached to, the library is loaded under CONTROL_PATH, and does nothing by itself. Of the three
 * functions, `prepare` is called while the program runs; `commit` and `finish` while all of its
 * threads but the caller are stopped, none of them inside the recorder at `finish`: they take no
 * lock of the program's. Then who attaches writes the jumps of `patches` over the original bytes,
 * or the original bytes over the jumps.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_CONTROL_H
#define PRELOAD_UTIL_CONTROL_H

#include <stdint.h>

#define CONTROL_SYMBOL   "lifeguard_control"
#define CONTROL_MAGIC    "LGCTL04" /* with its NUL: 8 bytes; another layout has another */
#define CONTROL_PATH     "/lifeguard/attached/liblifeguard.so"
#define CONTROL_API      "/lifeguard/attached/description" /* is opened for the one that is given */
#define CONTROL_PATCHES  288 /* hooks there can be, the loader's and that of the process's end */
#define CONTROL_REGIONS  16
#define CONTROL_PATH_MAX 4096
#define CONTROL_WORDS    16

/* The word that `known` leads to, by a pointer: who attaches may have hooks wait that are entered,
 * so that those which record come to their end. It does so while all threads are stopped. */
#define CONTROL_KNOWN 1u
#define CONTROL_HELD  3u

enum control_state {
    CONTROL_IDLE,      /* nothing is recorded, and all code is as it was */
    CONTROL_PREPARED,  /* a trace is open, nothing is written to code yet */
    CONTROL_COMMITTED, /* jumps may have been written, some or all */
    CONTROL_ENDED      /* the trace is closed; jumps that are left lead to nothing */
};

#define CONTROL_JUMP 5 /* bytes */

/* The first bytes of a function, and the jump in their place. A thread that is about to run the
 * instruction at one of these bytes, but for the first, goes on at `instead`; 0: none begins there.
 */
struct control_patch {
    uint64_t address;
    uint64_t instead[CONTROL_JUMP];
    uint8_t original[8], jump[8];
};

/* What is mapped into the process, where something lies: of large mappings that were given no file
 * and are the process's own, what was ever touched. */
struct control_mapping {
    uint64_t begin, end;
    uint64_t kind; /* enum mapping_kind, preload/util/mappings.h */
};

/* What `prepare` is asked for. */
struct control_request {
    int32_t trace;     /* a descriptor: the new trace's file. It is closed */
    uint32_t children; /* whether forked processes are recorded */
    uint64_t max_size; /* bytes a trace may take */
    uint32_t walk;     /* enum option_walk, preload/util/options.h */
    uint32_t young; /* bytes a pool may hold that is not written, where survivors are recorded; 0:
                       all is recorded in full */
    uint32_t giver; /* bytes of `giver_name`; 0: none */
    char giver_name[104];  /* of the socket that hands out traces of children, see giver.h */
    uint32_t filter_count; /* filters of system calls that its threads have */
    uint64_t filters;      /* where they lie, struct sock_fprog */
    uint64_t title,
        title_size; /* where its arguments lie, or what it wrote over them; 0: unknown */
    char program[CONTROL_PATH_MAX]; /* path of the executable */
    char api[256]; /* name of a built-in description, or CONTROL_API; "": what is found */
};

struct control {
    char magic[8];
    uint32_t size;  /* bytes of all this */
    uint32_t state; /* enum control_state */
    /* Addresses of functions without arguments, see above. They return 0, or set `why`. */
    uint64_t prepare, commit, finish;
    uint64_t trace;                /* address of a pointer: NULL while nothing is recorded */
    uint64_t code_begin, code_end; /* the recorder's own */
    uint64_t regions[CONTROL_REGIONS], region_size; /* where the stubs are; 0: no more */
    uint64_t known, waits_begin, waits_end;         /* ... and the code where they wait */
    /* What to add to a thread's base of thread-local data for the word that is not 0 while it
     * records, and is its stack pointer then, but for the lowest four bits. */
    int64_t entered;
    uint32_t patch_count;
    /* `commit` and `finish` make many system calls, and are not stopped at each: who called them is
     * told by `held` that they are done, and lets them return by `released`. They wait a moment. */
    uint32_t held, released;
    uint32_t functions; /* of pool systems that are hooked */
    /* Whether `commit` looks for pools in all memory: then it is told what there is. */
    uint32_t searches, mapping_count;
    uint64_t mappings; /* where they lie, struct control_mapping, in the order of addresses */
    uint64_t
        serves; /* address of a word: not 0 where pools' memory is the recorder's own (guard) */
    struct control_patch patches[CONTROL_PATCHES];
    struct {
        uint64_t sp, count, words[CONTROL_WORDS]; /* for `finish`: of the caller, as the program */
    } registers;
    char why[256];
    struct control_request request;
};

#endif
