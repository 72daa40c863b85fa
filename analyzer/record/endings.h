/*
 * endings.h - processes that a signal ended, as who waited for them was told: noted in their
 * traces, which they could not do.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_ENDINGS_H
#define ANALYZER_RECORD_ENDINGS_H

#include <sys/types.h>

/* PID was waited for, with a STATUS as of waitpid(). */
void endings_note(pid_t pid, int status);

/* Into the traces in DIR, not packed yet; those noted are forgotten. */
void endings_write(const char *dir);

#endif
