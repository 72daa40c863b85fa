/*
 * auxiliary.h - the auxiliary vector of another process: what the kernel told it at its start.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_AUXILIARY_H
#define ANALYZER_UTIL_AUXILIARY_H

#include <stdint.h>
#include <sys/types.h>

/* PID's value of TYPE (AT_ENTRY, AT_PHDR ...); 0: there is none, or it cannot be read. */
uint64_t auxiliary_value(pid_t pid, uint64_t type);

#endif
