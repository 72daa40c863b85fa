/* labels.c - units of work that are about five things in turn, and which of these grow: see ways.h.
 */
#include "ways.h"

static void leak(const char *name)
{
    pool_take(pool_new(server, name), 64);
}

static SEEN void leak_in_one(unsigned unit)
{
    if (unit % 5 == 2)
        leak("left by one of five");
}

static SEEN void feed_in_one(unsigned unit)
{
    if (unit % 5 == 4)
        pool_take(server, 64);
}

static SEEN void leak_in_two(unsigned unit)
{
    if (unit % 5 == 1 || unit % 5 == 3)
        leak("left by two of five");
}

static SEEN void leak_in_all(unsigned unit)
{
    (void)unit;
    leak("left by each");
}

/* One of five looks things up, of which there are sixteen, or twenty-four. */
static void look_up(unsigned unit, unsigned things, const char *name)
{
    static char known[24];
    const unsigned thing = unit % 5 == 1 ? draw(things) : 0;

    if (unit % 5 == 1 && !known[thing]) {
        known[thing] = 1;
        leak(name);
    }
}

static SEEN void look_up_16_in_one(unsigned unit)
{
    look_up(unit, 16, "looked up by one");
}

static SEEN void look_up_24_in_one(unsigned unit)
{
    look_up(unit, 24, "looked up by one");
}

/* Every other time. */
static SEEN void leak_in_one_at_times(unsigned unit)
{
    if (unit % 10 == 2)
        leak("left by one at times");
}

static SEEN void leave_nothing(unsigned unit)
{
    pool *own = pool_new(server, "left by none");

    pool_take(own, 64 + unit % 5);
    pool_end(own);
}

const struct way label_ways[] = {
    {"about-one", leak_in_one},
    {"about-one-feeds", feed_in_one},
    {"about-two", leak_in_two},
    {"about-all", leak_in_all},
    {"about-one-at-times", leak_in_one_at_times},
    {"about-none", leave_nothing},
    {"about-one-cache-16", look_up_16_in_one},
    {"about-one-cache-24", look_up_24_in_one},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
