/* touch.c - mistakes with what lies in pools; see touch.h. */
#include "touch.h"
#include "pool.h"
#include "session.h"

/* As a file's pool is destroyed, and a flag in it set after that. */
KEEP_FRAME void write_data_of_destroyed_pool(void)
{
    pool *dead = make_sub_pool(session.pool);
    volatile int *flags = pcalloc(dead, 6 * sizeof(*flags));

    pr_pool_tag(dead, "pool whose data is written");
    destroy_pool(dead);
    flags[5] = 1;
}

KEEP_FRAME void read_data_of_ended_parent(void)
{
    pool *parent = make_sub_pool(session.pool), *child = make_sub_pool(parent);
    volatile char *line = pstrdup(child, "a line of the child's");

    pr_pool_tag(parent, "parent that ends");
    pr_pool_tag(child, "child whose data is read");
    destroy_pool(parent);
    if (line[7] == 'x')
        pcalloc(session.pool, 8);
}

/* No room for the NUL. */
KEEP_FRAME void write_behind_the_end(void)
{
    pool *own = make_sub_pool(session.pool);
    volatile char *name = palloc(own, 16);

    pr_pool_tag(own, "pool with a name");
    for (int i = 0; i <= 16; i++)
        name[i] = '\0';
    destroy_pool(own);
}

/* One element too many. */
KEEP_FRAME void read_behind_the_end(void)
{
    pool *own = make_sub_pool(session.pool);
    volatile long *numbers = pcalloc(own, 4 * sizeof(*numbers));
    long sum = 0;

    pr_pool_tag(own, "pool with numbers");
    for (int i = 0; i <= 4; i++)
        sum += numbers[i];
    if (sum == 7)
        pcalloc(session.pool, 8);
    destroy_pool(own);
}

/* No mistake: all that was asked for is used. */
KEEP_FRAME void touch_to_the_end(void)
{
    static const int sizes[] = {1, 7, 8, 9, 64, 500, 4000, 4096, 5000};
    pool *own = make_sub_pool(session.pool);

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        volatile char *bytes = pcalloc(own, sizes[i]);

        for (int at = 0; at < sizes[i]; at++)
            bytes[at] = (char)(bytes[at] + at);
    }
    destroy_pool(own);
}
/* SPDX-License-Identifier: MIT */
