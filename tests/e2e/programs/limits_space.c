/*
 * limits_space HOW MEGABYTES - limits its address space while it runs, as a daemon may, then works
 * with pools and takes half of that space for itself. Prints "done" where it could.
 *
 * HOW: setrlimit   - by itself
 *      prlimit     - by itself, by the system call that can also be used from outside
 *      child       - a child that it forks does so
 *      before-fork - and then forks a child that works
 *      outside     - waits until a limit was set from outside
 */
#include "pools.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static void work(void)
{
    for (unsigned i = 0; i < 80000; i++) {
        pool *made = make_sub_pool(permanent_pool);
        for (unsigned j = 0; j < 20; j++)
            palloc(made, 8 * (1 + j % 8));
        destroy_pool(made);
    }
}

static int use(size_t bytes)
{
    work();
    char *half = mmap(NULL, bytes / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (half == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    half[0] = half[bytes / 2 - 1] = 1;
    work();
    puts("done");
    return 0;
}

static void wait_for_limit(void)
{
    struct rlimit limit;
    const struct timespec moment = {.tv_nsec = 1000000};
    while (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
        nanosleep(&moment, NULL);
}

static int in_child(const struct rlimit *limit, size_t bytes)
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        if (limit)
            setrlimit(RLIMIT_AS, limit);
        exit(use(bytes));
    }
    return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const size_t bytes = strtoul(argv[2], NULL, 10) << 20;
    const struct rlimit limit = {bytes, bytes};
    permanent_pool = make_sub_pool(NULL);
    work();
    if (strcmp(argv[1], "child") == 0)
        return in_child(&limit, bytes);
    if (strcmp(argv[1], "outside") == 0) {
        wait_for_limit();
        return use(bytes);
    }
    if (strcmp(argv[1], "prlimit") == 0)
        prlimit(0, RLIMIT_AS, &limit, NULL);
    else
        setrlimit(RLIMIT_AS, &limit);
    return strcmp(argv[1], "before-fork") == 0 ? in_child(NULL, bytes) : use(bytes);
}
/* SPDX-License-Identifier: MIT */
