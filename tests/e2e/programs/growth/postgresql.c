/* postgresql.c - memory contexts that are called as PostgreSQL's are: see pool_system.h. */
#include "pool_system.h"

#include <stdlib.h>
#include <string.h>

struct chunk {
    struct chunk *next;
    void *unused;
    struct context *context; /* the last thing before the memory */
};

struct context {
    struct context *parent, *first_child, *next;
    struct chunk *chunks;
    const char *name;
};

struct context *TopMemoryContext;
static volatile int queries;

void MemoryContextCreate(struct context *node, int tag, int method, struct context *parent,
                         const char *name);
void MemoryContextDelete(struct context *ended);
void MemoryContextReset(struct context *cleared);
void MemoryContextResetOnly(struct context *cleared);
void MemoryContextSetParent(struct context *moved, struct context *to);
void MemoryContextSetIdentifier(struct context *named, const char *identifier);
void *MemoryContextAlloc(struct context *from, size_t size);
void pfree(void *memory);
void *repalloc(void *memory, size_t size);
void ReadyForQuery(int where);
void pgstat_report_activity(int state, const char *statement);
void ProcessConfigFile(int context);
void AddToDataDirLockFile(int line, const char *text);

SEEN void MemoryContextCreate(struct context *node, int tag, int method, struct context *parent,
                              const char *name)
{
    (void)tag, (void)method;
    node->name = name;
    node->parent = parent;
    if (parent) {
        node->next = parent->first_child;
        parent->first_child = node;
    }
}

SEEN void MemoryContextResetOnly(struct context *cleared)
{
    while (cleared->chunks) {
        struct chunk *chunk = cleared->chunks;
        cleared->chunks = chunk->next;
        free(chunk);
    }
}

SEEN void MemoryContextReset(struct context *cleared)
{
    MemoryContextResetOnly(cleared);
}

static void unlink_from_parent(struct context *child)
{
    struct context **link = child->parent ? &child->parent->first_child : NULL;
    while (link && *link != child)
        link = &(*link)->next;
    if (link)
        *link = child->next;
}

SEEN void MemoryContextDelete(struct context *ended)
{
    while (ended->first_child)
        MemoryContextDelete(ended->first_child);
    unlink_from_parent(ended);
    MemoryContextResetOnly(ended);
    free(ended);
}

SEEN void MemoryContextSetParent(struct context *moved, struct context *to)
{
    unlink_from_parent(moved);
    moved->parent = to;
    moved->next = to->first_child;
    to->first_child = moved;
}

SEEN void MemoryContextSetIdentifier(struct context *named, const char *identifier)
{
    (void)identifier;
    queries += named != NULL;
}

SEEN void *MemoryContextAlloc(struct context *from, size_t size)
{
    struct chunk *chunk = malloc(sizeof(*chunk) + size);
    if (!chunk)
        abort();
    chunk->context = from;
    chunk->next = from->chunks;
    from->chunks = chunk;
    return chunk + 1;
}

SEEN void pfree(void *memory)
{
    struct chunk *chunk = (struct chunk *)memory - 1, **link = &chunk->context->chunks;
    while (*link != chunk)
        link = &(*link)->next;
    *link = chunk->next;
    free(chunk);
}

SEEN void *repalloc(void *memory, size_t size)
{
    queries += size > 0;
    return memory;
}

SEEN void ReadyForQuery(int where)
{
    queries += where;
}

SEEN void pgstat_report_activity(int state, const char *statement)
{
    queries += state + statement[0];
}

SEEN void ProcessConfigFile(int context)
{
    queries += context;
}

SEEN void AddToDataDirLockFile(int line, const char *text)
{
    queries += line + text[0];
}

SEEN pool *pool_new(pool *parent, const char *name)
{
    struct context *made = calloc(1, sizeof(*made));
    if (!made)
        abort();
    MemoryContextCreate(made, 1, 2, parent, name);
    return made;
}

pool *system_begin(void)
{
    TopMemoryContext = pool_new(NULL, "TopMemoryContext");
    pool *server = pool_new(TopMemoryContext, "server");
    AddToDataDirLockFile(8, "ready   ");
    return server;
}

void system_unit(void)
{
    ReadyForQuery(3);
}

void system_unit_about(unsigned what)
{
    static const char *const statements[] = {"select 1", "insert into t values (1)", "update t",
                                             "begin", "listen x"};

    system_unit();
    pgstat_report_activity(1, statements[what]);
}

void system_reload(void)
{
    ProcessConfigFile(3);
}

SEEN void pool_end(pool *ended)
{
    if (ended)
        MemoryContextDelete(ended);
}

SEEN void *pool_take(pool *from, size_t size)
{
    return MemoryContextAlloc(from, size);
}

SEEN void pool_give_back(void *memory)
{
    pfree(memory);
}

SEEN void *pool_enlarge(pool *from, void *memory, size_t size)
{
    return memory ? repalloc(memory, size) : pool_take(from, size);
}

SEEN pool *pool_renew(pool *old, pool *parent, const char *name)
{
    if (!old)
        return pool_new(parent, name);
    MemoryContextReset(old);
    return old;
}

SEEN void pool_move(pool *moved, pool *to)
{
    MemoryContextSetParent(moved, to);
}

SEEN void root_take(size_t size)
{
    MemoryContextAlloc(TopMemoryContext, size);
}

void system_end(pool *server)
{
    pool_end(server);
}
/* SPDX-License-Identifier: MIT */
