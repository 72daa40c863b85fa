/*
 * walked LOST - a program to walk: POOLS pools, of 8 MiB in all, each of which the one before
 * refers to, and LOST that nothing refers to. Says "ready", and ends when its input does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/e2e/programs/pools.h"

#include <string.h>

#define POOLS   700
#define BLOCKS  11  /* of each pool */
#define OBJECT  128 /* bytes */
#define OBJECTS (BLOCKS * (POOL_BLOCK_DATA / OBJECT) - 1)

struct object {
    pool *next;           /* of the pool's first object */
    struct object *other; /* of the same pool */
    uint64_t number, numbers[4];
    char text[OBJECT - 7 * sizeof(uint64_t)];
};

/* As what a daemon keeps is: a reference or two, numbers, text and nothing. */
static pool *fill(pool *made, pool *next)
{
    struct object *other = NULL;
    for (unsigned i = 0; i < OBJECTS; i++) {
        struct object *object = palloc(made, sizeof(*object));
        memset(object, 0, sizeof(*object));
        object->next = i == 0 ? next : NULL;
        object->other = other;
        object->number = i;
        strcpy(object->text, "some text, as of a file's name");
        other = object;
    }
    return made;
}

/* What the stack has of it is overwritten. */
static POOL_ENTRY void forget(void)
{
    volatile char room[16384];
    for (unsigned i = 0; i < sizeof(room); i++)
        room[i] = 0;
}

static POOL_ENTRY void lose(unsigned count)
{
    while (count-- > 0)
        pr_pool_tag(make_sub_pool(permanent_pool), "lost");
}

int main(int argc, char **argv)
{
    static pool *first;
    char byte;
    permanent_pool = make_sub_pool(NULL);
    for (unsigned i = 0; i < POOLS; i++)
        first = fill(make_sub_pool(permanent_pool), first);
    lose(argc > 1 ? (unsigned)atoi(argv[1]) : 0);
    forget();
    return write(STDOUT_FILENO, "ready\n", 6) == 6 && read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}
