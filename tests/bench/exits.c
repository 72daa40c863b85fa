/*
 * exits.c - what a child of a process with many pools takes until it is gone.
 *
 *   exits FILE POOLS FORKS
 *
 * Makes POOLS below permanent_pool, a name and an allocation in each, and forks FORKS children, one
 * after the other, each of which makes a pool, uses it, and exits. FILE gets a line: CPU ns that a
 * child took, median, and ns until its end was seen.
 *
 * SPDX-License-Identifier: MIT
 */
#include "../e2e/programs/pools.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t elapsed_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t ns(struct timeval time)
{
    return ((uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec) * 1000;
}

static void make_pools(unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        pool *made = make_sub_pool(permanent_pool);
        pr_pool_tag(made, "kept");
        palloc(made, 24);
    }
}

static void work(void)
{
    pool *own = make_sub_pool(permanent_pool);

    palloc(own, 64);
    _exit(0);
}

static int by_size(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static uint64_t median(uint64_t *numbers, unsigned long count)
{
    qsort(numbers, count, sizeof(*numbers), by_size);
    return numbers[count / 2];
}

int main(int argc, char **argv)
{
    const unsigned long forks = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    uint64_t *taken = forks ? calloc(forks, sizeof(*taken)) : NULL;
    uint64_t *elapsed = taken ? calloc(forks, sizeof(*elapsed)) : NULL;
    FILE *file = elapsed ? fopen(argv[1], "w") : NULL;

    if (!file)
        return 2;
    permanent_pool = make_sub_pool(NULL);
    make_pools(strtoul(argv[2], NULL, 10));
    for (unsigned long i = 0; i < forks; i++) {
        struct rusage used;
        int status;
        const uint64_t begin = elapsed_ns();
        const pid_t child = fork();
        if (child == 0)
            work();
        if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0)
            return 1;
        elapsed[i] = elapsed_ns() - begin;
        taken[i] = ns(used.ru_utime) + ns(used.ru_stime);
    }
    fprintf(file, "%lu %lu\n", median(taken, forks), median(elapsed, forks));
    return fclose(file) != 0;
}
