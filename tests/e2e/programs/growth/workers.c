/* workers.c - processes that a server forks to do its work, while it does none itself: see ways.h.
 */
#include "ways.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a worker does in one of its units. */
struct work {
    const char *name;
    unsigned workers; /* that are started one after the other, ... */
    unsigned units;   /* ...of so many units each, 0: as many as were asked for... */
    unsigned longer;  /* ...but the last one, which has so many times as many; 0: it, too */
    void (*in_unit)(unsigned unit, unsigned worker);
};

static void work(void)
{
    pool *own = pool_new(server, "request of a worker");

    pool_take(own, 100);
    pool_end(own);
}

static SEEN void do_no_more(unsigned unit, unsigned worker)
{
    (void)unit, (void)worker;
}

static SEEN void leak(unsigned unit, unsigned worker)
{
    (void)unit, (void)worker;
    pool_take(pool_new(server, "left in a worker"), 48);
}

static SEEN void feed(unsigned unit, unsigned worker)
{
    (void)unit, (void)worker;
    pool_take(server, 48);
}

static SEEN void leak_in_second(unsigned unit, unsigned worker)
{
    (void)unit;
    if (worker == 1)
        pool_take(pool_new(server, "left in one of three"), 48);
}

/* The first request opens what the others use. */
static SEEN void open_lazily(unsigned unit, unsigned worker)
{
    (void)worker;
    if (unit == 0)
        root_take(792);
}

#define BOUND 14

static SEEN void fill(unsigned unit, unsigned worker)
{
    static pool *entries[BOUND];

    (void)worker;
    if (unit < BOUND)
        pool_take(entries[unit] = pool_new(server, "entry of a worker's cache"), 64);
}

static SEEN void fill_pool(unsigned unit, unsigned worker)
{
    (void)worker;
    if (unit < BOUND)
        pool_take(server, 64);
}

/* Each has one of its own, from the first unit that needs it. */
static SEEN void make_single_one(unsigned unit, unsigned worker)
{
    static pool *single;

    if (!single && unit >= worker % 5)
        pool_take(single = pool_new(server, "a single one in each worker"), 400);
}

static SEEN void fill_by_key(unsigned unit, unsigned worker)
{
    static char known[BOUND];
    const unsigned key = draw(BOUND);

    (void)unit, (void)worker;
    if (!known[key])
        pool_take(pool_new(server, "entry by key"), 64);
    known[key] = 1;
}

/* A helper does it for the worker. */
static SEEN void leak_in_helper(unsigned unit, unsigned worker)
{
    const pid_t helper = unit ? -1 : fork();

    for (unsigned i = 0; helper == 0 && i < units; i++) {
        system_unit();
        leak(i, worker);
    }
    if (helper == 0)
        _exit(0);
    waitpid(helper, NULL, 0);
}

static const struct work works[] = {
    {"workers", 3, 0, 0, do_no_more},
    {"workers-leak", 3, 0, 0, leak},
    {"workers-feed", 3, 0, 0, feed},
    {"workers-one-leaks", 3, 0, 0, leak_in_second},
    {"workers-lazy", 3, 0, 0, open_lazily},
    {"workers-short", 20, 2, 0, leak},
    {"workers-three-units", 4, 3, 0, leak},
    {"workers-cache", 8, 6, 8, fill},
    {"workers-cached-bytes", 8, 6, 8, fill_pool},
    {"workers-single", 12, 20, 0, make_single_one},
    {"workers-respawned", 10, 12, 0, leak},
    {"workers-by-key", 10, 12, 0, fill_by_key},
    {"workers-by-key-long", 5, 90, 0, fill_by_key},
    {"workers-helper", 2, 20, 0, leak_in_helper},
    {"workers-four-units", 30, 4, 0, leak},
};

static void run_worker(const struct work *kind, unsigned worker)
{
    const unsigned each = kind->units ? kind->units : units;
    const unsigned last = kind->longer && worker + 1 == kind->workers ? kind->longer : 1;

    for (unsigned unit = 0; unit < each * last; unit++) {
        system_unit();
        work();
        kind->in_unit(unit, worker);
    }
    _exit(0);
}

void run_workers(const char *way)
{
    for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
        for (unsigned n = 0; strcmp(works[i].name, way) == 0 && n < works[i].workers; n++) {
            const pid_t child = fork();

            if (child == 0)
                run_worker(&works[i], n);
            waitpid(child, NULL, 0);
        }
}
/* SPDX-License-Identifier: MIT */
