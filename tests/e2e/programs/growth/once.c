/* once.c - a tool that does one thing, begins no unit of work, and ends: see ways.h. */
#include "ways.h"

#include <string.h>

/* What it works on is freed in the end. */
static SEEN void build_and_free(void)
{
    pool *all = pool_new(server, "all");

    for (unsigned i = 0; i < 50; i++)
        pool_take(pool_new(all, "part"), 200);
}

static SEEN void forget_options(void)
{
    pool_take(pool_new(NULL, "options"), 60);
}

/* With what is below it. */
static SEEN void forget_tree(void)
{
    pool *top = pool_new(NULL, "tree of words");

    for (unsigned i = 0; i < 3; i++)
        pool_take(pool_new(top, "word"), 20);
}

/* As much as is freed. */
static SEEN void forget_half(void)
{
    for (unsigned i = 0; i < 50; i++)
        pool_take(pool_new(NULL, "never freed"), 200);
}

void run_once(const char *way)
{
    build_and_free();
    if (strcmp(way, "once-left") == 0)
        pool_take(pool_new(NULL, "left behind"), 100);
    if (strcmp(way, "once-two-left") == 0 || strcmp(way, "once-options") == 0)
        forget_options();
    if (strcmp(way, "once-two-left") == 0 || strcmp(way, "once-tree") == 0)
        forget_tree();
    if (strcmp(way, "once-half") == 0)
        forget_half();
    if (strcmp(way, "once-nothing-freed") != 0)
        system_end(server);
}
/* SPDX-License-Identifier: MIT */
