/*
 * vectors.h - the vector registers of the program, kept while code runs that may change them.
 *
 * The recorder is compiled without them, but others' functions that it calls are not. Those of
 * every width are kept, with the mask and x87 registers: what of AMX a program has, no library's
 * function touches.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_VECTORS_H
#define PRELOAD_UTIL_VECTORS_H

#include <stdint.h>

/* Bytes: all that vectors_setup() chooses from, in the layout that takes most. */
#define VECTORS_SIZE 2752

/* To begin with, all zero. */
struct vectors {
    uint8_t area[VECTORS_SIZE];
} __attribute__((aligned(64)));

/* Learns what this processor has. Once, before the others are called. */
void vectors_setup(void);

void vectors_save(struct vectors *to);
void vectors_restore(const struct vectors *from);

#endif
