/* fault.c - mistakes with pools, made on purpose, each on demand; see fault.h. */
#include "fault.h"
#include "event.h"
#include "growth.h"
#include "keep.h"
#include "pool.h"
#include "session.h"
#include "touch.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static KEEP_FRAME void allocate_from_permanent_pool(void)
{
    pstrdup(permanent_pool, "what a command answered");
}

static KEEP_FRAME void allocate_from_permanent_pool_at_restart(void)
{
    pstrdup(permanent_pool, "the file that holds the process number");
}

static KEEP_FRAME void leak_subpool(void)
{
    pool *leaked = make_sub_pool(session.pool);

    pr_pool_tag(leaked, "leaked command pool");
    pcalloc(leaked, 48);
}

static KEEP_FRAME void leak_subpool_at_restart(void)
{
    pool *leaked = make_sub_pool(permanent_pool);

    pr_pool_tag(leaked, "leaked restart pool");
    pcalloc(leaked, 96);
}

static KEEP_FRAME void keep_temporary_data_in_session_pool(void)
{
    pcalloc(session.pool, 64);
}

/* A helper that forgets its pool, and those who call it: each command another one. */
static KEEP_FRAME void look_something_up(void)
{
    pool *scratch = make_sub_pool(session.pool);

    pr_pool_tag(scratch, "pool of a helper");
    pcalloc(scratch, 40);
}

#define CALLER(name)                                                                               \
    static KEEP_FRAME void name(void)                                                              \
    {                                                                                              \
        look_something_up();                                                                       \
        calls_of_helper++;                                                                         \
    }

static unsigned calls_of_helper;

CALLER(handle_north)
CALLER(handle_east)
CALLER(handle_south)
CALLER(handle_west)
CALLER(handle_up)
CALLER(handle_down)
CALLER(handle_left)
CALLER(handle_right)

static KEEP_FRAME void leak_by_a_helper(void)
{
    static void (*const callers[])(void) = {handle_north, handle_east, handle_south, handle_west,
                                            handle_up,    handle_down, handle_left,  handle_right};

    callers[calls_of_helper % LENGTH(callers)]();
}

/* Makes a pool for whoever calls it, who has to destroy it: two do, two do not. */
static KEEP_FRAME pool *open_thing(void)
{
    pool *thing = make_sub_pool(session.pool);

    pr_pool_tag(thing, "thing");
    pcalloc(thing, 16);
    return thing;
}

static KEEP_FRAME void use_thing(void)
{
    pool *thing = open_thing();

    pstrdup(thing, "used");
    destroy_pool(thing);
}

static KEEP_FRAME void use_thing_again(void)
{
    pool *thing = open_thing();

    pcalloc(thing, 8);
    destroy_pool(thing);
}

static KEEP_FRAME void forget_thing(void)
{
    pcalloc(open_thing(), 8);
}

static KEEP_FRAME void forget_large_thing(void)
{
    pcalloc(open_thing(), 200);
}

static KEEP_FRAME void leak_by_two_of_many(void)
{
    for (unsigned i = 0; i < 3; i++) {
        use_thing();
        use_thing_again();
    }
    forget_thing();
    forget_large_thing();
}

static void ignore_event(const void *data)
{
    (void)data;
}

/* ProFTPD's own modules did this: registered again at each restart, never unregistered. */
static KEEP_FRAME void register_listener_again(void)
{
    pr_event_register("core.shutdown", ignore_event);
}

static KEEP_FRAME void use_pool_after_destroying_it(void)
{
    pool *dead = make_sub_pool(session.pool);

    pr_pool_tag(dead, "pool used after its end");
    pcalloc(dead, 64);
    destroy_pool(dead);
    pstrdup(dead, "too late");
}

static KEEP_FRAME void use_pool_after_its_parent(void)
{
    pool *parent = make_sub_pool(session.pool), *child = make_sub_pool(parent);

    pr_pool_tag(parent, "parent that ends");
    pr_pool_tag(child, "child used after its end");
    pcalloc(child, 64);
    destroy_pool(parent);
    pstrdup(child, "too late");
}

/* The next pool gets the memory, and the address, of the one that ended. */
static KEEP_FRAME void use_pool_after_its_memory_was_reused(void)
{
    pool *dead = make_sub_pool(session.pool), *next;

    pr_pool_tag(dead, "pool whose memory is reused");
    pcalloc(dead, 64);
    destroy_pool(dead);
    next = make_sub_pool(session.pool);
    pstrdup(next, "in time, and of some length");
    pstrdup(dead, "too late");
    destroy_pool(next);
}

