/* SPDX-License-Identifier: MIT */
/*
 * contexts_young SCENARIO - contexts as PostgreSQL's (postgresql.c), most of which end in the unit
 * of work that made them, one that is cleared in each, and what is given back by itself: what is
 * young when something else happens, as SCENARIO has it: fork, thread, signal, jump, kill, none; or
 * what is done once they were young: late, much, use, reset; or once all that a place took was
 * given back: keep-some, hold-many, ended.
 */
#include "pool_system.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNITS 200
#define KEPT  20

void MemoryContextReset(pool *cleared);
void MemoryContextDelete(pool *ended);
void *repalloc(void *memory, size_t size);
void pfree(void *memory);

static pool *server, *message, *shared;
static volatile sig_atomic_t handled, taken, jumps;
static sigjmp_buf way_out;

/* What is taken is given back, in another order, resized, or left to the end. */
static SEEN void work(unsigned depth)
{
    pool *made = pool_new(shared, "work");
    void *all[12];
    for (unsigned i = 0; i < 12; i++)
        all[i] = pool_take(made, 16 * (i + 1));
    for (unsigned i = 0; i < 12; i += 3)
        pfree(all[i]);
    repalloc(all[1], 100);
    if (depth % 2)
        MemoryContextReset(made);
    pool_take(made, 24);
    if (depth > 0)
        work(depth - 1);
    pool_end(made);
}

/* The last thing that a query does is to clear what it came in. */
static SEEN void receive(unsigned count)
{
    MemoryContextReset(message);
    for (unsigned i = 0; i < count; i++)
        pool_take(message, 32);
}

static SEEN void unit(void)
{
    receive(1);
    system_unit();
    for (unsigned i = 0; i < 60; i++)
        pool_take(message, 32 + i);
    shared = pool_new(server, "unit");
    void *both = pool_take(server, 40);
    pool_take(shared, 40);
    work(3);
    pfree(both);
}

static void units(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unit();
        pool_end(shared);
    }
}

static pool *keep(void)
{
    pool *last = NULL;
    unit();
    for (unsigned i = 0; i < KEPT; i++) {
        last = pool_new(shared, "kept");
        pool_take(last, 24);
        pfree(pool_take(last, 8));
    }
    return last;
}

static SEEN void use(pool *kept)
{
    pool_take(kept, 8);
    pool_take(message, 8);
    pool_end(pool_new(kept, "below"));
    pool_end(shared);
}

static void *in_thread(void *kept)
{
    use(kept);
    return NULL;
}

static void on_signal(int number)
{
    handled += number == SIGALRM;
    if (jumps && handled % 7 == 0)
        siglongjmp(way_out, 1);
}

/* Statements that are left in the middle, as by an error. */
static void be_interrupted(void)
{
    const struct itimerval often = {{0, 70}, {0, 70}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGALRM, &action, NULL);
    for (unsigned i = 0; i < UNITS; i++) {
        unit();
        taken = 0;
        setitimer(ITIMER_REAL, &often, NULL);
        for (unsigned n = 0; n < 30; n++)
            work(2);
        setitimer(ITIMER_REAL, &never, NULL);
        pool_end(shared);
    }
}

static void jump_out(unsigned i)
{
    work(1);
    pool_new(shared, "left");
    siglongjmp(way_out, (int)i + 1);
}

static void leave_statements(void)
{
    for (unsigned i = 0; i < UNITS; i++) {
        unit();
        if (sigsetjmp(way_out, 1) == 0)
            jump_out(i);
        pool_end(shared);
    }
}

/* A unit that clears nothing, for once; and one in which much is taken. */
static SEEN void differ(const char *what)
{
    if (strcmp(what, "late") == 0) {
        system_unit();
        pool_take(message, 100);
        system_unit();
    } else {
        unit();
        for (unsigned i = 0; i < 5000; i++)
            pool_take(message, 16);
        pool_end(shared);
    }
}

/* Ended young, and used after it. */
static SEEN void misuse(const char *what)
{
    for (unsigned i = 0; i < 12; i++) {
        unit();
        pool *gone = pool_new(shared, "gone");
        pool_end(gone);
        gone = strcmp(what, "reset") == 0 ? gone : pool_new(gone, "below what is gone");
        if (strcmp(what, "reset") == 0)
            MemoryContextReset(gone);
        pool_end(shared);
    }
}

/* From the server, which gave all of it back in each unit before. */
static SEEN void *borrow(pool *from)
{
    return pool_take(from, 72);
}

/* What is no more given back, in every third unit; all of it, until the unit ends; or taken from a
 * context that has ended. */
static void borrow_otherwise(const char *what)
{
    static void *held[300];
    pool *lender = pool_new(server, "lender");
    for (unsigned i = 0; i < 2 * UNITS; i++) {
        unit();
        const int changed = i >= UNITS;
        const unsigned many = changed && strcmp(what, "hold-many") == 0 ? 300 : 1;
        if (i == UNITS && strcmp(what, "ended") == 0)
            pool_end(lender);
        for (unsigned n = 0; n < many; n++)
            held[n] = borrow(lender);
        if (!changed || (strcmp(what, "keep-some") == 0 && i % 3 > 0))
            pfree(held[0]);
        pool_end(shared);
        for (unsigned n = 0; many > 1 && n < many; n++)
            pfree(held[n]);
    }
}

static void happens(const char *what)
{
    pthread_t thread;
    pool *kept = keep();
    const pid_t child = strcmp(what, "fork") == 0 ? fork() : 1;
    if (strcmp(what, "thread") == 0 && pthread_create(&thread, NULL, in_thread, kept) == 0)
        pthread_join(thread, NULL);
    else if (strcmp(what, "kill") == 0)
        raise(SIGKILL);
    else
        use(kept);
    units(UNITS);
    if (child == 0)
        _exit(0);
    if (child > 1)
        waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "none";
    server = system_begin();
    message = pool_new(server, "message");
    units(UNITS);
    if (strcmp(what, "signal") == 0)
        be_interrupted();
    else if (strcmp(what, "jump") == 0)
        leave_statements();
    else if (strcmp(what, "late") == 0 || strcmp(what, "much") == 0)
        differ(what);
    else if (strcmp(what, "use") == 0 || strcmp(what, "reset") == 0)
        misuse(what);
    else if (strcmp(what, "keep-some") == 0 || strcmp(what, "hold-many") == 0 ||
             strcmp(what, "ended") == 0)
        borrow_otherwise(what);
    if (strcmp(what, "keep-some") != 0) /* it grows to the end */
        happens(what);
    return 0;
}
