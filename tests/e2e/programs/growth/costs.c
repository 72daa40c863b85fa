/* costs.c - what leaks cost: much or little, in few pools or in many, at its largest and in the
 * end: see ways.h. */
#include "ways.h"

/* Little is asked for, and each pool has a block of its own. */
static SEEN void leave_little(unsigned unit)
{
    (void)unit;
    pool_take(pool_new(server, "little in each"), 16);
}

static SEEN void leave_much(void)
{
    pool_take(pool_new(server, "much in few"), 6000);
}

/* Much in one of four, and little in each. */
static SEEN void leave_much_and_little(unsigned unit)
{
    if (unit % 4 == 0)
        leave_much();
    leave_little(unit);
}

/* Little is added to a pool that holds much for the whole run. */
static SEEN void add_to_much(unsigned unit)
{
    if (unit == 0)
        pool_take(server, 50000);
    pool_take(server, 64);
}

/* Answers of a client, who leaves before the last four units. */
static SEEN void leave_with_client(unsigned unit)
{
    static pool *client;

    if (unit == 0)
        client = pool_new(server, "client who costs");
    if (unit < units - 4)
        pool_take(pool_new(client, "answer that costs"), 1000);
    else
        pool_end(client), client = 0;
}

static SEEN void open_large(void)
{
    pool_take(pool_new(server, "large when needed"), 100000);
}

/* Three large ones, opened when they are needed first, and a small leak. */
static SEEN void leave_little_beside_large(unsigned unit)
{
    if (unit == units / 8 || unit == units * 2 / 5 || unit == units * 4 / 5 + 1)
        open_large();
    leave_little(unit);
}

/* Each is larger than the one before. */
static SEEN void leave_ever_larger(unsigned unit)
{
    pool_take(pool_new(server, "larger each time"), 100 * (unit + 1));
}

const struct way cost_ways[] = {
    {"cost-little", leave_little},
    {"cost-much-and-little", leave_much_and_little},
    {"cost-added", add_to_much},
    {"cost-client", leave_with_client},
    {"cost-beside-large", leave_little_beside_large},
    {"cost-larger", leave_ever_larger},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
