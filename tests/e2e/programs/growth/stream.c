/* stream.c - work that begins no unit, or hardly any: see ways.h. */
#include "ways.h"

#include <string.h>

#define ROUNDS 60000 /* of three pool events or more */

static SEEN void work(void)
{
    pool *own = pool_new(server, "request");

    pool_take(own, 100);
    pool_take(own, 50);
    pool_end(own);
}

static SEEN void leak_now_and_then(unsigned i)
{
    if (i % 400 == 0)
        pool_new(server, "leaked in a stream");
}

static SEEN void keep_the_last(unsigned i)
{
    static pool *kept[64];

    if (i % 50 != 0)
        return;
    pool_end(kept[i / 50 % 64]);
    kept[i / 50 % 64] = pool_new(server, "kept in a stream");
}

static SEEN void fill_early(unsigned i)
{
    if (i % 50 == 0 && i < ROUNDS / 3)
        pool_new(server, "filled in a stream");
}

/* A few units, and then a long stream. */
static void begin(const char *way)
{
    const unsigned few = strstr(way, "-few") ? 3 : 0;

    for (unsigned i = 0; i < few; i++) {
        system_unit();
        work();
    }
}

void run_stream(const char *way)
{
    begin(way);
    for (unsigned i = 0; i < ROUNDS; i++) {
        work();
        if (strncmp(way, "stream-leak", 11) == 0)
            leak_now_and_then(i);
        else if (strncmp(way, "stream-kept", 11) == 0)
            keep_the_last(i);
        else if (strncmp(way, "stream-filled", 13) == 0)
            fill_early(i);
    }
}
/* SPDX-License-Identifier: MIT */
