/* SPDX-License-Identifier: MIT */
/* habits.c - what servers make a habit of: queues of what is tried again, users who stay, lists
 * that are trimmed now and then, statements that are prepared, connections that are used again. See
 * ways.h. */
#include "ways.h"

static SEEN pool *make(const char *name, size_t size)
{
    pool *made = pool_new(server, name);

    pool_take(made, size);
    return made;
}

/* What fails is tried again, three times at most. */
#define WAITING 8

static void try_again(const char *name, int forget)
{
    static pool *waiting[WAITING];
    static unsigned tries[WAITING];

    for (unsigned i = 0; i < WAITING; i++) {
        if (!waiting[i])
            continue;
        const int done = draw(3) == 0, given_up = ++tries[i] == 3;
        if (done || (given_up && !forget))
            pool_end(waiting[i]);
        if (done || given_up)
            waiting[i] = 0;
    }
    for (unsigned i = 0; i < WAITING; i++)
        if (!waiting[i]) {
            waiting[i] = make(name, 90);
            tries[i] = 0;
            return;
        }
}

static SEEN void retry_in_order(unsigned unit)
{
    (void)unit;
    try_again("tried again", 0);
}

static SEEN void retry_and_lose(unsigned unit)
{
    (void)unit;
    try_again("lost after three times", 1);
}

/* Six users who stay. */
static SEEN void feed_user(unsigned unit)
{
    static pool *users[6];
    const unsigned user = draw(6);

    (void)unit;
    if (!users[user])
        users[user] = pool_new(server, "user");
    pool_take(users[user], 40);
}

static SEEN void replace_state_of_user(unsigned unit)
{
    static pool *states[6];
    const unsigned user = draw(6);

    pool_end(states[user]);
    states[user] = make("state of a user", 40 + unit % 9);
}

/* A list: one more in each unit, and each fifteenth time all but the latest five are ended, or only
 * five are. */
static void add_to_list(unsigned unit, const char *name, int little)
{
    static pool *list[2000];
    static unsigned first, count;

    list[count++] = make(name, 50);
    if (unit % 15 != 14)
        return;
    const unsigned keep = little ? count - first - 5 : 5;
    while (count - first > keep)
        pool_end(list[first++]);
}

static SEEN void trim_list(unsigned unit)
{
    add_to_list(unit, "one of a list that is trimmed", 0);
}

static SEEN void trim_little(unsigned unit)
{
    add_to_list(unit, "one of a list that is trimmed too little", 1);
}

static SEEN void clear_seldom(unsigned unit)
{
    static pool *scratch;

    if (unit % 50 == 0)
        scratch = pool_renew(scratch, server, "cleared seldom");
    pool_take(scratch, 64);
}

/* Three pools below each other that stay, and one more in each unit below the last. */
static SEEN void leave_deep(unsigned unit)
{
    static pool *deep;

    if (!deep)
        deep = pool_new(pool_new(pool_new(server, "module"), "table"), "bucket");
    (void)unit;
    pool_take(pool_new(deep, "left deep"), 30);
}

/* A text that gets longer, copied each time. */
static SEEN void lengthen(unsigned unit)
{
    pool_take(server, 20 + 8 * (size_t)(unit + 1));
}

static SEEN void forget_one_of_twenty(unsigned unit)
{
    pool *own = make("forgotten on a rare error", 70);

    (void)unit;
    if (draw(20) != 0)
        pool_end(own);
}

/* The one that was used longest ago goes, and one of four times is only forgotten. */
static void use_latest(unsigned unit, const char *name, unsigned keys, unsigned forget)
{
    static pool *entries[8];
    static unsigned known[8], used[8];
    const unsigned key = draw(keys) + 1;
    unsigned slot = 0;

    for (unsigned i = 0; i < 8; i++) {
        if (known[i] == key) {
            used[i] = unit + 1;
            return;
        }
        slot = used[i] < used[slot] ? i : slot;
    }
    if (!forget || draw(forget) != 0)
        pool_end(entries[slot]);
    entries[slot] = make(name, 60 + key);
    known[slot] = key;
    used[slot] = unit + 1;
}

