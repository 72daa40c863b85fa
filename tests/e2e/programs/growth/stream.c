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

static SEEN void leak_late(unsigned i)
{
    if (i % 200 == 0 && i >= ROUNDS * 3 / 5)
        pool_new(server, "leaked late in a stream");
}

static SEEN void feed_by_little(unsigned i)
{
    if (i % 200 == 0)
        pool_take(server, 16);
}

static SEEN void take_from_root(unsigned i)
{
    if (i % 400 == 0)
        root_take(24);
}

/* One of twelve is replaced by whatever is asked for next. */
static SEEN void keep_twelve(unsigned i)
{
    static pool *entries[12];
    static unsigned keys[12];
    const unsigned key = draw(36) + 1, slot = draw(12);

    for (unsigned n = 0; n < 12; n++)
        if (i % 50 != 0 || keys[n] == key)
            return;
    pool_end(entries[slot]);
    entries[slot] = pool_new(server, "kept by key in a stream");
    keys[slot] = key;
}

/* Answers come in any order, up to thirty rounds later. */
static SEEN void answer_later(unsigned i)
{
    static pool *asked[30];
    pool **own = &asked[i % 30];

    if (draw(3) == 0)
        return;
    pool_end(*own);
    *own = pool_new(server, "asked in a stream");
}

/* A buffer that is emptied when it is full. */
static SEEN void buffer(unsigned i)
{
    static pool *log;
    static size_t length;
    const size_t line = 20 + draw(180);

    if (i % 10 != 0)
        return;
    if (!log || length + line > 4000) {
        log = pool_renew(log, server, "log of a stream");
        length = 0;
    }
    pool_take(log, line);
    length += line;
}

/* Each lives for a while, and one of five is forgotten. */
static SEEN void forget_some(unsigned i)
{
    static pool *waiting[2];

    if (i % 25 != 0)
        return;
    if (i / 25 % 5)
        pool_end(waiting[i / 25 % 2]);
    waiting[i / 25 % 2] = pool_new(server, "forgotten in a stream");
}

static SEEN void wait_in_turn(unsigned i)
{
    static pool *waiting[500];

    if (i % 5 != 0)
        return;
    pool_end(waiting[i / 5 % 500]);
    waiting[i / 5 % 500] = pool_new(server, "waits in a stream");
}

/* Some stay much longer than others. */
static SEEN void come_and_go(unsigned i)
{
    static pool *clients[300];
    pool **client = &clients[draw(300)];

    if (i % 20 != 0)
        return;
    pool_end(*client);
    *client = pool_new(server, "client of a stream");
}

static SEEN void enlarge(unsigned i)
{
    static void *table;

    if (i % 20 == 0)
        table = pool_enlarge(server, table, 16 * (i / 20 + 1));
}

/* Fewer than tell, and just as many. */
static SEEN void leave_30(unsigned i)
{
    if (i % (ROUNDS / 30) == 7)
        pool_new(server, "one of thirty");
}

static SEEN void leave_48(unsigned i)
{
    if (i % (ROUNDS / 48) == 7)
        pool_new(server, "one of forty-eight");
}

/* Fifty are made, one after the other, and ended together. */
static SEEN void work_in_batches(unsigned i)
{
    static pool *batch;

    if (i % 1000 == 0) {
        pool_end(batch);
        batch = pool_new(server, "batch of a stream");
    }
    if (i % 20 == 0)
        pool_take(pool_new(batch, "part of a batch"), 40);
}

/* Two places, one as often as the other. */
static SEEN void leave_here(void)
{
    pool_new(server, "left here in a stream");
}

static SEEN void leave_there(void)
{
    pool_new(server, "left there in a stream");
}

static SEEN void leave_here_and_there(unsigned i)
{
    if (i % 300 == 0)
        leave_here();
    if (i % 300 == 150)
        leave_there();
}

/* Filled, and given back, again and again. */
static SEEN void fill_buffer(unsigned i)
{
    static void *filled;

    if (i % 400 == 0 && filled) {
        pool_give_back(filled);
        filled = NULL;
    }
    filled = pool_enlarge(server, filled, 32 * (i % 400 + 1));
}

/* Each below the one before. */
static SEEN void hang(unsigned i)
{
    static pool *last;

    if (i % 300 == 0)
        last = pool_new(last ? last : server, "link of a stream");
}

/* One of 64 that are kept by key, until no more are asked for. */
static SEEN void keep_by_key(unsigned i)
{
    static pool *entries[64];
    const unsigned key = i % 40 == 0 ? draw(64) : 0;

    if (i % 40 == 0 && !entries[key])
        entries[key] = pool_new(server, "one of 64 in a stream");
}

/* A client that is fed, and leaves near the end. */
static SEEN void feed_client(unsigned i)
{
    static pool *client;

    if (i == 0)
        client = pool_new(server, "client of a whole stream");
    if (i % 200 == 0 && i < ROUNDS - ROUNDS / 20)
        pool_take(client, 100);
    if (i == ROUNDS - ROUNDS / 20)
        pool_end(client);
}

/* The same, of so much that its end takes a while. */
static SEEN void feed_large_client(unsigned i)
{
    static pool *client;

    if (i == 0)
        client = pool_new(server, "large client of a stream");
    if (i < ROUNDS - ROUNDS / 20)
        pool_take(client, 16);
    if (i == ROUNDS - ROUNDS / 20)
        pool_end(client);
}

/* Emptied by chance, after a hundred lines on average. */
static SEEN void empty_by_chance(unsigned i)
{
    static pool *scratch;

    if (i == 0 || (i % 20 == 0 && draw(100) == 0))
        scratch = pool_renew(scratch, server, "emptied by chance in a stream");
    if (i % 20 == 0)
        pool_take(scratch, 64);
}

static const struct way stream_ways[] = {
    {"leak", leak_now_and_then},
    {"leak-few", leak_now_and_then},
    {"kept-few", keep_the_last},
    {"kept", keep_the_last},
    {"filled", fill_early},
    {"late", leak_late},
    {"fed", feed_by_little},
    {"root", take_from_root},
    {"twelve", keep_twelve},
    {"answers", answer_later},
    {"log", buffer},
    {"log-few", buffer},
    {"fed-few", feed_by_little},
    {"twelve-few", keep_twelve},
    {"some", forget_some},
    {"turns", wait_in_turn},
    {"clients", come_and_go},
    {"enlarged", enlarge},
    {"buffer", fill_buffer},
    {"thirty", leave_30},
    {"forty-eight", leave_48},
    {"batches", work_in_batches},
    {"here-and-there", leave_here_and_there},
    {"here-and-there-few", leave_here_and_there},
    {"chain", hang},
    {"by-key", keep_by_key},
    {"client-fed", feed_client},
    {"client-large", feed_large_client},
    {"emptied", empty_by_chance},
    {0, 0},
};

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
    const struct way *kind = stream_ways;
    while (kind->name && strcmp(kind->name, way + strlen("stream-")) != 0)
        kind++;
    begin(way);
    for (unsigned i = 0; i < ROUNDS; i++) {
        work();
        if (kind->name)
            kind->in_unit(i);
    }
}
/* SPDX-License-Identifier: MIT */
