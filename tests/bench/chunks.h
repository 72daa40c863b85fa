/*
 * chunks.h - contexts as database servers have: chunks are taken from a current one, know theirs,
 * and are given back one by one. chunks.api describes them.
 *
 * To be included once in a program. Threads may use it at the same time, each its own contexts: the
 * chunks given back go to a free list of the thread. When memory is out, the process ends.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_CHUNKS_H
#define BENCH_CHUNKS_H

#include "../e2e/programs/pools.h"

#define CHUNK_DATA 64 /* bytes of every chunk; no allocation may be larger */

struct context {
    struct context *parent;
    size_t taken;
};

struct chunk {
    struct chunk *next; /* free */
    struct context *context;
    char data[CHUNK_DATA];
};

static __thread struct context *context_current;
static __thread struct chunk *chunks_free;

POOL_ENTRY struct context *context_create(struct context *parent)
{
    struct context *made = malloc(sizeof(*made));

    if (!made)
        _exit(1);
    *made = (struct context){.parent = parent};
    return made;
}

POOL_ENTRY void *chunk_take(size_t size)
{
    struct chunk *chunk = chunks_free;

    if (chunk)
        chunks_free = chunk->next;
    else
        chunk = malloc(sizeof(*chunk));
    if (!chunk)
        _exit(1);
    chunk->context = context_current;
    chunk->context->taken += size;
    return chunk->data;
}

POOL_ENTRY void chunk_give_back(void *data)
{
    struct chunk *chunk = (struct chunk *)((char *)data - offsetof(struct chunk, data));

    chunk->next = chunks_free;
    chunks_free = chunk;
}

#endif
