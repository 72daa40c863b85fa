/*
 * mini_debug.h - the names of static functions that a stripped program carries with it: an ELF file
 * in a section of its own (.gnu_debugdata), packed by xz, as Fedora and RHEL ship all programs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_MINI_DEBUG_H
#define ANALYZER_SYMBOLS_MINI_DEBUG_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

#define MINI_DEBUG_MAX (UINT64_C(128) << 20) /* bytes, unpacked */

struct mini_debug {
    Elf *elf;             /* NULL: there is none */
    unsigned char *bytes; /* that it lies in */
};

/* What PROGRAM carries; what it takes is added to *INFLATED, see inflated.h. False, with *MINI
 * empty: nothing, nothing that can be unpacked, or more than can be. */
bool mini_debug_open(struct mini_debug *mini, Elf *program, uint64_t *inflated);
void mini_debug_close(struct mini_debug *mini);

#endif
