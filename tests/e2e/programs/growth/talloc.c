/* talloc.c - talloc, where each object is a pool: see pool_system.h. */
#include "pool_system.h"

void *talloc_named_const(const void *context, size_t size, const char *name);
int _talloc_free(void *object, const char *location);
void talloc_enable_null_tracking(void);
void request_receive(void);

static volatile int requests;

SEEN void request_receive(void)
{
    requests += 3;
}

pool *system_begin(void)
{
    return talloc_named_const(NULL, 0, "server");
}

void system_unit(void)
{
    request_receive();
}

SEEN pool *pool_new(pool *parent, const char *name)
{
    return talloc_named_const(parent, 8, name);
}

SEEN void pool_end(pool *ended)
{
    if (ended)
        _talloc_free(ended, "here");
}

SEEN void *pool_take(pool *from, size_t size)
{
    return talloc_named_const(from, size, "taken");
}

SEEN void root_take(size_t size)
{
    talloc_named_const(NULL, size, "straight in nothing");
}

void system_end(pool *server)
{
    pool_end(server);
}
/* SPDX-License-Identifier: MIT */
