/* SPDX-License-Identifier: MIT */
/* variants.c - the same kinds again, in other forms: chains of two places, growth on one way of one
 * verb, twins in one function, caches that are bounded in other ways. See ways.h. */
#include "ways.h"

static SEEN void take_one_from(pool *from)
{
    pool_take(from, 88);
}

/* A chain that two places make in turn. */
static pool *chain_end;

static SEEN void hang_one(void)
{
    chain_end = pool_new(chain_end, "link by one");
}

static SEEN void hang_other(void)
{
    chain_end = pool_new(chain_end, "link by another");
}

static SEEN void hang_in_turn(unsigned unit)
{
    if (!chain_end)
        chain_end = pool_new(server, "begin of a chain");
    if (unit % 2)
        hang_other();
    else
        hang_one();
}

/* A chain below a client that leaves. */
static SEEN void hang_below_client(unsigned unit)
{
    static pool *client, *last;

    if (unit == 0)
        last = client = pool_new(server, "client with a chain");
    if (unit < units - 4)
        take_one_from(last = pool_new(last, "link below a client"));
    if (unit == units - 4)
        pool_end(client);
}

/* A chain of two places' pools below a client that leaves: each unit hangs both. */
static SEEN void hang_both_below_client(unsigned unit)
{
    static pool *client;

    if (unit == 0)
        chain_end = client = pool_new(server, "client with two chains");
    if (unit < units - 4) {
        hang_one();
        hang_other();
    }
    if (unit == units - 4)
        pool_end(client);
}

static SEEN void hang_both(unsigned unit)
{
    if (unit == 0)
        chain_end = pool_new(server, "begin of a chain");
    hang_one();
    hang_other();
}

/* A chain that is ended as a whole when it has ten links. */
static SEEN void hang_ten(unsigned unit)
{
    static pool *first, *last;

    if (unit % 10 == 0) {
        pool_end(first);
        last = first = pool_new(server, "first of ten");
    }
    last = pool_new(last, "one of ten");
}

/* Four large steps, whenever they come. */
static int is_step(unsigned unit)
{
    return unit == units * 11 / 100 || unit == units * 37 / 100 || unit == units * 58 / 100 ||
           unit == units * 83 / 100;
}

static SEEN void grow_in_steps(unsigned unit)
{
    if (is_step(unit))
        pool_take(pool_new(server, "large step"), 1000000);
}

static SEEN void leak_in_one_of_ten(unsigned unit)
{
    if (unit % 10 == 4)
        take_one_from(pool_new(server, "left in one of ten"));
}

static SEEN void feed_in_one_of_ten(unsigned unit)
{
    if (unit % 10 == 4)
        take_one_from(server);
}

static SEEN void leak_ten_in_one_of_ten(unsigned unit)
{
    for (unsigned i = 0; unit % 10 == 4 && i < 10; i++)
        take_one_from(pool_new(server, "ten in one of ten"));
}

/* One verb of five, where it fails, which one of three does. */
static SEEN void forget_where_verb_fails(unsigned unit)
{
    pool *own = unit % 5 == 2 ? pool_new(server, "forgotten where it fails") : NULL;

    if (!own)
        return;
    take_one_from(own);
    if (draw(3))
        pool_end(own);
}

static SEEN void root_where_verb_fails(unsigned unit)
{
    if (unit % 5 == 2 && draw(3) == 0)
        root_take(48);
}

/* One function makes two alike, and ends the first one. */
static SEEN void leave_twin(unsigned unit)
{
    pool *one = pool_new(server, "twin"), *other = pool_new(server, "twin");

    (void)unit;
    pool_take(one, 24);
    pool_take(other, 40);
    pool_end(one);
}

/* It keeps what it knows of one verb, of which there are eight, and forgets what another one needs.
 */
static SEEN pool *make_entry(void)
{
    return pool_new(server, "of one verb or another");
}

static SEEN void keep_or_forget(unsigned unit)
{
    static char known[8];
    const unsigned thing = draw(8);

    if (unit % 5 == 1 && !known[thing]) {
        known[thing] = 1;
        take_one_from(make_entry());
    }
    if (unit % 5 == 3)
        take_one_from(make_entry());
}

/* A pool that is emptied each seventh time, or by chance, one time of ten. */
static SEEN void empty_each_seventh(unsigned unit)
{
    static pool *scratch;

    if (unit % 7 == 0)
        scratch = pool_renew(scratch, server, "emptied each seventh time");
    take_one_from(scratch);
}

static SEEN void empty_by_chance(unsigned unit)
{
    static pool *scratch;

    if (unit == 0 || draw(10) == 0)
        scratch = pool_renew(scratch, server, "emptied by chance");
    take_one_from(scratch);
}

