/*
 * resident.h - what a process has in memory just now.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_RESIDENT_H
#define ANALYZER_PROFILE_RESIDENT_H

#include <stdint.h>

/* Bytes, of process PID as it is known here; 0: not known. */
uint64_t resident_bytes(int32_t pid);

#endif
