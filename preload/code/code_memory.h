/*
 * code_memory.h - writing to code, and making what was written code: also where the process may not
 * have memory that is written first and run then, as under PR_SET_MDWE and systemd's
 * MemoryDenyWriteExecute=. What the kernel lets a debugger do, /proc/self/mem lets oneself do.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_CODE_MEMORY_H
#define PRELOAD_CODE_CODE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes SIZE bytes at ADDRESS, which is code and stays so. False: that is refused. */
bool code_write(uint64_t address, const void *bytes, size_t size);

/* Makes the pages at START, of SIZE bytes that were written, code that is not written to. False:
 * that is refused. */
bool code_seal(uint64_t start, size_t size);

#endif