static KEEP_FRAME void make_pool_below_destroyed_one(void)
{
    pool *dead = make_sub_pool(session.pool), *below;

    pr_pool_tag(dead, "pool made a parent after its end");
    pcalloc(dead, 64);
    destroy_pool(dead);
    below = make_sub_pool(dead);
    pcalloc(below, 64);
    destroy_pool(below);
}

static KEEP_FRAME void read_data_of_destroyed_pool(void)
{
    pool *dead = make_sub_pool(session.pool);
    char **names = palloc(dead, sizeof(*names));
    char name[] = "a name";

    pr_pool_tag(dead, "pool whose data is read");
    pcalloc(dead, 64);
    names[0] = name;
    destroy_pool(dead);
    *(volatile char *)names[0] = '-';
}

static void allocate_while_pool_dies(void *dying)
{
    pstrdup(dying, "said at the end");
}

/* No mistake: a pool, and one below it, whose cleanups allocate from it while it is destroyed. */
static KEEP_FRAME void allocate_in_cleanups(void)
{
    pool *dying = make_sub_pool(session.pool), *below = make_sub_pool(dying);

    pcalloc(dying, 600);
    register_cleanup(dying, dying, allocate_while_pool_dies);
    register_cleanup(dying, below, allocate_while_pool_dies);
    register_cleanup(below, below, allocate_while_pool_dies);
    destroy_pool(dying);
}

static KEEP_FRAME pool *destroy_a_pool(const char *name)
{
    pool *dead = make_sub_pool(permanent_pool);

    pr_pool_tag(dead, name);
    palloc(dead, 40);
    destroy_pool(dead);
    return dead;
}

static pool *volatile remembered;

static KEEP_FRAME void remember_destroyed_pool(void)
{
    remembered = destroy_a_pool("pool that a variable remembers");
}

static KEEP_FRAME void note_destroyed_pool(void)
{
    static pool **notes;

    if (!notes)
        notes = palloc(permanent_pool, sizeof(*notes));
    *notes = destroy_a_pool("pool that data remembers");
}

static KEEP_FRAME void destroy_pool_twice(void)
{
    pool *dead = make_sub_pool(session.pool);

    pr_pool_tag(dead, "pool destroyed twice");
    palloc(dead, 32);
    destroy_pool(dead);
    destroy_pool(dead);
}

/* No mistake: what the first commands need stays for the others. */
static KEEP_FRAME void fill_cache(void)
{
    static pool *volatile cached[10];
    static unsigned filled;

    if (filled >= sizeof(cached) / sizeof(*cached))
        return;
    cached[filled] = make_sub_pool(session.pool);
    pr_pool_tag(cached[filled++], "cached thing");
    pcalloc(session.pool, 64);
}

static KEEP_FRAME void make_pool_for_a_few_bytes(void)
{
    pool *needless = make_sub_pool(session.pool);

    pr_pool_tag(needless, "needless pool");
    palloc(needless, 8);
    destroy_pool(needless);
}

static KEEP_FRAME void open_connection_and_forget_it(void)
{
    pr_inet_create_conn(session.pool, "inet_copy_conn pool", "forgotten");
}

static KEEP_FRAME void use_permanent_pool_as_session_pool(void)
{
    session.pool = permanent_pool;
}

static KEEP_FRAME void lose_a_pool_once(void)
{
    pool *lost = make_sub_pool(session.pool);

    pr_pool_tag(lost, "pool lost once");
    pcalloc(lost, 48);
}

static const char *volatile last_answer;

static KEEP_FRAME void keep_answer_of_destroyed_pool(void)
{
    pool *dead = make_sub_pool(session.pool);

    pr_pool_tag(dead, "pool of the last answer");
    last_answer = pstrdup(dead, "what was answered last");
    destroy_pool(dead);
}

/* What is as large has a block of its own. */
static KEEP_FRAME void keep_large_answer_of_destroyed_pool(void)
{
    pool *dead = make_sub_pool(session.pool);

    pr_pool_tag(dead, "pool of a large answer");
    palloc(dead, 40);
    last_answer = palloc(dead, 3000);
    destroy_pool(dead);
}

/* No mistake: an object that lies in the pool it holds, and is all that anybody else knows of it.
 */
static KEEP_FRAME void open_transfer_in_its_own_pool(void)
{
    static conn_t *volatile own;

    if (!own)
        own = pr_inet_create_conn(session.pool, "pool of its own", "own");
}

