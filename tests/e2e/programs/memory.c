/*
 * memory.c - a program that grows by ROUNDS times 256 KiB, from a pool or beside pools, or as it is
 * told; for memory.sh and stop.sh.
 *
 * memory pools|malloc ROUNDS         so many rounds
 * memory larger pools|malloc ROUNDS  as a program that was larger before it became this one
 * memory obey                        by lines: "round" is one that leaves a pool, "fork" has a
 * child do ten of these; each is answered by a line; at the end it exits
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE  (256u << 10)
#define LARGER (64u << 20)

#define API __attribute__((noinline)) /* the description names it */

/* SIZE bytes that are written to. */
static void *fill(size_t size)
{
    void *taken = malloc(size);
    if (!taken)
        _exit(1);
    memset(taken, 1, size);
    __asm__ volatile("" : "+r"(taken) : : "memory"); /* the compiler leaves it in */
    return taken;
}

struct pool {
    struct pool *parent;
};

API struct pool *pool_make(struct pool *parent)
{
    struct pool *pool = malloc(sizeof(*pool));
    if (!pool)
        _exit(1);
    pool->parent = parent;
    return pool;
}

API void *pool_take(struct pool *pool, size_t size)
{
    if (!pool)
        _exit(1);
    return fill(size);
}

API void next_round(void)
{
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
}

/* A round that leaves a pool. */
static void do_round(struct pool *kept)
{
    next_round();
    pool_take(pool_make(kept), 100);
}

static void do_rounds_in_child(struct pool *kept)
{
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 10; i++)
            do_round(kept);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void obey(struct pool *kept)
{
    char line[64];
    while (fgets(line, sizeof(line), stdin)) {
        if (strcmp(line, "fork\n") == 0)
            do_rounds_in_child(kept);
        else
            do_round(kept);
        puts("done");
        fflush(stdout);
    }
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "larger") == 0) {
        fill(LARGER);
        argv[1] = argv[0];
        execv("/proc/self/exe", argv + 1);
    }
    struct pool *root = pool_make(NULL), *kept = pool_make(root);
    if (argc == 2)
        obey(kept);
    if (argc != 3)
        return 2;
    for (int i = atoi(argv[2]); i > 0; i--) {
        next_round();
        if (strcmp(argv[1], "pools") == 0)
            pool_take(kept, PIECE);
        else
            fill(PIECE);
    }
    _exit(0);
}
/* SPDX-License-Identifier: MIT */
