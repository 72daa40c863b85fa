/* talloc.c - talloc, where each object is a pool: see pool_system.h. */
#include "pool_system.h"

void *talloc_named_const(const void *context, size_t size, const char *name);
void *_talloc_realloc(const void *context, void *object, size_t size, const char *name);
int _talloc_free(void *object, const char *location);
void talloc_enable_null_tracking(void);
void *_talloc_steal_loc(const void *to, const void *object, const char *location);
struct packet;
void request_receive(void *socket, void *list, const struct packet *packet);
int main_config_hup(void);

static volatile int requests;

/* As far as its code is looked for. */
struct packet {
    char unused[0x44];
    unsigned code;
};

SEEN void request_receive(void *socket, void *list, const struct packet *packet)
{
    requests += 3 + (socket == list) + (packet ? (int)packet->code : 0);
}

SEEN int main_config_hup(void)
{
    return ++requests;
}

pool *system_begin(void)
{
    return talloc_named_const(NULL, 0, "server");
}

void system_unit_about(unsigned what)
{
    const struct packet packet = {.code = what + 1};

    request_receive(NULL, NULL, &packet);
}

void system_unit(void)
{
    request_receive(NULL, NULL, NULL);
}

void system_reload(void)
{
    main_config_hup();
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

SEEN void pool_give_back(void *memory)
{
    _talloc_free(memory, "here");
}

SEEN void *pool_enlarge(pool *from, void *memory, size_t size)
{
    return _talloc_realloc(from, memory, size, "enlarged");
}

SEEN pool *pool_renew(pool *old, pool *parent, const char *name)
{
    pool_end(old);
    return pool_new(parent, name);
}

SEEN void pool_move(pool *moved, pool *to)
{
    _talloc_steal_loc(to, moved, "here");
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
