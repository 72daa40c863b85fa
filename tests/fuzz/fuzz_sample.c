/* fuzz_sample.c - which inputs are worth the slower checks: one in so many, by a hash. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/hash.h"
#include "fuzz.h"

#include <string.h>

/* By words: by bytes it would take longer than the reader does. */
uint64_t fuzz_hash(const uint8_t *input, size_t size)
{
    uint64_t word, hash = HASH_START;
    for (size_t at = 0; at + sizeof(word) <= size; at += sizeof(word)) {
        memcpy(&word, input + at, sizeof(word));
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 32;
    }
    return hash;
}

bool fuzz_is_one_of(unsigned many, uint64_t *hash)
{
    bool is_one = *hash % many == 0;
    *hash /= many;
    return is_one;
}
