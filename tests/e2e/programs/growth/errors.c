/* errors.c - what goes wrong now and then only, by little, or beside what is larger: see ways.h. */
#include "ways.h"

/* One of twenty commands leaks, whatever their order. */
static int is_the_one(unsigned unit)
{
    return unit % 20 == 13;
}

static SEEN void leak_in_one_command(unsigned unit)
{
    if (is_the_one(unit))
        pool_take(pool_new(server, "leaked in one of twenty"), 40);
}

static SEEN void feed_in_one_command(unsigned unit)
{
    if (is_the_one(unit))
        pool_take(server, 72);
}

static SEEN void take_from_root_in_one_command(unsigned unit)
{
    if (is_the_one(unit))
        root_take(24);
}

/* The way out after an error, which comes as it does, forgets what the other way ends. */
static SEEN void forget_on_error(unsigned unit)
{
    pool *own = pool_new(server, "forgotten on error");

    (void)unit;
    pool_take(own, 100);
    if (draw(10) == 0)
        return;
    pool_end(own);
}

static SEEN void note_error(unsigned unit)
{
    (void)unit;
    if (draw(10) == 0)
        pool_take(server, 104);
}

/* The error is dealt with: all is ended that was made. */
static SEEN void end_on_error(unsigned unit)
{
    pool *own = pool_new(server, "ended on error"), *part = pool_new(own, "part");

    (void)unit;
    pool_take(part, 100);
    if (draw(10) == 0)
        pool_end(part);
    pool_end(own);
}

/* On an error one of two is ended. */
static SEEN void end_one_of_two(unsigned unit)
{
    pool *one = pool_new(server, "first of two"), *other = pool_new(server, "second of two");

    (void)unit;
    if (draw(8) != 0)
        pool_end(other);
    pool_end(one);
}

static SEEN void take_16_bytes(unsigned unit)
{
    (void)unit;
    pool_take(server, 16);
}

static SEEN void leave_16_bytes(unsigned unit)
{
    (void)unit;
    pool_take(pool_new(server, "sixteen bytes"), 16);
}

static SEEN void take_large(void)
{
    pool_take(server, 4096);
}

static SEEN void take_small(void)
{
    pool_take(server, 16);
}

static SEEN void take_large_and_small(unsigned unit)
{
    (void)unit;
    take_large();
    take_small();
}

/* A large thing that is loaded once, and a small one in each unit. */
static SEEN void load_large_and_take_small(unsigned unit)
{
    if (unit == 1)
        pool_take(server, 1000000);
    take_small();
}

static SEEN void leave_large(void)
{
    pool_take(pool_new(server, "large"), 8000);
}

static SEEN void leave_small(void)
{
    pool_take(pool_new(server, "small"), 16);
}

static SEEN void leave_large_and_seldom_small(unsigned unit)
{
    leave_large();
    if (unit % 6 == 1)
        leave_small();
}

/* It stops, and goes on after a third of all. */
static int is_on(unsigned unit)
{
    return unit < units / 3 - 2 || unit >= units * 2 / 3 + 2;
}

static SEEN void leak_resumes(unsigned unit)
{
    if (is_on(unit))
        pool_new(server, "left again");
}

static SEEN void feed_resumes(unsigned unit)
{
    if (is_on(unit))
        pool_take(server, 64);
}

/* Each morning, and never at night: five times ten of twenty units. */
static SEEN void leak_by_day(unsigned unit)
{
    if (unit % 20 < 10)
        pool_new(server, "left by day");
}

static SEEN void feed_by_day(unsigned unit)
{
    if (unit % 20 < 10)
        pool_take(server, 64);
}

/* Twice as many each time that a quarter of all is over: it is the load that grows. */
static SEEN void leak_ever_more(unsigned unit)
{
    for (unsigned i = 0; i <= unit * 4 / units; i++)
        pool_new(server, "left ever more");
}

/* Of a subtree that is ended, one is moved out before, by a way that one of four takes. */
static SEEN void leak_beside_subtree(unsigned unit)
{
    pool *top = pool_new(server, "subtree that ends");

    pool_take(pool_new(top, "below it"), 64);
    if (unit % 4 == 2)
        pool_take(pool_new(server, "beside it"), 64);
    pool_end(top);
}

/* A list that two add to, and one of them trims. */
static SEEN void add_and_trim(unsigned unit)
{
    static pool *list[8];

    pool_end(list[unit % 8]);
    list[unit % 8] = pool_new(server, "element that is trimmed");
    if (unit % 3 == 0)
        pool_new(server, "element that is not");
}

/* Between one and three at a time. */
static SEEN void leak_some_at_a_time(unsigned unit)
{
    (void)unit;
    for (unsigned i = 0; i <= draw(3); i++)
        pool_take(pool_new(server, "some at a time"), 24);
}

/* What is made anew takes as much as before, and what it was made of is given back. */
static SEEN void replace_setting(unsigned unit)
{
    static pool *setting;
    pool *scratch = pool_new(server, "scratch");

    if (unit % 4 == 1) {
        pool_end(setting);
        setting = pool_new(server, "setting in use");
        pool_take(setting, 200);
    }
    pool_take(scratch, 500);
    pool_end(scratch);
}

/* Twelve workers that are there from the beginning. */
#define DESKS 12

static pool *desks[DESKS];

static void set_desks_up(unsigned unit)
{
    for (unsigned i = 0; unit == 0 && i < DESKS; i++)
        desks[i] = pool_new(server, "desk");
}

/* Whose turn it is. */
static SEEN void note_at_a_desk(unsigned unit)
{
    set_desks_up(unit);
    pool_take(desks[draw(DESKS)], 56);
}

/* An error, in one of three units. */
static SEEN void note_error_at_a_desk(unsigned unit)
{
    const unsigned desk = draw(DESKS);

    set_desks_up(unit);
    if (draw(3) == 0)
        pool_take(desks[desk], 56);
}

/* Each takes what it needs for one kind of work or another when it has to do that first. */
static SEEN void learn_at_a_desk(unsigned unit)
{
    static char known[DESKS][2];
    const unsigned desk = draw(DESKS), kind = draw(2);

    set_desks_up(unit);
    if (!known[desk][kind])
        pool_take(desks[desk], 56);
    known[desk][kind] = 1;
}

const struct way error_ways[] = {
    {"one-command-leaks", leak_in_one_command},
    {"one-command-feeds", feed_in_one_command},
    {"one-command-root", take_from_root_in_one_command},
    {"error-forgets", forget_on_error},
    {"error-noted", note_error},
    {"error-ended", end_on_error},
    {"error-one-of-two", end_one_of_two},
    {"sixteen-fed", take_16_bytes},
    {"sixteen-left", leave_16_bytes},
    {"large-and-small", take_large_and_small},
    {"loaded-and-small", load_large_and_take_small},
    {"large-hides", leave_large_and_seldom_small},
    {"resumes-leak", leak_resumes},
    {"resumes-fed", feed_resumes},
    {"by-day-leak", leak_by_day},
    {"by-day-fed", feed_by_day},
    {"ever-more", leak_ever_more},
    {"beside-subtree", leak_beside_subtree},
    {"half-trimmed", add_and_trim},
    {"some-at-a-time", leak_some_at_a_time},
    {"setting-replaced", replace_setting},
    {"desks-fed", note_at_a_desk},
    {"desks-errors", note_error_at_a_desk},
    {"desks-learn", learn_at_a_desk},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
