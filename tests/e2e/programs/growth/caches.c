/* caches.c - what is kept to be used again, within bounds and without: see ways.h. */
#include "ways.h"

#define ENTRIES_MOST 64

struct cache {
    unsigned keys[ENTRIES_MOST], used[ENTRIES_MOST]; /* key 0: no entry */
    pool *entries[ENTRIES_MOST];
};

static struct cache cache;

/* The entry of KEY, or the one that is free, or else was used longest ago. */
static unsigned slot_for(unsigned key, unsigned bound)
{
    unsigned oldest = 0;

    for (unsigned i = 0; i < bound; i++)
        if (cache.keys[i] == key)
            return i;
    for (unsigned i = 0; i < bound; i++)
        if (cache.used[i] < cache.used[oldest])
            oldest = i;
    return oldest;
}

static SEEN pool *make_entry(void)
{
    pool *made = pool_new(server, "entry within bounds");

    pool_take(made, 100);
    return made;
}

/* Looks KEY, from 1, up in a cache of BOUND entries. */
static void look_up(unsigned key, unsigned bound, unsigned unit)
{
    const unsigned slot = slot_for(key, bound);

    cache.used[slot] = unit + 1;
    if (cache.keys[slot] == key)
        return;
    pool_end(cache.entries[slot]);
    cache.entries[slot] = make_entry();
    cache.keys[slot] = key;
}

/* Keys of which small ones are asked for more often. */
static unsigned draw_often(unsigned limit)
{
    const unsigned one = draw(limit), other = draw(limit);

    return one < other ? one : other;
}

static SEEN void keep_8_of_24(unsigned unit)
{
    look_up(draw(24) + 1, 8, unit);
}

static SEEN void keep_12_of_40(unsigned unit)
{
    look_up(draw(40) + 1, 12, unit);
}

static SEEN void keep_20_of_60(unsigned unit)
{
    look_up(draw(60) + 1, 20, unit);
}

static SEEN void keep_16_often(unsigned unit)
{
    look_up(draw_often(200) + 1, 16, unit);
}

/* There are no more than these. */
static SEEN void keep_all_8(unsigned unit)
{
    look_up(draw(8) + 1, 8, unit);
}

static SEEN void keep_all_14(unsigned unit)
{
    look_up(draw(14) + 1, 14, unit);
}

static SEEN void keep_all_16(unsigned unit)
{
    look_up(draw(16) + 1, 16, unit);
}

static SEEN void keep_all_24(unsigned unit)
{
    look_up(draw(24) + 1, 24, unit);
}

static SEEN void keep_all_32(unsigned unit)
{
    look_up(draw(32) + 1, 32, unit);
}

static SEEN void keep_all_48(unsigned unit)
{
    look_up(draw(48) + 1, 48, unit);
}

static SEEN void keep_all_64(unsigned unit)
{
    look_up(draw(64) + 1, 64, unit);
}

/* Of 64, some are asked for much more often than others. */
static SEEN void keep_what_is_liked(unsigned unit)
{
    const unsigned key = draw_often(64);

    look_up((draw(3) ? key / 4 : key) + 1, 64, unit);
}

/* All are asked for in turn, again and again. */
static SEEN void keep_in_turn(unsigned unit)
{
    look_up(unit % 16 + 1, 16, unit);
}

/* Two things are looked up in each unit. */
static SEEN void keep_two_at_a_time(unsigned unit)
{
    look_up(draw(32) + 1, 32, unit);
    look_up(draw(32) + 1, 32, unit);
}

/* What is no cache: half of the units forget one, nine of ten do, one of
 * three, one of six. */
static SEEN void forget_half(unsigned unit)
{
    (void)unit;
    if (draw(2))
        pool_take(pool_new(server, "half of the time"), 100);
}

static SEEN void forget_most(unsigned unit)
{
    (void)unit;
    if (draw(10))
        pool_take(pool_new(server, "most of the time"), 100);
}

static SEEN void forget_third(unsigned unit)
{
    (void)unit;
    if (draw(3) == 0)
        pool_take(pool_new(server, "one of three by chance"), 100);
}

static SEEN void feed_half(unsigned unit)
{
    (void)unit;
    if (draw(2))
        pool_take(server, 48);
}

static SEEN void feed_slowly(unsigned unit)
{
    (void)unit;
    if (draw(6) == 0)
        pool_take(server, 48);
}

/* Two of five, as a client does who repeats himself. */
static SEEN void forget_two_of_five(unsigned unit)
{
    if (unit % 5 == 1 || unit % 5 == 2)
        pool_take(pool_new(server, "two of five"), 100);
}

/* The same, where entries have no pools of their own. */
static void note_name(unsigned names, unsigned name)
{
    static char known[ENTRIES_MOST];

    if (name < names && !known[name])
        pool_take(server, 48);
    known[name] = 1;
}

static SEEN void note_8_names(unsigned unit)
{
    (void)unit;
    note_name(8, draw(8));
}

static SEEN void note_24_names(unsigned unit)
{
    (void)unit;
    note_name(24, draw(24));
}

