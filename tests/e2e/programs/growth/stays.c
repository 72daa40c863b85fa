/* SPDX-License-Identifier: MIT */
/* stays.c - what servers do for as long as something stays: sessions, connections and their
 * requests, buffers, settings, what is loaded, looked up or collected. See ways.h. */
#include "ways.h"

static SEEN pool *make(const char *name, size_t size)
{
    pool *made = pool_new(server, name);

    pool_take(made, size);
    return made;
}

/* Sessions that last as long as they do, and one of fifteen for ever. */
static void come_and_go(unsigned unit, const char *name, unsigned vanish)
{
    static pool *present[60];
    static unsigned until[60];

    for (unsigned i = 0; i < 60; i++)
        if (present[i] && until[i] <= unit) {
            if (!vanish || draw(vanish) != 0)
                pool_end(present[i]);
            present[i] = 0;
        }
    for (unsigned i = 0; i < 60; i++)
        if (!present[i]) {
            present[i] = make(name, 120);
            until[i] = unit + 1 + draw(30);
            return;
        }
}

static SEEN void sessions_come_and_go(unsigned unit)
{
    come_and_go(unit, "session", 0);
}

static SEEN void sessions_vanish(unsigned unit)
{
    come_and_go(unit, "session of who vanished", 15);
}

/* A buffer that is made anew when it is too small, up to a limit. */
static SEEN void enlarge_buffer(unsigned unit)
{
    static pool *buffer;
    static size_t room;
    const size_t needed = 16 + draw(4000);

    (void)unit;
    if (needed <= room)
        return;
    pool_end(buffer);
    for (room = room ? room : 64; room < needed; room *= 2)
        continue;
    buffer = make("buffer that is enlarged", room);
}

/* A unit fails one of six times, and leaves one of three. */
static SEEN void leave_one_of_three(unsigned unit)
{
    pool *one = make("one of three where it fails", 20),
         *two = make("one of three where it fails", 21),
         *three = make("one of three where it fails", 22);

    (void)unit;
    pool_end(one);
    if (draw(6) != 0)
        pool_end(two);
    pool_end(three);
}

/* Who does not say farewell is closed after forty units, or never. */
static SEEN void close_after_forty(unsigned unit)
{
    static pool *half_open[11];
    pool **slot = &half_open[unit / 4 % 11];

    if (unit % 4 != 0)
        return;
    pool_end(*slot);
    *slot = make("half open", 80);
}

static SEEN void close_never(unsigned unit)
{
    if (unit % 4 == 0)
        make("half open for ever", 80);
}

/* Ten of all units make forty empty pools each, which are ended soon after. */
static SEEN void rise_and_fall(unsigned unit)
{
    static pool *many[400];
    static unsigned count;

    if (unit >= units / 3 && unit < units / 3 + 10 && count < 400)
        for (unsigned i = 0; i < 40; i++)
            many[count++] = pool_new(server, "one of very many");
    if (unit == units / 3 + 14)
        while (count)
            pool_end(many[--count]);
}

/* Addresses of clients, one of three of which is new. */
static SEEN void count_addresses(unsigned unit)
{
    (void)unit;
    if (draw(3) == 0)
        pool_take(server, 72);
}

/* Settings of nine directories, when one is asked for first. */
static SEEN void merge_settings(unsigned unit)
{
    static char merged[9];
    const unsigned one = draw(9), other = draw(9), directory = one < other ? one : other;

    (void)unit;
    if (!merged[directory])
        pool_take(server, 500 + 10 * (size_t)directory);
    merged[directory] = 1;
}

/* Three are taken, and two of them given back; or all of them, ten units later. */
static SEEN void give_two_of_three_back(unsigned unit)
{
    void *one = pool_take(server, 40), *two = pool_take(server, 48);

    (void)unit;
    pool_take(server, 56);
    pool_give_back(one);
    pool_give_back(two);
}

static SEEN void give_back_later(unsigned unit)
{
    static void *later[10];

    if (later[unit % 10])
        pool_give_back(later[unit % 10]);
    later[unit % 10] = pool_take(server, 64);
}

/* A connection of thirty requests, each of which leaves a part below it. */
static SEEN void leave_parts_of_requests(unsigned unit)
{
    static pool *connection;

    if (connection)
        pool_take(pool_new(connection, "part of a request"), 90);
    if (unit % 31 == 30 || unit == 0) {
        pool_end(connection);
        connection = pool_new(server, "connection of thirty requests");
    }
}

