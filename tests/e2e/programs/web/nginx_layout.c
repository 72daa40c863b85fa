/*
 * nginx_layout - pools that lie in memory as nginx' do, for the description of nginx and its
 * layout: one that is filled, reset and filled again, over several blocks and with large
 * allocations; with an argument, another one that nothing refers to in the end.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The function shows in every backtrace taken below it, and can be hooked. */
#define KEEP_FRAME __attribute__((noinline, noclone))

enum { BLOCK = 4096, MOST = 4095 };

typedef struct ngx_pool_s ngx_pool_t;

struct data {
    unsigned char *last, *end;
    ngx_pool_t *next;
    uintptr_t failed;
};

struct large {
    struct large *next;
    void *alloc;
};

struct ngx_pool_s {
    struct data d;
    size_t max;
    ngx_pool_t *current;
    void *chain;
    struct large *large;
    void *cleanup;
    void *log;
};

typedef struct {
    void *conf_ctx;
    ngx_pool_t *pool;
} ngx_cycle_t;

ngx_cycle_t *ngx_cycle;
static int log_of_all;

KEEP_FRAME ngx_pool_t *ngx_create_pool(size_t size, void *log)
{
    ngx_pool_t *pool = aligned_alloc(16, size);
    const size_t room = size - sizeof(*pool);

    *pool = (ngx_pool_t){.d = {(unsigned char *)(pool + 1), (unsigned char *)pool + size, NULL, 0},
                         .max = room < MOST ? room : MOST,
                         .current = pool,
                         .log = log};
    return pool;
}

static void free_large(ngx_pool_t *pool)
{
    for (struct large *large = pool->large; large; large = large->next)
        free(large->alloc);
}

KEEP_FRAME void ngx_destroy_pool(ngx_pool_t *pool)
{
    free_large(pool);
    for (ngx_pool_t *block = pool, *next; block; block = next) {
        next = block->d.next;
        free(block);
    }
}

/* Further blocks are as empty as the first, which has the pool in it. */
KEEP_FRAME void ngx_reset_pool(ngx_pool_t *pool)
{
    free_large(pool);
    for (ngx_pool_t *block = pool; block; block = block->d.next) {
        block->d.last = (unsigned char *)(block + 1);
        block->d.failed = 0;
    }
    pool->current = pool;
    pool->chain = NULL;
    pool->large = NULL;
}

static void *take_small(ngx_pool_t *pool, size_t size)
{
    ngx_pool_t *block = pool->current, *last = block;
    void *taken;

    for (; block; last = block, block = block->d.next) {
        taken = (void *)(((uintptr_t)block->d.last + 15) & ~(uintptr_t)15);
        if ((size_t)(block->d.end - (unsigned char *)taken) < size)
            continue;
        block->d.last = (unsigned char *)taken + size;
        return taken;
    }
    block = aligned_alloc(16, BLOCK);
    taken = (unsigned char *)block + sizeof(struct data);
    block->d =
        (struct data){(unsigned char *)taken + size, (unsigned char *)block + BLOCK, NULL, 0};
    last->d.next = block;
    return taken;
}

KEEP_FRAME void *ngx_palloc(ngx_pool_t *pool, size_t size)
{
    struct large *large;

    if (size <= pool->max)
        return take_small(pool, size);
    large = take_small(pool, sizeof(*large));
    *large = (struct large){pool->large, malloc(size)};
    pool->large = large;
    return large->alloc;
}

KEEP_FRAME void *ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return ngx_palloc(pool, size);
}

KEEP_FRAME void *ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    return memset(ngx_palloc(pool, size), 0, size);
}

KEEP_FRAME int ngx_pfree(ngx_pool_t *pool, void *data)
{
    for (struct large *large = pool->large; large; large = large->next) {
        if (large->alloc != data)
            continue;
        free(data);
        large->alloc = NULL;
        return 0;
    }
    return -5; /* it is none of the large ones */
}

static ngx_pool_t *kept;

KEEP_FRAME void lose(void)
{
    ngx_palloc(ngx_create_pool(BLOCK, &log_of_all), 100);
}

/* What the stack has of it is overwritten. */
KEEP_FRAME void forget(void)
{
    volatile char room[16384];

    for (size_t i = 0; i < sizeof(room); i++)
        room[i] = 0;
}

static void fill(unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        ngx_palloc(kept, 992);
    ngx_palloc(kept, 2 * BLOCK);
    ngx_pfree(kept, ngx_palloc(kept, 3 * BLOCK));
}

int main(int count, char **arguments)
{
    static ngx_cycle_t cycle;

    (void)arguments;
    cycle.pool = ngx_create_pool(BLOCK, &log_of_all);
    ngx_cycle = &cycle;
    kept = ngx_create_pool(BLOCK, &log_of_all);
    for (unsigned round = 0; round < 3; round++) {
        fill(20 - 5 * round);
        ngx_reset_pool(kept);
    }
    fill(7);
    if (count > 1)
        lose();
    forget();
    return 0;
}
/* SPDX-License-Identifier: MIT */
