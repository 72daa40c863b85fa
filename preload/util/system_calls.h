/*
 * system_calls.h - which system calls this process may make: a filter, as of seccomp(2), may end it
 * for one.
 *
 * A filter that the process sets itself is asked before it is set. What one forbids that was there
 * before the program started, nobody can ask: then only those are made that programs cannot start
 * or work without. Async-signal-safe but for the setup.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_SYSTEM_CALLS_H
#define PRELOAD_UTIL_SYSTEM_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The calls of the recorder once the program runs. */
enum system_call {
    CALL_PROTECT,   /* mprotect() */
    CALL_POPULATE,  /* madvise() */
    CALL_REMAP,     /* mremap() */
    CALL_MAP,       /* mmap() */
    CALL_UNMAP,     /* munmap() */
    CALL_LIMIT,     /* prlimit() */
    CALL_CPU_TIME,  /* clock_gettime() of the process */
    CALL_USAGE,     /* getrusage() */
    CALL_MASK,      /* rt_sigprocmask() */
    CALL_HANDLERS,  /* sigaltstack() */
    CALL_READ_OWN,  /* process_vm_readv() of the process itself */
    CALL_PAGES,     /* move_pages() that moves none */
    CALL_DIRECTORY, /* getcwd() */
    CALL_THREAD,    /* gettid() */
    CALL_PROCESS,   /* getpid() */
    CALL_ALIVE,     /* tgkill() with no signal */
    CALL_FUTEX,     /* futex() that wakes nobody */
    CALL_OPEN,      /* openat(), for a trace; what comes with it: */
    CALL_STATUS,
    CALL_FILE_SYSTEM,
    CALL_TRUNCATE,
    CALL_CLOSE,
    CALL_USER,
    CALL_RANDOM,
    CALL_ACTION, /* rt_sigaction(), and what comes with handlers: */
    CALL_RETURN,
    CALL_YIELD,
    CALLS
};

/* Learns whether there is a filter already. Before main. */
void system_calls_setup(void);

struct sock_fprog;

/* The same of who is attached to: FILTERS, COUNT of them, are all that are on it now. */
void system_calls_take(const struct sock_fprog *filters, size_t count);

/* Was there one? */
bool system_calls_inherited_filter(void);

/* Is there one, or was one set since? */
bool system_calls_filtered(void);

/* May CALL be made: is the process not ended for it, nor sent a signal? */
bool system_calls_may(enum system_call call);

/* All that a new trace takes, and all that a block of one takes that is not there yet. */
bool system_calls_may_open(void);
bool system_calls_may_claim(void);

/* What handlers take, and pages that cannot be touched: no filter has any of that fail, either. */
bool system_calls_may_handle(void);
bool system_calls_may_close_pages(void);

/* A filter is about to be set, by this process: NULL for the strict one, which leaves read(),
 * write() and the end. Returns what system_calls_restore() takes if it was not set after all. */
uint32_t system_calls_filter(const struct sock_fprog *filter);
void system_calls_restore(uint32_t before);

#endif
