/* cases.c - what is near the edge of a rule, on either side: see ways.h. */
#include "ways.h"

/* Two helpers, one by the other, leave ten pools each. */
static SEEN void leave_ten(unsigned unit, const char *name)
{
    for (unsigned i = 0; i < 10; i++)
        pool_take(pool_new(server, name), 24 + unit % 3);
}

static SEEN void leave_twenty(unsigned unit)
{
    leave_ten(unit, "one of twenty");
    leave_ten(unit, "one of twenty");
}

/* The first of each of five commands makes a table ready, whenever that comes. */
static SEEN void make_ready(unsigned unit)
{
    if (unit == 0 || unit == units / 8 || unit == units / 3 || unit == units * 5 / 8 + 1 ||
        unit == units * 5 / 6)
        pool_take(server, 400);
}

/* A buffer that is written after 17 to 23 units. */
static SEEN void write_now_and_then(unsigned unit)
{
    static pool *buffer;
    static unsigned left;

    (void)unit;
    if (left == 0) {
        buffer = pool_renew(buffer, server, "written now and then");
        left = 17 + draw(7);
    }
    pool_take(buffer, 64);
    left--;
}

#define IDLE_MOST 12

/* Up to twenty are in use at a time; of those that are not any more, twelve are kept. */
static SEEN void keep_idle_ones(unsigned unit)
{
    static pool *idle[IDLE_MOST];
    static unsigned count;
    pool *used[20];
    const unsigned most = 1 + draw(20);

    (void)unit;
    for (unsigned i = 0; i < most; i++)
        used[i] = count ? idle[--count] : pool_new(server, "used or idle");
    for (unsigned i = 0; i < most; i++)
        if (count < IDLE_MOST)
            idle[count++] = used[i];
        else
            pool_end(used[i]);
}

/* The latest sixteen, and from the middle of the run on, the latest thirty-two. */
static SEEN void keep_more_later(unsigned unit)
{
    static pool *latest[32];
    static unsigned next;
    const unsigned room = unit < units / 2 ? 16 : 32;

    next = (next + 1) % room;
    pool_end(latest[next]);
    latest[next] = pool_new(server, "one of a window that is widened");
}

static SEEN void leave_first(void)
{
    pool_take(pool_new(server, "left first"), 32);
}

static SEEN void leave_second(void)
{
    pool_take(pool_new(server, "left second"), 32);
}

static SEEN void leave_third(void)
{
    pool_take(pool_new(server, "left third"), 32);
}

static SEEN void leave_in_turn(unsigned unit)
{
    static void (*const places[])(void) = {leave_first, leave_second, leave_third};

    places[unit % 3]();
}

/* What was wrong in the first part of the run is so no more. */
static SEEN void leave_until_mended(unsigned unit)
{
    if (unit < units * 3 / 5)
        pool_new(server, "left until mended");
}

static SEEN void leave_at_long_distance(unsigned unit)
{
    if (unit % 16 == 5)
        pool_take(pool_new(server, "left at long distance"), 64);
}

static void take_at_once(unsigned unit, unsigned count, size_t size)
{
    for (unsigned i = 0; unit == 9 && i < count; i++)
        pool_take(server, size);
}

static SEEN void take_255(unsigned unit)
{
    take_at_once(unit, 255, 32);
}

static SEEN void take_256(unsigned unit)
{
    take_at_once(unit, 256, 32);
}

static SEEN void take_20_of_3000(unsigned unit)
{
    take_at_once(unit, 20, 3000);
}

static SEEN void take_20_of_4000(unsigned unit)
{
    take_at_once(unit, 20, 4000);
}

/* A pool with a part, and every other part is ended by itself. */
static SEEN void leave_with_part(unsigned unit)
{
    pool *whole = pool_new(server, "left with a part"), *part = pool_new(whole, "part of it");

    pool_take(part, 16);
    if (unit % 2)
        pool_end(part);
}

/* Each is ended in the unit after it, but for one of four. */
static SEEN void end_the_last(unsigned unit)
{
    static pool *last;

    if (unit % 4 != 1)
        pool_end(last);
    last = pool_new(server, "ended one later");
}

/* A client who asked for much at first, and stays. */
static SEEN void feed_quiet_client(unsigned unit)
{
    static pool *client;

    if (unit == 0)
        client = pool_new(server, "client who is quiet");
    if (unit < units * 3 / 10)
        pool_take(client, 128);
}

/* Each unit takes from the pool of the one before, which ends with this one. */
static SEEN void take_from_the_last(unsigned unit)
{
    static pool *last;
    pool *own = pool_new(server, "ends with the next");

    (void)unit;
    if (last)
        pool_take(last, 200);
    pool_end(last);
    last = own;
}

/* The setting before the last one is kept for those who still use it. */
static SEEN void keep_two_settings(unsigned unit)
{
    static pool *settings[2];

    pool_end(settings[unit % 2]);
    settings[unit % 2] = pool_new(server, "one of two settings");
    pool_take(settings[unit % 2], 500);
}

static SEEN void leave_every_other_setting(unsigned unit)
{
    static pool *setting;

    if (unit % 2)
        pool_end(setting);
    setting = pool_new(server, "every other setting");
    pool_take(setting, 500);
}

const struct way case_ways[] = {
    {"twenty-each", leave_twenty},
    {"made-ready", make_ready},
    {"written-now-and-then", write_now_and_then},
    {"kept-idle", keep_idle_ones},
    {"window-widened", keep_more_later},
    {"three-in-turn", leave_in_turn},
    {"until-mended", leave_until_mended},
    {"long-distance", leave_at_long_distance},
    {"take-255", take_255},
    {"take-256", take_256},
    {"take-60000", take_20_of_3000},
    {"take-80000", take_20_of_4000},
    {"with-part", leave_with_part},
    {"one-later", end_the_last},
    {"quiet-client", feed_quiet_client},
    {"from-the-last", take_from_the_last},
    {"reload-two-kept", keep_two_settings},
    {"reload-every-other", leave_every_other_setting},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
