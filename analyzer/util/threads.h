/*
 * threads.h - threads that read recordings, beside the one that the command began with.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_THREADS_H
#define ANALYZER_UTIL_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* How many processors this process may run on, at least 1. */
unsigned threads_useful(void);

/* Starts WORK(DATA) in a thread that takes no signals: they are for the first one. */
bool thread_start(pthread_t *thread, void *(*work)(void *data), void *data);

#endif
