/*
 * call.h - calls functions in another process, on one of its threads, and puts that back where it
 * was.
 *
 * The thread is one that waits in a system call which holds no lock of the C library's. What it is
 * made to call returns into rt_sigreturn(2), with a frame that has all its registers and its signal
 * mask: as from a signal handler. So it finds back by itself, whenever who called is killed.
 *
 * A function that waits to be let return does so only for a moment, as who called may be gone.
 * Where that is over before we are there, the thread is stopped, wherever it is by then, and `left`
 * is set: it is one of all threads, and who has let it go may call again, on any of them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_CALL_H
#define ANALYZER_ATTACH_CALL_H

#include "analyzer/attach/pick.h"

#define CALL_XSTATE_MAX 16384

/* What happens while a function runs: a system call begins, with REGISTERS, which may be changed,
 * or has returned. */
typedef void call_observer(void *data, bool begins, struct user_regs_struct *registers,
                           bool *changed);

struct caller {
    struct pick thread;              /* with its registers as they were */
    uint64_t syscall, map;           /* functions of the C library */
    uint64_t mask;                   /* of signals, as it was */
    uint8_t xstate[CALL_XSTATE_MAX]; /* as they were: registers that GETREGS does not tell */
    size_t xstate_size;
    uint64_t home;     /* the frame on the thread's own stack */
    uint64_t memory;   /* a mapping for data and a stack; 0: none */
    uint64_t held;     /* where a word is not 0 any more when a function has done its work; ... */
    uint64_t released; /* ... and one that lets it return then. 0: each of its calls is observed */
    bool left;         /* ... but it returned before it was let, and goes its own way */
    call_observer *observer;
    void *data;
};

#define CALL_MEMORY (512u << 10) /* bytes: the first half is for data */
#define CALL_DATA   (256u << 10)

/* The memory is a file of this name, mapped: it is found again if who made it is killed. */
#define CALL_MEMORY_NAME "lifeguard-attach"

/*
 * Takes a thread of a process to call on, and maps memory there. *CALLER is to be zero but for
 * `pid`, `images` and the loader's code in `thread`. False with *ERROR set: there is none, and
 * nothing has changed.
 */
bool caller_begin(struct caller *caller, struct error *error);

/* Calls FUNCTION with up to three arguments. What it returns is not to be had. False with *ERROR
 * set: it crashed, or does not return, and the thread has been given up. */
bool caller_call(struct caller *caller, uint64_t function, uint64_t a, uint64_t b, uint64_t c,
                 struct error *error);

/* A thread is taken anew where the last one has left: its registers are in `thread` then. Calls do
 * so by themselves. False with *ERROR set: none can be. */
bool caller_return(struct caller *caller, struct error *error);

/* A system call: its result, or a negative errno. */
int64_t caller_syscall(struct caller *caller, long number, uint64_t a, uint64_t b, uint64_t c,
                       uint64_t d);

/* After a call that failed the thread is none of the caller's any more: nothing else is to be done.
 * Done by caller_call() itself. */
void caller_give_up(struct caller *caller);

/* Unmaps the memory, and lets the thread go on as if nothing had been. */
void caller_end(struct caller *caller);

#endif
