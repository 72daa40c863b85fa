/*
 * memory.c - a program that grows by ROUNDS times 256 KiB: from a pool, or beside pools; for
 * memory.sh.
 *
 * memory pools|malloc ROUNDS         so many rounds
 * memory larger pools|malloc ROUNDS  as a program that was larger before it became this one
 */
#include <stdlib.h>
#include <string.h>
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

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "larger") == 0) {
        fill(LARGER);
        argv[1] = argv[0];
        execv("/proc/self/exe", argv + 1);
    }
    if (argc != 3)
        return 2;
    struct pool *root = pool_make(NULL), *kept = pool_make(root);
    for (int i = atoi(argv[2]); i > 0; i--) {
        next_round();
        if (strcmp(argv[1], "pools") == 0)
            pool_take(kept, PIECE);
        else
            fill(PIECE);
    }
    _exit(0);
}
