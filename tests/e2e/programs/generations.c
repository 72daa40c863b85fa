/*
 * generations SCENARIO - makes pools in units of work, and ends most of them there: what is young
 * when something else happens, as SCENARIO has it: fork, clone, thread, signal, jump, kill,
 * children (of handlers, which go on with what these interrupted), none; or a pool of which there
 * is to be one at a time is there still when the next one is made: overdue (from the unit before),
 * two. Status 1: a child came to harm.
 */
#include "pools.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#define UNITS       300
#define KEPT        20 /* pools that are alive when it happens */
#define CHILDREN    120
#define BY_HANDLERS 60 /* allocations in a unit */

static pool *shared; /* of the unit that goes on */
static volatile sig_atomic_t handled, taken, jumps, children, harmed;
static sigjmp_buf way_out;
static bool is_child;

/* Long enough for a jump. */
POOL_ENTRY int pr_cmd_read(void *response)
{
    static volatile unsigned reads;
    reads++;
    __asm__ volatile("" ::"r"(response) : "memory");
    return reads == 0;
}

POOL_ENTRY static void work(unsigned depth)
{
    pool *made = make_sub_pool(shared);
    pr_pool_tag(made, "work");
    for (unsigned i = 0; i < 3 + depth; i++)
        palloc(made, 16 * (i + 1));
    if (depth > 0)
        work(depth - 1);
    destroy_pool(made);
}

static void unit(void)
{
    pr_cmd_read(NULL);
    shared = make_sub_pool(permanent_pool);
    pr_pool_tag(shared, "unit");
    palloc(shared, 40);
    work(3);
}

static void units(void)
{
    for (unsigned i = 0; i < UNITS; i++) {
        unit();
        destroy_pool(shared);
    }
}

/* Pools that are young, and stay so. */
static pool *keep(void)
{
    pool *last = NULL;
    unit();
    for (unsigned i = 0; i < KEPT; i++) {
        last = make_sub_pool(shared);
        pr_pool_tag(last, "kept");
        palloc(last, 24);
    }
    return last;
}

/* Somebody else uses them. */
static void use(pool *kept)
{
    palloc(kept, 8);
    pool *below = make_sub_pool(kept);
    palloc(below, 8);
    destroy_pool(below);
    destroy_pool(shared);
}

static void *in_thread(void *kept)
{
    use(kept);
    return NULL;
}

static void on_signal(int number)
{
    handled += number == SIGALRM;
    if (taken++ < BY_HANDLERS) /* and no new block, which might take malloc() */
        palloc(shared, 8);
    if (jumps && handled % 7 == 0)
        siglongjmp(way_out, 1);
}

/* Signals at moments that the clock chooses, into work with pools that are young. */
static void be_interrupted(bool jump)
{
    const struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGALRM, &action, NULL);
    jumps = jump;
    for (unsigned i = 0; i < UNITS; i++) {
        unit();
        taken = 0;
        setitimer(ITIMER_REAL, &often, NULL);
        if (sigsetjmp(way_out, 1) == 0)
            for (unsigned n = 0; n < 30; n++)
                work(2);
        setitimer(ITIMER_REAL, &never, NULL);
        destroy_pool(shared);
    }
}

/* Once, and each time after another while. */
static void interrupt_soon(void)
{
    const struct itimerval soon = {{0, 0}, {0, 60 + children * 37 % 200}};
    setitimer(ITIMER_REAL, &soon, NULL);
}

/* Every other by a call that nobody is told of. */
static void fork_in_handler(int number)
{
    int status = number;
    if (children == CHILDREN)
        return;
    const pid_t child = ++children % 2 ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
    if (child == 0) {
        children = CHILDREN;
        is_child = true;
        destroy_pool(make_sub_pool(permanent_pool));
        return;
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        harmed++;
    interrupt_soon();
}

static void fork_in_handlers(void)
{
    const struct sigaction action = {.sa_handler = fork_in_handler, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    interrupt_soon();
    while (children < CHILDREN)
        units();
    if (is_child)
        _exit(0);
}

static pool *transfer(void)
{
    pool *made = make_sub_pool(permanent_pool);
    pr_pool_tag(made, "Data Transfer pool");
    palloc(made, 48);
    return made;
}

static void transfers(bool overdue)
{
    pool *left = NULL;
    for (unsigned i = 0; i < UNITS; i++) {
        unit();
        pool *own = transfer();
        if (left)
            destroy_pool(left);
        left = overdue && i == UNITS / 2 ? own : NULL;
        if (!overdue && i == UNITS / 2)
            destroy_pool(transfer());
        if (!left)
            destroy_pool(own);
        destroy_pool(shared);
    }
}

static void happens(const char *what, pool *kept)
{
    pthread_t thread;
    pid_t child = 0;
    if (strcmp(what, "thread") == 0 && pthread_create(&thread, NULL, in_thread, kept) == 0) {
        pthread_join(thread, NULL);
    } else if (strcmp(what, "kill") == 0) {
        raise(SIGKILL);
    } else if (strcmp(what, "fork") == 0 || strcmp(what, "clone") == 0) {
        child = *what == 'f' ? fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        use(kept);
        units();
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    } else {
        use(kept);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "none";
    permanent_pool = make_sub_pool(NULL);
    units();
    if (strcmp(what, "signal") == 0 || strcmp(what, "jump") == 0)
        be_interrupted(*what == 'j');
    if (strcmp(what, "children") == 0)
        fork_in_handlers();
    if (strcmp(what, "overdue") == 0 || strcmp(what, "two") == 0)
        transfers(*what == 'o');
    happens(what, keep());
    units();
    return harmed != 0;
}
/* SPDX-License-Identifier: MIT */