/* After four times, or six, as it happens. */
static SEEN void empty_soon(unsigned unit)
{
    static pool *scratch;
    static unsigned until;

    if (unit >= until) {
        scratch = pool_renew(scratch, server, "emptied soon");
        until = unit + 4 + 2 * draw(2);
    }
    take_one_from(scratch);
}

/* Pools below one that is made anew each tenth time. */
static SEEN void fill_batches(unsigned unit)
{
    static pool *batch;

    if (unit % 10 == 0) {
        pool_end(batch);
        batch = pool_new(server, "batch over units");
    }
    take_one_from(pool_new(batch, "part of a batch over units"));
}

/* As it is when half of those that were replaced are ended. */
static SEEN void replace_and_end_half(unsigned unit)
{
    static pool *setting;

    if (unit % 4 != 1)
        return;
    if (unit % 8 == 1)
        pool_end(setting);
    setting = pool_new(server, "setting that is ended half of the time");
    pool_take(setting, 200);
}

/* All that is older than twenty units is ended, each tenth time. */
static SEEN void sweep(unsigned unit)
{
    static pool *entries[1000];
    static unsigned swept;

    for (; unit % 10 == 0 && swept + 20 < unit; swept++)
        pool_end(entries[swept]);
    take_one_from(entries[unit] = pool_new(server, "swept when it is old"));
}

/* One of 25 requests is never answered. */
static SEEN void wait_for_answers(unsigned unit)
{
    static pool *asked[3];
    pool **slot = &asked[draw(3)];

    if (unit % 25 != 11)
        pool_end(*slot);
    take_one_from(*slot = pool_new(server, "asked, and one is lost"));
}

/* Each of five verbs makes one when it comes first. */
static SEEN void make_one_for_verb(unsigned unit)
{
    static pool *own[5];
    const unsigned verb = draw(10) % 5;

    (void)unit;
    if (!own[verb])
        take_one_from(own[verb] = pool_new(server, "one for each verb"));
}

/* Between none and forty wait; it goes up and down by chance. */
static SEEN void walk_by_chance(unsigned unit)
{
    static pool *waiting[41];
    static unsigned count;

    (void)unit;
    for (unsigned i = 0, up = draw(2); i < 2; i++)
        if (up && count < 40)
            take_one_from(waiting[count++] = pool_new(server, "goes up and down"));
        else if (!up && count)
            pool_end(waiting[--count]);
}

/* Five rounds of eight commands, of which one leaks; three rounds of twelve. */
static SEEN void leak_in_rounds_of_8(unsigned unit)
{
    if (unit % 8 == 5)
        take_one_from(pool_new(server, "left in each round"));
}

static SEEN void leak_in_rounds_of_12(unsigned unit)
{
    if (unit % 12 == 7)
        take_one_from(pool_new(server, "left in each of few rounds"));
}

/* The same, of commands that come in another order in each round. */
static SEEN void leak_in_mixed_rounds(unsigned unit)
{
    static const unsigned char at[] = {5, 2, 9, 7, 0};

    if (unit % 10 == at[unit / 10 % 5])
        take_one_from(pool_new(server, "left in mixed rounds"));
}

/* Another size each time. */
static SEEN void leave_other_sizes(unsigned unit)
{
    pool_take(pool_new(server, "another size each time"), 16 + draw(4000) + unit);
}

/* A cache of 64, of which the one that was used longest ago goes. */
static SEEN void keep_latest_64(unsigned unit)
{
    static pool *entries[64];
    static unsigned keys[64], used[64];
    const unsigned key = draw(300) + 1;
    unsigned slot = 0;

    for (unsigned i = 0; i < 64; i++) {
        if (keys[i] == key) {
            used[i] = unit + 1;
            return;
        }
        slot = used[i] < used[slot] ? i : slot;
    }
    pool_end(entries[slot]);
    take_one_from(entries[slot] = pool_new(server, "one of sixty-four"));
    keys[slot] = key;
    used[slot] = unit + 1;
}

/* Entries by key; now and then one is made anew. */
static void look_up_or_refresh(unsigned unit, unsigned keys, unsigned often)
{
    static pool *entries[32];
    const unsigned key = draw(keys);

    if (unit % often == often - 1)
        pool_end(entries[key]);
    if (unit % often == often - 1 || !entries[key])
        take_one_from(entries[key] = pool_new(server, "entry that is refreshed"));
}

static SEEN void refresh_14(unsigned unit)
{
    look_up_or_refresh(unit, 14, 9);
}

static SEEN void refresh_20(unsigned unit)
{
    look_up_or_refresh(unit, 20, 6);
}

static SEEN void refresh_32(unsigned unit)
{
    look_up_or_refresh(unit, 32, 5);
}

