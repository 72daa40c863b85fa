/* growth.c - what grows, on demand; see growth.h. */
#include "growth.h"
#include "pool.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>

#define MANY 600   /* of what a listing has */
#define LIFE 40    /* commands that a client stays */
#define BUSY 40000 /* rounds of three pool events or more */

static unsigned command_number(void)
{
    static unsigned commands;

    return commands++;
}

static pool *tagged_pool(pool *parent, const char *tag)
{
    pool *made = make_sub_pool(parent);

    pr_pool_tag(made, tag);
    return made;
}

pool *kept_pools[KEPT_POOLS];

/* It can still be reached: what nothing refers to is lost. */
static pool *keep(pool *made)
{
    static unsigned count;

    kept_pools[count++ % KEPT_POOLS] = made;
    return made;
}

/* One command in the course of a session lists many things. */
static bool is_listing(void)
{
    return command_number() == 5;
}

KEEP_FRAME void hoard_in_session_pool(void)
{
    if (!is_listing())
        return;
    for (unsigned i = 0; i < MANY; i++)
        pcalloc(session.pool, 64);
}

KEEP_FRAME void hoard_in_pool_of_command(void)
{
    if (!is_listing())
        return;
    pool *own = tagged_pool(session.pool, "listing pool");

    for (unsigned i = 0; i < MANY; i++)
        pcalloc(own, 64);
    destroy_pool(own);
}

KEEP_FRAME void hoard_subpools(void)
{
    if (!is_listing())
        return;
    pool *own = tagged_pool(session.pool, "tree pool");

    for (unsigned i = 0; i < MANY; i++)
        tagged_pool(own, "leaf pool");
    destroy_pool(own);
}

KEEP_FRAME void work_in_batches(void)
{
    for (unsigned batch = 0; batch < 6; batch++) {
        pool *own = tagged_pool(session.pool, "batch pool");

        for (unsigned i = 0; i < 100; i++)
            pcalloc(own, 64);
        destroy_pool(own);
    }
}

/* As EPSV does. */
KEEP_FRAME void take_one_large_buffer(void)
{
    pool *own = tagged_pool(session.pool, "buffer pool");

    pcalloc(own, 516 * 1024);
    destroy_pool(own);
}

KEEP_FRAME void copy_a_listing(void)
{
    pool *own = tagged_pool(session.pool, "copy pool");

    for (unsigned i = 0; i < 200; i++)
        pcalloc(own, 64);
    destroy_pool(own);
}

/* A client that comes with the first command and leaves LIFE later; NULL: none is there. */
static pool *client_pool(void)
{
    static pool *client;
    unsigned number = command_number();

    if (number == 0) {
        client = tagged_pool(session.pool, "client pool");
    } else if (number == LIFE && client) {
        destroy_pool(client);
        client = NULL;
    }
    return client;
}

KEEP_FRAME void feed_client_pool(void)
{
    pool *client = client_pool();

    if (client)
        pcalloc(client, 64);
}

KEEP_FRAME void pile_up_below_client(void)
{
    pool *client = client_pool();

    if (client)
        pcalloc(tagged_pool(client, "answer pool"), 48);
}

/* Clients stay ever longer. */
KEEP_FRAME void pile_up_below_many_clients(void)
{
    static pool *client;
    static unsigned left = 8, stay = 8;

    if (left-- == 0) {
        destroy_pool(client);
        client = NULL;
        left = stay += 4;
    }
    if (!client)
        client = tagged_pool(session.pool, "one of many clients");
    pcalloc(tagged_pool(client, "answer pool"), 48);
}

/* A pool that is made anew every tenth time. */
static pool *flushed_pool(void)
{
    static pool *flushed;

    if (command_number() % 10 == 0) {
        destroy_pool(flushed);
        flushed = tagged_pool(session.pool, "flushed pool");
    }
    return flushed;
}

KEEP_FRAME void flush_pool(void)
{
    pcalloc(flushed_pool(), 64);
}

KEEP_FRAME void flush_subpools(void)
{
    pool *flushed = flushed_pool(), **entry = palloc(flushed, sizeof(pool *));

    *entry = tagged_pool(flushed, "entry to be flushed");
    pcalloc(*entry, 64);
}

KEEP_FRAME void hang_below_the_last(void)
{
    static pool *last;

    last = tagged_pool(last ? last : session.pool, "link of a chain");
    pcalloc(last, 48);
}