static SEEN void forget_a_quarter(unsigned unit)
{
    use_latest(unit, "one of four of the latest forgotten", 24, 4);
}

static SEEN void forget_an_eighth(unsigned unit)
{
    use_latest(unit, "one of eight of the latest forgotten", 24, 8);
}

static SEEN void keep_the_latest(unsigned unit)
{
    use_latest(unit, "one of the latest eight", 24, 0);
}

/* Twelve statements, prepared when they are needed first; all are dropped each sixtieth time. */
static SEEN void prepare(unsigned unit)
{
    static pool *plans[12];
    const unsigned one = draw(12), other = draw(12), plan = one < other ? one : other;

    for (unsigned i = 0; unit % 60 == 59 && i < 12; i++) {
        pool_end(plans[i]);
        plans[i] = 0;
    }
    if (!plans[plan])
        plans[plan] = make("plan", 200 + 20 * plan);
}

/* ... or made anew when something has changed, each tenth time, without an end for the old one. */
static SEEN void prepare_anew(unsigned unit)
{
    static unsigned valid[12];
    const unsigned plan = draw(12);

    if (valid[plan] != unit / 10 + 1)
        make("plan that is made anew", 200 + 20 * plan);
    valid[plan] = unit / 10 + 1;
}

/* Up to five connections at a time; idle ones are closed after twenty units. */
static void connect(unsigned unit, const char *name, unsigned breaks)
{
    static pool *open[5];
    static unsigned used[5];
    const unsigned needed = 1 + draw(5);

    for (unsigned i = 0; i < needed; i++) {
        if (!open[i])
            open[i] = make(name, 150);
        used[i] = unit;
        if (breaks && draw(breaks) == 0)
            open[i] = 0;
    }
    for (unsigned i = 0; i < 5; i++)
        if (open[i] && used[i] + 20 < unit) {
            pool_end(open[i]);
            open[i] = 0;
        }
}

static SEEN void use_connections(unsigned unit)
{
    connect(unit, "connection of a few", 0);
}

static SEEN void break_connections(unsigned unit)
{
    connect(unit, "connection that breaks", 20);
}

static SEEN void load_modules(unsigned unit)
{
    static pool *modules[6];
    const unsigned needed = draw(40);

    (void)unit;
    if (needed < 6 && !modules[needed])
        modules[needed] = make("module that is loaded when needed", 3000);
}

/* Each is kept for fifteen units. */
static SEEN void keep_fifteen_units(unsigned unit)
{
    static pool *entries[15];

    pool_end(entries[unit % 15]);
    entries[unit % 15] = make("kept for fifteen units", 30 + draw(300));
}

/* Only when it is asked for again one sees that it is too old: most are never. */
static SEEN void expire_when_asked(unsigned unit)
{
    static pool *entries[4000];
    const unsigned key = draw(4) ? unit + 20 : draw(20);

    if (entries[key])
        pool_end(entries[key]);
    entries[key] = make("expires when it is asked for", 44);
}

/* Thirty-two at most: then all are dropped. */
static SEEN void drop_all(unsigned unit)
{
    static pool *entries[32];
    static unsigned count;

    (void)unit;
    if (draw(4) == 0)
        return;
    while (count == 32 || (count && count < 32 && entries[0] == 0))
        for (count = 32; count; count--)
            pool_end(entries[count - 1]);
    entries[count++] = make("dropped with all", 66);
}

/* Four clients, for thirty units each; each has a cache of six. */
static SEEN void cache_of_client(unsigned unit)
{
    static pool *guests[4], *entries[4][6];
    const unsigned guest = draw(4), key = draw(6), next = unit / 8 % 4;

    if (unit % 8 == 0) {
        pool_end(guests[next]);
        guests[next] = pool_new(server, "client with a cache");
        for (unsigned i = 0; i < 6; i++)
            entries[next][i] = 0;
    }
    if (guests[guest] && !entries[guest][key])
        pool_take(entries[guest][key] = pool_new(guests[guest], "entry of a client"), 30 + key);
}