/* The last request of each connection of eight leaves its pool to the end of that. */
static SEEN void leave_last_request(unsigned unit)
{
    static pool *connection;

    if (unit % 8 == 0) {
        pool_end(connection);
        connection = pool_new(server, "connection of eight requests");
    }
    pool *request = pool_new(connection, "request of a connection");
    pool_take(request, 100);
    if (unit % 8 != 7)
        pool_end(request);
}

/* Five at each tenth unit, which end as the next five come. */
static SEEN void make_five_anew(unsigned unit)
{
    static pool *five[5];

    for (unsigned i = 0; unit % 10 == 0 && i < 5; i++) {
        pool_end(five[i]);
        five[i] = make("one of five of ten units", 40);
    }
}

static SEEN void end_what_was_loaded(unsigned unit)
{
    static pool *loaded[200];

    for (unsigned i = 0; unit == 0 && i < 200; i++)
        loaded[i] = make("loaded, and ended one by one", 40);
    if (unit && unit < 200)
        pool_end(loaded[unit]);
}

static SEEN void warm_up(unsigned unit)
{
    if (unit < 12)
        make("made as it warms up", 100);
}

static SEEN void leave_larger_and_larger(unsigned unit)
{
    make("larger and larger", 16 * (size_t)(unit + 1));
}

/* One makes, another ends if it is told to. */
static SEEN void end_if_told(pool *made, int told)
{
    if (told)
        pool_end(made);
}

static SEEN void tell_wrongly(unsigned unit)
{
    end_if_told(make("ended if one is told to", 35), unit % 2);
}

/* An array that all elements are pushed to, with twice the room each time that it is full. */
static SEEN void push_for_ever(unsigned unit)
{
    static unsigned room = 4;

    if (unit == 0)
        pool_take(server, 4 * 24);
    if (unit < room)
        return;
    room *= 2;
    pool_take(server, room * 24);
}

/* A thing that may be there already: it is made first, and ended if it was. */
static SEEN void make_and_look(unsigned unit)
{
    static char known[10];
    pool *made = make("made, and kept if it is new", 100);
    const unsigned key = draw(10);

    (void)unit;
    if (known[key])
        pool_end(made);
    known[key] = 1;
}

/* The same, of what some are asked for seldom. */
static SEEN void make_and_look_often(unsigned unit)
{
    static char known[20];
    pool *made = make("made, and kept if it is seldom", 100);
    const unsigned one = draw(20), other = draw(20), key = one < other ? one : other;

    (void)unit;
    if (known[key])
        pool_end(made);
    known[key] = 1;
}

/* Errors are kept for who asks later, the last four of them. */
static SEEN void keep_last_errors(unsigned unit)
{
    static pool *errors[4];
    static unsigned count;

    (void)unit;
    if (draw(10) != 0)
        return;
    pool_end(errors[count % 4]);
    errors[count++ % 4] = make("one of the last four errors", 128);
}

/* Collected each twentieth time, but for one that another way made. */
static SEEN void collect_but_failed(unsigned unit)
{
    static pool *waiting[20];

    if (unit % 20 == 0)
        for (unsigned i = 0; i < 20; i++) {
            if (i != 7)
                pool_end(waiting[i]);
            waiting[i] = 0;
        }
    waiting[unit % 20] = make("collected but for the one that failed", 40);
}

const struct way stay_ways[] = {
    {"sessions", sessions_come_and_go},
    {"sessions-vanish", sessions_vanish},
    {"buffer-enlarged", enlarge_buffer},
    {"one-of-three-left", leave_one_of_three},
    {"closed-after-forty", close_after_forty},
    {"closed-never", close_never},
    {"rise-and-fall", rise_and_fall},
    {"addresses", count_addresses},
    {"settings-merged", merge_settings},
    {"two-given-back", give_two_of_three_back},
    {"given-back-later", give_back_later},
    {"request-parts", leave_parts_of_requests},
    {"last-request", leave_last_request},
    {"five-anew", make_five_anew},
    {"ended-one-by-one", end_what_was_loaded},
    {"warms-up", warm_up},
    {"larger-and-larger", leave_larger_and_larger},
    {"told-wrongly", tell_wrongly},
    {"pushed-for-ever", push_for_ever},
    {"looked-up", make_and_look},
    {"looked-up-seldom", make_and_look_often},
    {"last-errors", keep_last_errors},
    {"collected-but-failed", collect_but_failed},
    {0, 0},
};
