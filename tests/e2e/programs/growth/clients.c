/* clients.c - clients, timers and answers that come later, and what is moved from one to another:
 * see ways.h. */
#include "ways.h"

/* Three clients at a time: one comes every eight units, and stays for 24. */
#define STAYS 24

static pool *visitors[3];

static void visitors_come_and_go(unsigned unit)
{
    pool **next = &visitors[unit / 8 % 3];

    if (unit % 8 != 0)
        return;
    pool_end(*next);
    *next = pool_new(server, "visitor");
}

/* Who comes asks for nothing yet. */
static SEEN void feed_visitors(unsigned unit)
{
    for (unsigned i = 0; i < 3; i++)
        if (visitors[i])
            pool_take(visitors[i], 48);
    visitors_come_and_go(unit);
}

/* What each part of the work takes is given back with it. */
static SEEN void serve_visitors(unsigned unit)
{
    visitors_come_and_go(unit);
    for (unsigned i = 0; i < 3; i++)
        if (visitors[i]) {
            pool *part = pool_new(visitors[i], "part of a visit");
            pool_take(part, 48);
            pool_end(part);
        }
}

/* A connection that is emptied as its client leaves, to be used for the next one. */
static SEEN void feed_until_emptied(unsigned unit)
{
    static pool *connection;

    if (unit == 0)
        connection = pool_new(server, "connection");
    if (unit < units - 5)
        pool_take(connection, 64);
    if (unit == units - 5)
        connection = pool_renew(connection, server, "connection");
}

/* Answers pile up below a channel of a client that leaves. */
static SEEN void pile_up_below_channel(unsigned unit)
{
    static pool *client, *channel;

    if (unit == 0) {
        client = pool_new(server, "client with channels");
        channel = pool_new(client, "channel");
    }
    if (unit < units - 4)
        pool_take(pool_new(channel, "answer in a channel"), 200);
    if (unit == units - 4)
        pool_end(client);
}

/* The same, but what ends is moved out of the way first, and ended later. */
static SEEN void pile_up_and_move(unsigned unit)
{
    static pool *client, *gone;

    if (unit == 0) {
        client = pool_new(server, "client that is moved");
        gone = pool_new(server, "what is gone");
    }
    if (unit < units - 4)
        pool_new(client, "answer to be moved");
    if (unit == units - 4)
        pool_move(client, gone);
    if (unit == units - 2)
        pool_end(gone);
}

/* A wrapper is made in what it is to wrap, and the two change places: for a moment they are a ring.
 */
static pool *wrap(void)
{
    pool *wrapped = pool_new(server, "wrapped"), *wrapper = pool_new(wrapped, "wrapper");

    pool_take(wrapped, 64);
    pool_move(wrapped, wrapper);
    pool_move(wrapper, server);
    return wrapper;
}

static SEEN void wrap_and_end(unsigned unit)
{
    (void)unit;
    pool_end(wrap());
}

static SEEN void wrap_and_forget(unsigned unit)
{
    (void)unit;
    wrap();
}

/* What a request made goes to a list of what is done, which is ended every eighth time, or never.
 */
static void move_to_done(unsigned unit, const char *name, int reap)
{
    static pool *done;
    pool *request = pool_new(server, "request with a result"), *result = pool_new(request, name);

    if (!done)
        done = pool_new(server, "done");
    pool_take(result, 64);
    pool_move(result, done);
    pool_end(request);
    if (reap && unit % 8 == 7) {
        pool_end(done);
        done = 0;
    }
}

static SEEN void reap_what_is_done(unsigned unit)
{
    move_to_done(unit, "result", 1);
}

static SEEN void keep_what_is_done(unsigned unit)
{
    move_to_done(unit, "result for nobody", 0);
}

/* Timers go off once, up to twelve units later. */
#define TIMERS 40

static pool *timers[TIMERS];
static unsigned due[TIMERS];

static SEEN void set_timer(unsigned at)
{
    for (unsigned i = 0; i < TIMERS; i++)
        if (!timers[i]) {
            timers[i] = pool_new(server, "timer");
            pool_take(timers[i], 80);
            due[i] = at;
            return;
        }
}

static SEEN void go_off(unsigned unit, unsigned forget)
{
    for (unsigned i = 0; i < TIMERS; i++)
        if (timers[i] && due[i] <= unit) {
            if (draw(100) >= forget)
                pool_end(timers[i]);
            timers[i] = 0;
        }
}

static SEEN void use_timers(unsigned unit)
{
    go_off(unit, 0);
    set_timer(unit + 1 + draw(12));
}

static SEEN void forget_some_timers(unsigned unit)
{
    go_off(unit, 20);
    set_timer(unit + 1 + draw(12));
}

/* Four timers that are set again as they go off, every third to sixth unit; one of them keeps what
 * it had before. */
static SEEN void set_again(unsigned unit, unsigned faulty)
{
    static pool *periodic[4];

    for (unsigned i = 0; i < 4; i++)
        if (unit % (i + 3) == 0) {
            if (i != faulty)
                pool_end(periodic[i]);
            periodic[i] = pool_new(server, "timer that is set again");
            pool_take(periodic[i], 40);
        }
}

static SEEN void set_timers_again(unsigned unit)
{
    set_again(unit, 4);
}

static SEEN void set_one_wrongly(unsigned unit)
{
    set_again(unit, 1);
}

/* What was asked three units ago is answered now. */
static SEEN void call_back(unsigned unit)
{
    static pool *asked[3];
    pool **slot = &asked[unit % 3];

    pool_end(*slot);
    *slot = pool_new(server, "asked");
    pool_take(*slot, 120);
}

/* One of six is cancelled instead, and nobody ends it. */
static SEEN void call_back_or_cancel(unsigned unit)
{
    static pool *asked[3];
    pool **slot = &asked[unit % 3];

    if (draw(6) != 0)
        pool_end(*slot);
    *slot = pool_new(server, "asked and cancelled");
    pool_take(*slot, 120);
}

/* Of each client that leaves something is noted in the server's pool. */
static SEEN void note_departures(unsigned unit)
{
    static pool *guests[6];
    pool **guest = &guests[draw(6)];

    (void)unit;
    if (*guest) {
        pool_end(*guest);
        *guest = 0;
        pool_take(server, 40);
    } else {
        *guest = pool_new(server, "guest");
        pool_take(*guest, 200);
    }
}

/* Two of them at a time, each for ten units. */
static SEEN void work_long(unsigned unit)
{
    static pool *jobs[2];
    pool **own = &jobs[unit / 5 % 2];

    if (unit % 5 == 0) {
        pool_end(*own);
        *own = pool_new(server, "job");
    }
    for (unsigned i = 0; i < 2; i++)
        if (jobs[i])
            pool_take(jobs[i], 500);
}

const struct way client_ways[] = {
    {"visitors-fed", feed_visitors},
    {"visitors", serve_visitors},
    {"connection-emptied", feed_until_emptied},
    {"channel-piled", pile_up_below_channel},
    {"piled-and-moved", pile_up_and_move},
    {"wrapped", wrap_and_end},
    {"wrapped-kept", wrap_and_forget},
    {"done-reaped", reap_what_is_done},
    {"done-kept", keep_what_is_done},
    {"timers", use_timers},
    {"timers-forgotten", forget_some_timers},
    {"timers-again", set_timers_again},
    {"timer-again-leaks", set_one_wrongly},
    {"called-back", call_back},
    {"cancelled", call_back_or_cancel},
    {"departures", note_departures},
    {"jobs", work_long},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
