/*
 * host_hidden - keeps the only pointer to each of its pools where a look for aligned words in what
 * may be written does not find it, and loses three, to one of which a stale word is left. Says
 * "ready", and ends when its input does; with an argument, without having used any of them.
 */
#include "pool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

struct packed {
    char kind;
    pool *pool;
} __attribute__((packed));

/* The addresses of the pools are made of their numbers in here, and nothing else. */
struct hidden {
    struct packed *packed; /* malloc()ed */
    uint64_t low, high;    /* with marks in the bits that an address does not use */
    pool **constant;       /* memory that may only be read now */
    int descriptor;
};

static struct hidden hidden;
/* The same, of variables: a page of its own. */
static pool *variables[PAGE / sizeof(pool *)] __attribute__((aligned(PAGE))) = {(pool *)1};

/* Left over: what it says is nobody's any more, but looks like a reference. */
static pool *volatile stale;

static volatile unsigned events;

/* For the recorder: a mark of the description. */
POOL_ENTRY void pr_event_generate(const char *event)
{
    events += (unsigned char)*event;
}

static pool *make_named(const char *name)
{
    pool *made = make_sub_pool(permanent_pool);
    pr_pool_tag(made, name);
    return palloc(made, 40) ? made : NULL;
}

POOL_ENTRY int hide(void)
{
    int ends[2];
    struct epoll_event event = {.events = EPOLLIN};
    hidden.packed = malloc(sizeof(*hidden.packed) * 2);
    hidden.constant = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    hidden.descriptor = epoll_create1(0);
    if (!hidden.packed || hidden.constant == MAP_FAILED || hidden.descriptor < 0 || pipe(ends) != 0)
        return 0;
    hidden.packed[0].pool = make_named("packed");
    hidden.packed[1].pool = make_named("packed, the second");
    hidden.low = (uintptr_t)make_named("low mark") | 1;
    hidden.high = (uintptr_t)make_named("high mark") | UINT64_C(0xabcd) << 48;
    hidden.constant[7] = make_named("constant");
    variables[9] = make_named("constant variable");
    event.data.ptr = make_named("waited for");
    for (unsigned i = 0; i < 3; i++)
        stale = make_named("lost");
    close(ends[1]); /* it is ready then */
    return mprotect(hidden.constant, PAGE, PROT_READ) == 0 &&
           mprotect(variables, PAGE, PROT_READ) == 0 &&
           epoll_ctl(hidden.descriptor, EPOLL_CTL_ADD, ends[0], &event) == 0;
}

/* What the stack has of it is overwritten. */
POOL_ENTRY void forget(void)
{
    volatile char room[16384];
    for (unsigned i = 0; i < sizeof(room); i++)
        room[i] = 0;
}

/* Ends them all, but for what is lost: whoever is told that it is ready may look before. */
POOL_ENTRY void find(int used)
{
    struct epoll_event event;
    char byte;
    forget();
    if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &byte, 1) < 0)
        _exit(1);
    pr_event_generate("core.shutdown");
    if (!used)
        return;
    destroy_pool(hidden.packed[0].pool);
    destroy_pool(hidden.packed[1].pool);
    destroy_pool((pool *)(uintptr_t)(hidden.low & ~UINT64_C(1)));
    destroy_pool((pool *)(uintptr_t)(hidden.high << 16 >> 16));
    destroy_pool(hidden.constant[7]);
    destroy_pool(variables[9]);
    if (epoll_wait(hidden.descriptor, &event, 1, 0) == 1)
        destroy_pool(event.data.ptr);
}

int main(int count, char **arguments)
{
    (void)arguments;
    init_pools();
    pr_event_generate("core.startup");
    if (!hide())
        return 1;
    find(count == 1);
    return 0;
}
/* SPDX-License-Identifier: MIT */
