/*
 * growth.c - a server with one pool system or another (pool_system.h), and how its pools grow: the
 * first argument says how, and the second over how many units of work, 40 where there is none.
 */
#include "ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY 60000 /* rounds of three pool events or more, where there are no units */
#define MANY 600

unsigned units = 40;
pool *server;

static SEEN void do_something(void)
{
    pool *own = pool_new(server, "request");

    pool_take(own, 100);
    pool_take(own, 50);
    pool_end(own);
}

static SEEN void nothing(unsigned unit)
{
    (void)unit;
}

static SEEN void leak(unsigned unit)
{
    (void)unit;
    pool_new(server, "leaked");
}

/* One of four is forgotten. */
static SEEN void leak_some(unsigned unit)
{
    pool *made = pool_new(server, "sometimes leaked");

    if (unit % 4)
        pool_end(made);
}

/* A client that leaves before the last four units. */
static pool *client_in(unsigned unit)
{
    static pool *client;

    if (unit == 0)
        client = pool_new(server, "client");
    if (unit == units - 4) {
        pool_end(client);
        client = NULL;
    }
    return client;
}

static SEEN void pile_up_below_client(unsigned unit)
{
    pool *client = client_in(unit);

    if (client)
        pool_new(client, "reply");
}

static SEEN void feed_client(unsigned unit)
{
    pool *client = client_in(unit);

    if (client)
        pool_take(client, 64);
}

static SEEN void feed_server(unsigned unit)
{
    (void)unit;
    pool_take(server, 64);
}

static SEEN void hang_below_the_last(unsigned unit)
{
    static pool *last;

    (void)unit;
    last = pool_new(last ? last : server, "link");
}

static SEEN void hoard(unsigned unit)
{
    for (unsigned i = 0; unit == 7 && i < MANY; i++)
        pool_take(server, 64);
}

static SEEN void hoard_and_end(unsigned unit)
{
    pool *own = unit == 7 ? pool_new(server, "listing") : NULL;

    for (unsigned i = 0; own && i < MANY; i++)
        pool_take(own, 64);
    pool_end(own);
}

static SEEN void work_in_batches(unsigned unit)
{
    (void)unit;
    for (unsigned batch = 0; batch < 6; batch++) {
        pool *own = pool_new(server, "batch");

        for (unsigned i = 0; i < 100; i++)
            pool_take(own, 64);
        pool_end(own);
    }
}

static SEEN void take_much_once(unsigned unit)
{
    if (unit == 3)
        pool_take(server, 100000);
}

static SEEN void evict(unsigned unit)
{
    static pool *entries[8];

    pool_end(entries[unit % 8]);
    entries[unit % 8] = pool_new(server, "entry");
}

static SEEN void fill(unsigned unit)
{
    if (unit < 10)
        pool_new(server, "filled");
}

static SEEN void flush(unsigned unit)
{
    static pool *flushed;

    if (unit % 10 == 0) {
        pool_end(flushed);
        flushed = pool_new(server, "flushed");
    }
    pool_take(flushed, 64);
}

static SEEN void open_lazily(unsigned unit)
{
    if (unit == 5)
        root_take(792);
}

static SEEN void take_from_root(unsigned unit)
{
    (void)unit;
    root_take(40);
}

static const struct way plain_ways[] = {
    {"nothing", nothing},
    {"leak", leak},
    {"leak-some", leak_some},
    {"piled-client", pile_up_below_client},
    {"fed-client", feed_client},
    {"fed-server", feed_server},
    {"chain", hang_below_the_last},
    {"hoard", hoard},
    {"hoard-and-end", hoard_and_end},
    {"batches", work_in_batches},
    {"much-once", take_much_once},
    {"evict", evict},
    {"fill", fill},
    {"flush", flush},
    {"lazy", open_lazily},
    {"root", take_from_root},
    {NULL, NULL},
};

static const struct way *find_way(const char *name)
{
    const struct way *const all[] = {plain_ways,  timed_ways, shared_ways,  field_ways,  cache_ways,
                                     client_ways, error_ways, unit_ways,    reload_ways, label_ways,
                                     cost_ways,   case_ways,  variant_ways, habit_ways,  stay_ways};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        for (const struct way *way = all[i]; way->name; way++)
            if (strcmp(way->name, name) == 0)
                return way;
    return NULL;
}

static void begin_unit(const char *name, unsigned unit)
{
    if (strncmp(name, "reload", 6) == 0)
        system_reload();
    else if (strncmp(name, "about", 5) == 0)
        system_unit_about(unit % 5);
    else
        system_unit();
}

static void run_units(const char *name)
{
    const struct way *way = find_way(name);
    const unsigned requests = strncmp(name, "reload", 6) == 0 ? 2 : 0;
    for (unsigned unit = 0; way && unit < units; unit++) {
        begin_unit(name, unit);
        do_something();
        way->in_unit(unit);
        for (unsigned i = 0; i < requests; i++) {
            system_unit();
            do_something();
        }
    }
}

/* No unit of work begins. */
static SEEN void run_busy(const char *way)
{
    for (unsigned i = 0; i < BUSY; i++) {
        do_something();
        if (i % 500 == 0 && strcmp(way, "busy-leak") == 0)
            pool_new(server, "leaked while busy");
        else if (i % 500 == 0 && strcmp(way, "busy-growth") == 0)
            pool_take(server, 64);
        else if (i < 200 && strcmp(way, "busy-load") == 0)
            pool_new(server, "loaded");
    }
}

static void run(const char *way)
{
    if (strncmp(way, "stream", 6) == 0)
        run_stream(way);
    else if (strncmp(way, "busy", 4) == 0)
        run_busy(way);
    else if (strcmp(way, "children") == 0)
        run_children();
    else if (strncmp(way, "workers", 7) == 0)
        run_workers(way);
    else if (strncmp(way, "threads", 7) == 0)
        run_threads(way);
    else if (strncmp(way, "once", 4) == 0)
        run_once(way);
    else
        run_units(way);
}

int main(int argc, char **argv)
{
    static const char returned[] = "-returned";
    char *way = argc > 1 ? argv[1] : "nothing";
    const size_t length = strlen(way), end = sizeof(returned) - 1;
    const int gives_back = length > end && strcmp(way + length - end, returned) == 0;

    if (argc > 2)
        units = (unsigned)atoi(argv[2]);
    if (gives_back)
        way[length - end] = 0;
    server = system_begin();
    run(way);
    if (gives_back)
        system_end(server);
    return 0;
}
/* SPDX-License-Identifier: MIT */
