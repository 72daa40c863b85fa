/* proftpd.c - pools as ProFTPD's, those of samples/poold: see pool_system.h. */
#include "pool_system.h"

extern pool *permanent_pool;
void init_pools(void);
pool *make_sub_pool(pool *parent);
void destroy_pool(pool *ended);
void *palloc(pool *from, size_t size);
void pr_pool_tag(pool *named, const char *name);
int pr_cmd_read(void **command);
void pr_event_generate(const char *name, const void *data);

struct command;
int pr_cmd_dispatch_phase(struct command *command, int phase, int flags);

static volatile int commands;

SEEN int pr_cmd_read(void **command)
{
    commands += command != NULL;
    return 0;
}

/* As far as its verb is looked for. */
struct command {
    void *unused[6];
    char **words;
};

SEEN int pr_cmd_dispatch_phase(struct command *command, int phase, int flags)
{
    commands += command->words[0][0];
    return phase + flags;
}

SEEN void pr_event_generate(const char *name, const void *data)
{
    commands += name[0] + (data != NULL);
}

pool *system_begin(void)
{
    init_pools();
    pool *server = pool_new(permanent_pool, "server");
    pr_event_generate("core.startup", NULL);
    return server;
}

void system_unit(void)
{
    void *command;
    pr_cmd_read(&command);
}

void system_unit_about(unsigned what)
{
    static char verbs[][5] = {"LIST", "STOR", "SITE", "NOOP", "OPTS"};
    char *words[] = {verbs[what], NULL};
    struct command command = {.words = words};

    system_unit();
    pr_cmd_dispatch_phase(&command, 0, 0);
}

void system_reload(void)
{
    pr_event_generate("core.restart", NULL);
}

SEEN pool *pool_new(pool *parent, const char *name)
{
    pool *made = make_sub_pool(parent);
    pr_pool_tag(made, name);
    return made;
}

SEEN void pool_end(pool *ended)
{
    if (ended)
        destroy_pool(ended);
}

SEEN void *pool_take(pool *from, size_t size)
{
    return palloc(from, size);
}

void pool_give_back(void *memory)
{
    (void)memory;
}

SEEN void *pool_enlarge(pool *from, void *memory, size_t size)
{
    (void)memory;
    return pool_take(from, size);
}

SEEN pool *pool_renew(pool *old, pool *parent, const char *name)
{
    pool_end(old);
    return pool_new(parent, name);
}

void pool_move(pool *moved, pool *to)
{
    (void)moved, (void)to;
}

SEEN void root_take(size_t size)
{
    palloc(permanent_pool, size);
}

void system_end(pool *server)
{
    pool_end(server);
}
/* SPDX-License-Identifier: MIT */
