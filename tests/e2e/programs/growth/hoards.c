/* hoards.c - much that is taken within one unit of work, and what only looks like that: see ways.h.
 */
#include "ways.h"

/* Unit 7 alone lists COUNT things of SIZE in a pool that stays. */
static void list_in_server(unsigned unit, unsigned count, size_t size)
{
    for (unsigned i = 0; unit == 7 && i < count; i++)
        pool_take(server, size);
}

static SEEN void list_255(unsigned unit)
{
    list_in_server(unit, 255, 40);
}

static SEEN void list_256(unsigned unit)
{
    list_in_server(unit, 256, 40);
}

static SEEN void list_15_large(unsigned unit)
{
    list_in_server(unit, 15, 8000);
}

static SEEN void list_16_large(unsigned unit)
{
    list_in_server(unit, 16, 8000);
}

/* Each thing is given back but the last hundred. */
static SEEN void list_and_give_back(unsigned unit)
{
    void *last[100] = {0};

    for (unsigned i = 0; unit % 5 == 2 && i < 600; i++) {
        if (last[i % 100])
            pool_give_back(last[i % 100]);
        last[i % 100] = pool_take(server, 64);
    }
    for (unsigned i = 0; i < 100; i++)
        if (last[i])
            pool_give_back(last[i]);
}

/* In what is emptied before the unit ends. */
static SEEN void list_and_empty(unsigned unit)
{
    static pool *scratch;

    if (unit == 0)
        scratch = pool_new(server, "scratch to be emptied");
    for (unsigned i = 0; unit % 5 == 2 && i < 600; i++)
        pool_take(scratch, 64);
    scratch = pool_renew(scratch, server, "scratch to be emptied");
}

/* In the pool of the unit itself, in three units of different size. */
static SEEN void list_in_unit(unsigned unit)
{
    pool *own = pool_new(server, "answer of the unit");
    const unsigned count = unit % 10 == 3 ? 300 + unit * 10 : 20;

    for (unsigned i = 0; i < count; i++)
        pool_take(own, 48);
    pool_end(own);
}

static SEEN void visit(pool *own, unsigned depth)
{
    pool_take(own, 32);
    if (depth == 0)
        return;
    visit(own, depth - 1);
    visit(own, depth - 1);
}

/* A tree of 511 nodes, by recursion, once. */
static SEEN void list_a_tree(unsigned unit)
{
    pool *own = pool_new(server, "tree that is listed");

    visit(own, unit == 9 ? 8 : 2);
    pool_end(own);
}

/* A pool of its own for each of 300 things, all of them ended in the same unit: once one after the
 * other, once all together. */
static SEEN void make_one_by_one(unsigned unit)
{
    for (unsigned i = 0; unit == 4 && i < 300; i++) {
        pool *own = pool_new(server, "thing by itself");
        pool_take(own, 40);
        pool_end(own);
    }
}

static SEEN void make_all(unsigned unit)
{
    static pool *things[300];

    for (unsigned i = 0; unit == 4 && i < 300; i++)
        pool_take(things[i] = pool_new(server, "thing with others"), 40);
    for (unsigned i = 0; unit == 4 && i < 300; i++)
        pool_end(things[i]);
}

const struct way unit_ways[] = {
    {"list-255", list_255},
    {"list-256", list_256},
    {"list-15-large", list_15_large},
    {"list-16-large", list_16_large},
    {"list-given-back", list_and_give_back},
    {"list-emptied", list_and_empty},
    {"list-in-unit", list_in_unit},
    {"list-tree", list_a_tree},
    {"one-by-one", make_one_by_one},
    {"all-together", make_all},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
