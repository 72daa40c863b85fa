/* reloads.c - what a server does each time that it reads its configuration: see ways.h. In each
 * unit there is a reload, and two requests after it. */
#include "ways.h"

static pool *settings;

/* The old ones serve until the new ones are complete. */
static void replace_settings(void)
{
    pool *old = settings;

    settings = pool_new(server, "settings");
    for (unsigned i = 0; i < 20; i++)
        pool_take(settings, 64);
    pool_end(old);
}

static SEEN void reload_in_order(unsigned unit)
{
    (void)unit;
    replace_settings();
}

static SEEN void leak_at_reload(unsigned unit)
{
    (void)unit;
    replace_settings();
    pool_take(pool_new(server, "left at a reload"), 300);
}

static SEEN void take_16_at_reload(unsigned unit)
{
    (void)unit;
    replace_settings();
    root_take(16);
}

static SEEN void register_again(unsigned unit)
{
    (void)unit;
    replace_settings();
    pool_take(server, 24);
}

/* The settings of before are kept until the next reload, as their last user may be there still. */
static SEEN void keep_the_last(unsigned unit)
{
    static pool *now, *before;

    (void)unit;
    pool_end(before);
    before = now;
    now = pool_new(server, "settings of a generation");
    pool_take(now, 1000);
}

/* Modules are loaded with the first settings, and are there then. */
static SEEN void load_at_first(unsigned unit)
{
    replace_settings();
    for (unsigned i = 0; unit == 0 && i < 12; i++)
        pool_take(pool_new(server, "module"), 100);
}

const struct way reload_ways[] = {
    {"reload", reload_in_order},
    {"reload-leaks", leak_at_reload},
    {"reload-root", take_16_at_reload},
    {"reload-registers", register_again},
    {"reload-keeps-last", keep_the_last},
    {"reload-loads", load_at_first},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