/* ... but are kept as long as the program runs. */
static SEEN void keep_24_words(unsigned unit)
{
    static char known[24];
    const unsigned word = draw(24);

    (void)unit;
    if (!known[word])
        root_take(40);
    known[word] = 1;
}

static SEEN void note_20_users(unsigned unit)
{
    (void)unit;
    note_name(20, draw_often(20));
}

/* Who is not asked for in twelve units is thrown out. */
static SEEN void expire(unsigned unit)
{
    for (unsigned i = 0; i < 24; i++)
        if (cache.keys[i] && unit - (cache.used[i] - 1) > 12) {
            pool_end(cache.entries[i]);
            cache.entries[i] = 0;
            cache.keys[i] = cache.used[i] = 0;
        }
    look_up(draw_often(40) + 1, 24, unit);
}

/* Each replaces the one that was there longest, and one of five is only forgotten. */
static SEEN void evict_and_forget(unsigned unit)
{
    static pool *entries[10];

    if (unit % 5 != 2)
        pool_end(entries[unit % 10]);
    entries[unit % 10] = make_entry();
}

/* The latest fifty. */
static SEEN void keep_a_window(unsigned unit)
{
    static pool *latest[50];

    pool_end(latest[unit % 50]);
    latest[unit % 50] = pool_new(server, "one of the latest");
}

/* Lines of a log, of any length, which is written and emptied when it is long enough. */
static SEEN void buffer_a_log(unsigned unit)
{
    static pool *buffer;
    static size_t length;
    const size_t line = 20 + draw(180);

    (void)unit;
    if (!buffer || length + line > 1500) {
        buffer = pool_renew(buffer, server, "log buffer");
        length = 0;
    }
    pool_take(buffer, line);
    length += line;
}

/* A table that doubles as names come to it, of which there are 64. */
static SEEN void double_a_table(unsigned unit)
{
    static char known[64];
    static unsigned count, room = 4;
    const unsigned name = draw(64);

    (void)unit;
    if (known[name])
        return;
    known[name] = 1;
    if (++count <= room)
        return;
    room *= 2;
    pool_take(server, room * 16);
}

/* All elements are copied to a larger array each time that there is one more. */
static SEEN void copy_an_array(unsigned unit)
{
    pool_take(server, 16 * (unit + 1));
}

/* As many as ever were in use at a time, up to nine; emptied, not ended, to be used again. */
static SEEN void use_again(unsigned unit)
{
    static pool *idle[9];

    for (unsigned i = 0; i <= draw(9); i++) {
        idle[i] = pool_renew(idle[i], server, "used again");
        pool_take(idle[i], 300 + unit % 7);
    }
}

/* PostgreSQL's description says of a context of this name that it is a cache, the others' do not.
 */
static pool *declared_cache(void)
{
    static pool *kept;

    if (!kept)
        kept = pool_new(server, "CacheMemoryContext");
    return kept;
}

/* Things of different sizes, a new one in nearly each unit: there are as many as there are tables.
 */
static SEEN void fill_declared(unsigned unit)
{
    if (unit % 11)
        pool_take(declared_cache(), 40 + 8 * (size_t)draw(40));
}

static SEEN void pile_up_in_declared(unsigned unit)
{
    for (unsigned i = draw(4); i < 4; i++)
        pool_take(pool_new(declared_cache(), "of an index"), 50 + unit);
}

/* What is not of the cache's own things is as large each time. */
static SEEN void forget_in_declared(unsigned unit)
{
    (void)unit;
    pool_take(declared_cache(), 100);
}

static SEEN void leak_in_declared(unsigned unit)
{
    (void)unit;
    pool_new(declared_cache(), "forgotten in a cache");
}

const struct way cache_ways[] = {
    {"cache-8-of-24", keep_8_of_24},
    {"cache-12-of-40", keep_12_of_40},
    {"cache-20-of-60", keep_20_of_60},
    {"cache-16-often", keep_16_often},
    {"cache-all-8", keep_all_8},
    {"cache-all-14", keep_all_14},
    {"cache-all-16", keep_all_16},
    {"cache-all-24", keep_all_24},
    {"cache-all-32", keep_all_32},
    {"cache-all-48", keep_all_48},
    {"cache-all-64", keep_all_64},
    {"cache-liked", keep_what_is_liked},
    {"cache-in-turn", keep_in_turn},
    {"cache-two-at-a-time", keep_two_at_a_time},
    {"forget-half", forget_half},
    {"forget-most", forget_most},
    {"forget-third", forget_third},
    {"forget-two-of-five", forget_two_of_five},
    {"feed-half", feed_half},
    {"feed-slowly", feed_slowly},
    {"names-8", note_8_names},
    {"names-24", note_24_names},
    {"words-24", keep_24_words},
    {"users-20", note_20_users},
    {"expiring", expire},
    {"evict-and-forget", evict_and_forget},
    {"window", keep_a_window},
    {"log-buffer", buffer_a_log},
    {"table", double_a_table},
    {"copied-array", copy_an_array},
    {"used-again", use_again},
    {"declared-fills", fill_declared},
    {"declared-piles-up", pile_up_in_declared},
    {"declared-forgets", forget_in_declared},
    {"declared-leaks", leak_in_declared},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
