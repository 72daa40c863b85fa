/*
 * pick.h - which thread of a process can be made to call something.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_PICK_H
#define ANALYZER_ATTACH_PICK_H

#include "analyzer/attach/images.h"
#include "analyzer/attach/threads.h"

#include <sys/ptrace.h>

struct control;

struct pick {
    pid_t pid;
    const struct target_images *images;
    uint64_t sigreturn;                /* what signal handlers return to */
    uint64_t loader_begin, loader_end; /* code of which no thread is taken */
    const struct control *recorder;    /* that is loaded, and not to be interrupted; or NULL */
    pid_t tid;                         /* that was taken, ... */
    struct user_regs_struct registers; /* and its registers */
};

/*
 * Stops a thread that waits in a system call which the program made outside of the loader, of
 * malloc() and of any signal handler. One that never waits is stopped as it comes out of such a
 * call. False with *ERROR set: there is none within a while.
 */
bool pick_thread(struct pick *pick, struct error *error);

#endif