KEEP_FRAME void nest_and_destroy(void)
{
    pool *top = tagged_pool(session.pool, "nest"), *last = top;

    for (unsigned i = 0; i < 20; i++)
        pcalloc(last = tagged_pool(last, "nested pool"), 48);
    destroy_pool(top);
}

#define ENTRIES 24 /* of a cache that short sessions do not fill */

KEEP_FRAME void fill_slow_cache(void)
{
    if (command_number() < ENTRIES)
        pcalloc(keep(tagged_pool(session.pool, "slow cache")), 64);
}

KEEP_FRAME void fill_slow_pool(void)
{
    if (command_number() < ENTRIES)
        pcalloc(session.pool, 64);
}

/* Each entry replaces the one that has been there longest. */
KEEP_FRAME void evict_from_cache(void)
{
    static pool *entries[8];
    pool **entry = &entries[command_number() % 8];

    destroy_pool(*entry);
    *entry = tagged_pool(session.pool, "cache that evicts");
    pcalloc(*entry, 64);
}

KEEP_FRAME void grow_each_tenth(void)
{
    if (command_number() % 10 == 5)
        pcalloc(session.pool, 64);
}

KEEP_FRAME void leak_each_tenth(void)
{
    if (command_number() % 10 == 5)
        pcalloc(tagged_pool(session.pool, "leaked each tenth time"), 64);
}

/* Growth as it comes: in bursts. */
KEEP_FRAME void grow_now_and_then(void)
{
    unsigned number = command_number();

    if (number == 4 || number == 5 || number == 22 || number == 36)
        pcalloc(session.pool, 64);
}

KEEP_FRAME void open_lazily(void)
{
    if (command_number() == 7)
        for (unsigned i = 0; i < 3; i++)
            pcalloc(permanent_pool, 264);
}

/* Two of three are destroyed. */
KEEP_FRAME void keep_every_third(void)
{
    unsigned number = command_number();
    pool *made = tagged_pool(session.pool, "every third is forgotten");

    pcalloc(made, 48);
    if (number % 3 != 2)
        destroy_pool(made);
}

KEEP_FRAME void replace_last(void)
{
    static pool *last;

    destroy_pool(last);
    last = tagged_pool(session.pool, "only the last is kept");
    pcalloc(last, 48);
}

static KEEP_FRAME void do_something(void)
{
    pool *own = tagged_pool(session.pool, "work pool");

    pcalloc(own, 100);
    destroy_pool(own);
}

KEEP_FRAME void leak_while_busy(void)
{
    for (unsigned i = 0; i < BUSY; i++) {
        do_something();
        if (i % 500 == 0)
            pcalloc(tagged_pool(session.pool, "leaked while busy"), 48);
    }
}

KEEP_FRAME void grow_while_busy(void)
{
    for (unsigned i = 0; i < BUSY; i++) {
        do_something();
        if (i % 100 == 0)
            pcalloc(session.pool, 16);
    }
}

KEEP_FRAME void chain_while_busy(void)
{
    pool *last = session.pool;

    for (unsigned i = 0; i < BUSY; i++) {
        do_something();
        if (i % 500 == 0)
            pcalloc(last = tagged_pool(last, "chained while busy"), 48);
    }
}

KEEP_FRAME void hold_and_end_while_busy(void)
{
    pool *stream = tagged_pool(session.pool, "stream pool");

    for (unsigned i = 0; i < BUSY; i++) {
        do_something();
        if (i % 500 == 0)
            pcalloc(tagged_pool(stream, "piled up in a stream"), 48);
    }
    destroy_pool(stream);
}

KEEP_FRAME void be_busy(void)
{
    for (unsigned i = 0; i < BUSY; i++)
        do_something();
}

KEEP_FRAME void load_and_be_busy(void)
{
    for (unsigned i = 0; i < 300; i++)
        pcalloc(keep(tagged_pool(session.pool, "loaded at first")), 48);
    be_busy();
}

KEEP_FRAME void cache_while_busy(void)
{
    static pool *entries[64];

    for (unsigned i = 0; i < BUSY; i++) {
        pool **entry = &entries[i / 10 % 64];

        do_something();
        if (i % 10 != 0)
            continue;
        destroy_pool(*entry);
        *entry = tagged_pool(session.pool, "cached while busy");
    }
}

/* Too little work to be told from what a session begins with. */
KEEP_FRAME void leak_while_not_busy(void)
{
    for (unsigned i = 0; i < 100; i++)
        pcalloc(keep(tagged_pool(session.pool, "made at first")), 48);
}
/* SPDX-License-Identifier: MIT */