/* Each twentieth time all are ended, but for one of them. */
static SEEN void collect_but_one(unsigned unit)
{
    static pool *waiting[20];

    for (unsigned i = 1; unit % 20 == 0 && i < 20; i++)
        pool_end(waiting[i]);
    waiting[unit % 20] = pool_new(server, "collected but for one");
}

/* Two at a time, each ended by the other of two functions; one of these forgets every fifth. */
static SEEN void end_here(pool *ended)
{
    pool_end(ended);
}

static SEEN void end_there(pool *ended, unsigned unit)
{
    if (unit % 5 != 3)
        pool_end(ended);
}

static SEEN void end_by_two(unsigned unit)
{
    pool *one = pool_new(server, "ended here"), *other = pool_new(server, "ended there");

    take_one_from(one);
    take_one_from(other);
    end_here(one);
    end_there(other, unit);
}

/* A client comes every fifth unit and leaves with the fifth one after: each of its units takes
 * something. */
static SEEN void serve_short_clients(unsigned unit)
{
    static pool *client;

    if (unit % 5 == 0) {
        pool_end(client);
        client = pool_new(server, "client of five units");
    }
    take_one_from(client);
}

/* Each comes as the one before leaves, before it asks for anything. */
static pool *short_client;

static void change_clients(unsigned unit)
{
    if (unit % 5 != 4)
        return;
    pool_end(short_client);
    short_client = pool_new(server, "client who asks five times");
}

static SEEN void feed_short_clients(unsigned unit)
{
    if (short_client)
        take_one_from(short_client);
    change_clients(unit);
}

static SEEN void pile_up_below_short_clients(unsigned unit)
{
    if (short_client)
        take_one_from(pool_new(short_client, "answer to who asks five times"));
    change_clients(unit);
}

static SEEN void serve_whoever_asks_five_times(unsigned unit)
{
    pool *answer = short_client ? pool_new(short_client, "answer that ends") : NULL;

    if (unit % 5 == 0 && short_client)
        take_one_from(short_client);
    pool_end(answer);
    change_clients(unit);
}

/* Who has asked five times says farewell in a unit of its own. */
static SEEN void feed_and_say_farewell(unsigned unit)
{
    static pool *client;

    if (client && unit % 6 != 5)
        take_one_from(client);
    if (unit % 6 == 5) {
        pool_end(client);
        client = pool_new(server, "client who says farewell");
    }
}

/* A few clients who stay for as long as each likes, and are fed. */
static SEEN void serve_clients_of_any_length(unsigned unit)
{
    static pool *client;
    static unsigned until;

    if (unit >= until) {
        pool_end(client);
        client = pool_new(server, "client of any length");
        until = unit + 8 + draw(30);
    }
    take_one_from(client);
}

/* It grows for the first two fifths, and is what it has to be then. */
static SEEN void grow_and_stop(unsigned unit)
{
    if (unit < units * 2 / 5)
        take_one_from(server);
}

const struct way variant_ways[] = {
    {"chain-of-two", hang_in_turn},
    {"chain-client", hang_below_client},
    {"chain-both", hang_both},
    {"chain-both-client", hang_both_below_client},
    {"chain-of-ten", hang_ten},
    {"large-steps", grow_in_steps},
    {"one-of-ten", leak_in_one_of_ten},
    {"one-of-ten-fed", feed_in_one_of_ten},
    {"ten-of-ten", leak_ten_in_one_of_ten},
    {"about-failures", forget_where_verb_fails},
    {"about-failures-root", root_where_verb_fails},
    {"twin", leave_twin},
    {"about-two-uses", keep_or_forget},
    {"emptied-seventh", empty_each_seventh},
    {"emptied-by-chance", empty_by_chance},
    {"emptied-soon", empty_soon},
    {"batches-over-units", fill_batches},
    {"half-replaced", replace_and_end_half},
    {"swept", sweep},
    {"one-not-answered", wait_for_answers},
    {"one-each", make_one_for_verb},
    {"up-and-down", walk_by_chance},
    {"rounds-of-8", leak_in_rounds_of_8},
    {"rounds-of-12", leak_in_rounds_of_12},
    {"rounds-mixed", leak_in_mixed_rounds},
    {"other-sizes", leave_other_sizes},
    {"latest-64", keep_latest_64},
    {"ended-by-two", end_by_two},
    {"collected-but-one", collect_but_one},
    {"refreshed-14", refresh_14},
    {"refreshed-20", refresh_20},
    {"refreshed-32", refresh_32},
    {"short-clients", serve_short_clients},
    {"asks-five-fed", feed_short_clients},
    {"asks-five-piled", pile_up_below_short_clients},
    {"asks-and-farewell", feed_and_say_farewell},
    {"asks-five", serve_whoever_asks_five_times},
    {"any-length", serve_clients_of_any_length},
    {"grows-and-stops", grow_and_stop},
    {0, 0},
};
