/*
 * keyed_hash.h - hashes for tables in memory, under a key that is drawn at random when the program
 * starts. Who writes a trace chooses what goes into our tables: without the key nobody can choose
 * keys that meet in one place and make a table slow. A hash differs from run to run, so nothing
 * that is shown may follow its order; what is shown or kept is hashed by hash.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_KEYED_HASH_H
#define ANALYZER_UTIL_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Set before main(), and never after. */
extern uint64_t hash_key[2];

/* Both halves of the product of two numbers, folded: every bit of it depends on every bit. */
static inline uint64_t keyed_fold(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Of two numbers; for longer sequences A is what came out before. */
static inline uint64_t keyed_mix(uint64_t a, uint64_t b)
{
    return keyed_fold(keyed_fold(a ^ hash_key[0], b ^ hash_key[1]) ^ hash_key[1], hash_key[0]);
}

/* SipHash-1-3 of LENGTH bytes. */
uint64_t keyed_bytes(const void *bytes, size_t length);

#endif