/* What is not used any more goes to a list of free ones; one of nine does not. */
static void use_free(const char *name, unsigned lose)
{
    static pool *idle[16];
    static unsigned count;
    pool *used[7];
    const unsigned needed = 1 + draw(7);

    for (unsigned i = 0; i < needed; i++)
        used[i] = count ? idle[--count] : make(name, 80);
    for (unsigned i = 0; i < needed; i++)
        if (!lose || draw(lose) != 0)
            idle[count++] = used[i];
}

static SEEN void use_free_ones(unsigned unit)
{
    (void)unit;
    use_free("free or used", 0);
}

static SEEN void lose_free_ones(unsigned unit)
{
    (void)unit;
    use_free("free, used or lost", 30);
}

/* A table: each unit adds, and removes what came five units before; the memory is used again, or
 * not. */
static SEEN void add_and_remove(unsigned unit)
{
    (void)unit;
    pool_take(server, 56);
}

static SEEN void add_and_use_again(unsigned unit)
{
    if (unit < 5)
        pool_take(server, 56);
}

/* One of six values, copied each time that it is not the one before. */
static SEEN void copy_to_environment(unsigned unit)
{
    static unsigned last = 6;
    const unsigned value = draw(6);

    (void)unit;
    if (value != last)
        root_take(30);
    last = value;
}

static SEEN void set_environment_once(unsigned unit)
{
    static char set[6];
    const unsigned value = draw(6);

    (void)unit;
    if (!set[value])
        root_take(30);
    set[value] = 1;
}

static SEEN void feed_by_timer(unsigned unit)
{
    if (unit % 7 == 3)
        pool_take(server, 24);
}

/* Numbers of each ten units, of which the last six are kept. */
static SEEN void keep_numbers(unsigned unit)
{
    static pool *numbers[6];

    if (unit % 10 != 0)
        return;
    pool_end(numbers[unit / 10 % 6]);
    numbers[unit / 10 % 6] = make("numbers of ten units", 400);
}

static SEEN void reopen_log(unsigned unit)
{
    static pool *log;

    if (unit % 25 != 0)
        return;
    pool_end(log);
    log = make("log that is opened again", 100);
}

static SEEN void reopen_and_forget(unsigned unit)
{
    if (unit % 25 == 0)
        make("log that is only opened again", 100);
}

const struct way habit_ways[] = {
    {"retried", retry_in_order},
    {"retried-and-lost", retry_and_lose},
    {"user-fed", feed_user},
    {"user-state", replace_state_of_user},
    {"list-trimmed", trim_list},
    {"list-trimmed-little", trim_little},
    {"cleared-seldom", clear_seldom},
    {"left-deep", leave_deep},
    {"lengthened", lengthen},
    {"rare-error", forget_one_of_twenty},
    {"latest-quarter-forgotten", forget_a_quarter},
    {"latest-eighth-forgotten", forget_an_eighth},
    {"latest-eight", keep_the_latest},
    {"prepared", prepare},
    {"prepared-anew", prepare_anew},
    {"connections", use_connections},
    {"connections-break", break_connections},
    {"modules", load_modules},
    {"fifteen-units", keep_fifteen_units},
    {"expires-when-asked", expire_when_asked},
    {"dropped-all", drop_all},
    {"client-cache", cache_of_client},
    {"free-ones", use_free_ones},
    {"free-ones-lost", lose_free_ones},
    {"table-removes", add_and_remove},
    {"table-uses-again", add_and_use_again},
    {"environment-copied", copy_to_environment},
    {"environment-once", set_environment_once},
    {"fed-by-timer", feed_by_timer},
    {"numbers-kept", keep_numbers},
    {"log-reopened", reopen_log},
    {"log-forgotten", reopen_and_forget},
    {0, 0},
};