static struct {
    const char *name;
    enum fault_occasion occasion;
    void (*commit)(void);
    const char *what;
    bool enabled;
} faults[] = {
    {"permanent-alloc", FAULT_IN_COMMAND, allocate_from_permanent_pool,
     "each command takes 24 bytes from permanent_pool", false},
    {"permanent-alloc-restart", FAULT_IN_RESTART, allocate_from_permanent_pool_at_restart,
     "each restart takes 40 bytes from permanent_pool", false},
    {"leaked-subpool", FAULT_IN_COMMAND, leak_subpool,
     "each command leaves a pool behind under session.pool", false},
    {"leaked-subpool-restart", FAULT_IN_RESTART, leak_subpool_at_restart,
     "each restart leaves a pool behind under permanent_pool", false},
    {"leaked-by-helper", FAULT_IN_COMMAND, leak_by_a_helper,
     "each command calls a helper, by one of eight ways, that leaves its pool behind", false},
    {"leaked-by-callers", FAULT_IN_COMMAND, leak_by_two_of_many,
     "two of those that each command asks for a pool leave it behind", false},
    {"growing-pool", FAULT_IN_COMMAND, keep_temporary_data_in_session_pool,
     "each command puts 64 bytes into session.pool", false},
    {"growing-pool-restart", FAULT_IN_RESTART, register_listener_again,
     "each restart puts 24 bytes into \"Event Pool\"", false},
    {"kept-list", FAULT_IN_COMMAND, keep_and_use_always,
     "each command puts 72 bytes into session.pool, and uses those of all before", false},
    {"kept-report", FAULT_IN_COMMAND, keep_and_use_at_the_end,
     "each command puts 80 bytes into session.pool that are used when the client leaves", false},
    {"use-after-destroy", FAULT_IN_COMMAND, use_pool_after_destroying_it,
     "each command allocates from a pool that it destroyed", false},
    {"use-after-parent", FAULT_IN_COMMAND, use_pool_after_its_parent,
     "each command allocates from a pool whose parent it destroyed", false},
    {"use-after-reuse", FAULT_IN_COMMAND, use_pool_after_its_memory_was_reused,
     "the same, when a new pool has got the address", false},
    {"parent-after-destroy", FAULT_IN_COMMAND, make_pool_below_destroyed_one,
     "each command makes a pool below one that it destroyed", false},
    {"stale-data", FAULT_IN_COMMAND, read_data_of_destroyed_pool,
     "each command follows a pointer that lies in a pool it destroyed", false},
    {"stale-write", FAULT_IN_COMMAND, write_data_of_destroyed_pool,
     "each command writes to what lies in a pool it destroyed", false},
    {"stale-child", FAULT_IN_COMMAND, read_data_of_ended_parent,
     "each command reads what lies in a pool whose parent it destroyed", false},
    {"overflow-write", FAULT_IN_COMMAND, write_behind_the_end,
     "each command writes a byte behind the end of what it allocated", false},
    {"overflow-read", FAULT_IN_COMMAND, read_behind_the_end,
     "each command reads a number behind the end of what it allocated", false},
    {"to-the-end", FAULT_IN_COMMAND, touch_to_the_end,
     "no mistake: each command uses all the bytes that it allocates", false},
    {"cleanup-alloc", FAULT_IN_COMMAND, allocate_in_cleanups,
     "no mistake: cleanups that allocate while their pool is destroyed", false},
    {"filled-cache", FAULT_IN_COMMAND, fill_cache,
     "no mistake: each of the first ten commands leaves a pool and 64 bytes", false},
    {"double-destroy", FAULT_IN_COMMAND, destroy_pool_twice, "each command destroys a pool twice",
     false},
    {"dangling-variable-restart", FAULT_IN_RESTART, remember_destroyed_pool,
     "a variable keeps the address of a pool that each restart destroys", false},
    {"dangling-data-restart", FAULT_IN_RESTART, note_destroyed_pool, "data of permanent_pool does",
     false},
    {"needless-subpool", FAULT_IN_COMMAND, make_pool_for_a_few_bytes,
     "each command makes and destroys a pool for 8 bytes", false},
    {"lifetime-contract", FAULT_IN_SESSION, open_connection_and_forget_it,
     "each session opens a connection and never closes it", false},
    {"lost-subpool", FAULT_IN_SESSION, lose_a_pool_once, "each session makes a pool and loses it",
     false},
    {"dangling-static", FAULT_IN_COMMAND, keep_answer_of_destroyed_pool,
     "each command leaves a variable that points into a pool it destroyed", false},
    {"dangling-large", FAULT_IN_SESSION, keep_large_answer_of_destroyed_pool,
     "each session leaves one that points into a further block of a pool it destroyed", false},
    {"own-pool", FAULT_IN_COMMAND, open_transfer_in_its_own_pool,
     "no mistake: the first command makes an object in the pool that it holds", false},
    {"hoard", FAULT_IN_COMMAND, hoard_in_session_pool,
     "one command puts 600 times 64 bytes into session.pool", false},
    {"hoard-in-command", FAULT_IN_COMMAND, hoard_in_pool_of_command,
     "one command puts them into a pool that ends with it", false},
    {"hoard-subpools", FAULT_IN_COMMAND, hoard_subpools,
     "one command makes 600 pools in one that ends with it", false},
    {"batches", FAULT_IN_COMMAND, work_in_batches,
     "no mistake: each command works in six batches of 100 allocations", false},
    {"large-buffer", FAULT_IN_COMMAND, take_one_large_buffer,
     "no mistake: each command takes 516 KB at once, and gives them back", false},
    {"short-listing", FAULT_IN_COMMAND, copy_a_listing, "no mistake: each command lists 200 things",
     false},
    {"fed-client", FAULT_IN_COMMAND, feed_client_pool,
     "a client's pool grows in each of 40 commands, then it leaves", false},
    {"piled-client", FAULT_IN_COMMAND, pile_up_below_client,
     "40 pools pile up below a client's, then it leaves", false},
    {"piled-clients", FAULT_IN_COMMAND, pile_up_below_many_clients,
     "the same of clients that stay for 8, 12, 16 ... commands", false},
    {"flushed-pool", FAULT_IN_COMMAND, flush_pool,
     "no mistake: a pool grows and is made anew every tenth command", false},
    {"flushed-subpools", FAULT_IN_COMMAND, flush_subpools,
     "no mistake: pools pile up in one that is made anew every tenth command", false},
    {"chain", FAULT_IN_COMMAND, hang_below_the_last,
     "each command leaves a pool behind below the last one's", false},
    {"nest", FAULT_IN_COMMAND, nest_and_destroy,
     "no mistake: each command makes 20 pools below each other, and ends them", false},
    {"slow-cache", FAULT_IN_COMMAND, fill_slow_cache,
     "no mistake: each of the first 24 commands leaves a pool", false},
    {"slow-pool", FAULT_IN_COMMAND, fill_slow_pool,
     "no mistake: each of the first 24 commands leaves 64 bytes", false},
    {"evicting-cache", FAULT_IN_COMMAND, evict_from_cache,
     "no mistake: each command replaces the oldest of eight pools", false},
    {"growing-each-tenth", FAULT_IN_COMMAND, grow_each_tenth,
     "every tenth command puts 64 bytes into session.pool", false},
    {"leaked-each-tenth", FAULT_IN_COMMAND, leak_each_tenth,
     "every tenth command leaves a pool behind", false},
    {"growing-in-bursts", FAULT_IN_COMMAND, grow_now_and_then,
     "four of 40 commands put 64 bytes into session.pool", false},
    {"lazy", FAULT_IN_COMMAND, open_lazily, "one command takes 792 bytes from permanent_pool",
     false},
    {"every-third", FAULT_IN_COMMAND, keep_every_third,
     "every third command leaves behind the pool that the others destroy", false},
    {"replaced", FAULT_IN_COMMAND, replace_last,
     "no mistake: each command replaces the pool of the one before", false},
    {"busy-leak", FAULT_IN_SESSION, leak_while_busy,
     "a session leaves 80 pools behind while it reads no command", false},
    {"busy-growth", FAULT_IN_SESSION, grow_while_busy,
     "a session puts 400 times 16 bytes into session.pool meanwhile", false},
    {"busy-chain", FAULT_IN_SESSION, chain_while_busy,
     "a session leaves 80 pools behind meanwhile, each below the one before", false},
    {"busy-stream", FAULT_IN_SESSION, hold_and_end_while_busy,
     "80 pools pile up in a stream meanwhile, until it ends", false},
    {"busy", FAULT_IN_SESSION, be_busy, "no mistake: a session works and reads no command", false},
    {"busy-load", FAULT_IN_SESSION, load_and_be_busy,
     "no mistake: a session makes 300 pools, then works", false},
    {"busy-cache", FAULT_IN_SESSION, cache_while_busy,
     "no mistake: a session keeps the 64 latest of 600 pools", false},
    {"not-busy", FAULT_IN_SESSION, leak_while_not_busy,
     "no mistake: a session makes 100 pools, and does nothing else", false},
    {"session-alias", FAULT_AFTER_FORK, use_permanent_pool_as_session_pool,
     "session.pool is permanent_pool, as in old ProFTPD", false},
};

bool fault_enable(const char *name)
{
    for (size_t i = 0; i < LENGTH(faults); i++) {
        if (strcmp(faults[i].name, name) == 0) {
            faults[i].enabled = true;
            return true;
        }
    }
    return false;
}

void faults_commit(enum fault_occasion occasion)
{
    for (size_t i = 0; i < LENGTH(faults); i++)
        if (faults[i].enabled && faults[i].occasion == occasion)
            faults[i].commit();
}

void faults_list(void)
{
    for (size_t i = 0; i < LENGTH(faults); i++)
        printf("  %-24s %s\n", faults[i].name, faults[i].what);
}
/* SPDX-License-Identifier: MIT */
