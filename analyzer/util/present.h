/*
 * present.h - what a process has in memory just now, if it still runs here.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_PRESENT_H
#define ANALYZER_UTIL_PRESENT_H

#include <stdint.h>

/* Bytes, as /proc tells it, of process PID, which wrote the file PATH: only while that is mapped
 * there, so that no other process is meant. 0: it has ended, is of another host or pid namespace,
 * or may not be looked at. */
uint64_t present_memory(int32_t pid, const char *path);

#endif
