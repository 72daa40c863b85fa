/*
 * host_shared - maps memory that it shares with its children, as a server with a cache does, and
 * forks: tells on stdout whether any of that memory is there then, which nobody has touched.
 */
#include "pool.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096u
#define PAGES 16384u /* 64 MiB */

/* As a walk may look at a few before it asks otherwise. */
#define FEW 1024u

static unsigned char there[PAGES];

static unsigned count_there(void *memory)
{
    unsigned count = 0;
    if (mincore(memory, (size_t)PAGES * PAGE, there) != 0)
        return PAGES;
    for (unsigned i = 0; i < PAGES; i++)
        count += there[i] & 1;
    return count;
}

int main(void)
{
    init_pools();
    palloc(make_sub_pool(permanent_pool), 40);
    void *memory =
        mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 2;
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    puts(count_there(memory) < FEW ? "no more than few" : "many");
    return 0;
}
/* SPDX-License-Identifier: MIT */
