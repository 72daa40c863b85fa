/* keyed_hash.c - SipHash-1-3 under a key of this run; see keyed_hash.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/keyed_hash.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

uint64_t hash_key[2];

/* What the kernel gave the process at its start serves where it gives no more. */
__attribute__((constructor)) static void draw_key(void)
{
    const void *given = (const void *)getauxval(AT_RANDOM); /* 16 bytes */
    if (getrandom(hash_key, sizeof hash_key, GRND_NONBLOCK) != sizeof hash_key && given)
        memcpy(hash_key, given, sizeof hash_key);
    hash_key[0] |= 1; /* a factor */
    hash_key[1] |= 1;
}

struct state {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void stir(struct state *of)
{
    of->a += of->b;
    of->b = rotate(of->b, 13) ^ of->a;
    of->a = rotate(of->a, 32);
    of->c += of->d;
    of->d = rotate(of->d, 16) ^ of->c;
    of->a += of->d;
    of->d = rotate(of->d, 21) ^ of->a;
    of->c += of->b;
    of->b = rotate(of->b, 17) ^ of->c;
    of->c = rotate(of->c, 32);
}

static void take(struct state *of, uint64_t word)
{
    of->d ^= word;
    stir(of);
    of->a ^= word;
}

uint64_t keyed_bytes(const void *bytes, size_t length)
{
    struct state state = {hash_key[0] ^ 0x736f6d6570736575, hash_key[1] ^ 0x646f72616e646f6d,
                          hash_key[0] ^ 0x6c7967656e657261, hash_key[1] ^ 0x7465646279746573};
    const unsigned char *at = bytes;
    uint64_t word;
    for (size_t left = length; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        take(&state, word);
    }
    word = 0;
    memcpy(&word, at, length % sizeof word);
    take(&state, word | (uint64_t)length << 56);
    state.c ^= 0xff;
    for (unsigned i = 0; i < 3; i++)
        stir(&state);
    return state.a ^ state.b ^ state.c ^ state.d;
}
