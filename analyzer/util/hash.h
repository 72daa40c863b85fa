/*
 * hash.h - 64-bit FNV-1a, for fingerprints and orders: the same on every machine, for ever. Tables
 * are keyed_hash.h's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_HASH_H
#define ANALYZER_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    while (length-- > 0)
        hash = (hash ^ *at++) * 0x100000001b3u;
    return hash;
}

/* The bytes and a terminating NUL, so that two strings one after the other are not one. */
static inline uint64_t hash_string(uint64_t hash, const char *text, size_t length)
{
    return hash_bytes(hash_bytes(hash, text, length), "", 1);
}

static inline uint64_t hash_number(uint64_t hash, uint64_t number)
{
    return hash_bytes(hash, &number, sizeof number);
}

#endif
