/*
 * threads.h - the threads of another process, stopped by ptrace(2) and let go again.
 *
 * Whatever becomes of who stops them: the kernel lets them go on from where they were.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_THREADS_H
#define ANALYZER_ATTACH_THREADS_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/* Stops TID, which is not traced yet. False with *ERROR set: it cannot be, or does not within a
 * while, and is not traced. */
bool thread_stop(pid_t tid, struct error *error);

/* Of a clock that only goes on: for how long something has been waited for. */
int64_t seconds_now(void);
int64_t nanoseconds_now(void);

/* The next stop of TID, which is traced, within SECONDS. False, with errno: ETIMEDOUT where it did
 * not come; else it has ended. */
bool thread_await(pid_t tid, int *status, unsigned seconds);

/*
 * Lets TID, which is stopped, go on. A system call that was interrupted goes on, too, as far as the
 * kernel can have it so: one that it would make fail begins again, unless a signal came.
 */
void thread_release(pid_t tid);

/* The same for the registers that the thread will have. */
void thread_restart_call(struct user_regs_struct *registers);

struct threads {
    pid_t *tids;
    size_t count, capacity;
};

/* Stops all threads of PID but EXCEPT, those that are begun meanwhile, too. False with *ERROR set,
 * and all have been let go. */
bool threads_stop(struct threads *threads, pid_t pid, pid_t except, struct error *error);

typedef bool threads_test(const void *data, pid_t tid);

/* Lets those of them run that TEST holds for, *COUNT, for so many NANOSECONDS (less than a second),
 * and stops them again, and those that are begun meanwhile. False with *ERROR set, and all have
 * been let go. */
bool threads_let_run(struct threads *threads, pid_t pid, pid_t except, threads_test *test,
                     const void *data, long nanoseconds, size_t *count, struct error *error);

/* TID, which is stopped, is one of them from here on. */
void threads_add(struct threads *threads, pid_t tid);

/* Lets all of them go, and frees what was allocated. */
void threads_release(struct threads *threads);

/* The ids of PID's threads, the first one's first; NULL where there are none. Owned by the caller.
 */
pid_t *threads_list(pid_t pid, size_t *count);

#endif
