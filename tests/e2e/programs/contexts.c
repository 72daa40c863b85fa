/*
 * contexts.c - memory contexts such as database servers have, for contexts.sh: chunks know their
 * size and context, allocations go to a current one and can be given back, contexts are moved, the
 * root is found through another structure. Prints for each context that is there at the end what it
 * holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct context {
    const char *name;
    struct context *parent, *child, *sibling;
    size_t bytes;
    int pinned;
};

struct chunk {
    size_t size;
    struct context *context;
};

struct cycle {
    long number;
    struct context *pool;
};

struct cycle *cycle;     /* of its pool the description makes a root */
struct context *current; /* what take() takes from */

#define API __attribute__((noinline)) /* the description names it */

API void context_init(struct context *context, struct context *parent, const char *name)
{
    *context = (struct context){.name = name, .parent = parent};
    if (parent) {
        context->sibling = parent->child;
        parent->child = context;
    }
}

static struct context *new_context(struct context *parent, const char *name)
{
    struct context *context = malloc(sizeof(*context));
    context_init(context, parent, name);
    return context;
}

API int context_make(struct context **context, struct context *parent)
{
    *context = parent && parent->pinned ? NULL : new_context(parent, NULL);
    return *context ? 0 : -1;
}

API void context_name(struct context *context, const char *const *name)
{
    context->name = *name;
}

static void *take_chunk(struct context *context, size_t size)
{
    struct chunk *chunk = calloc(1, sizeof(*chunk) + size);
    *chunk = (struct chunk){size, context};
    context->bytes += size;
    return chunk + 1;
}

/* A chunk has a power of two. */
API void *take(size_t size)
{
    size_t room = 8;
    while (room < size)
        room *= 2;
    return size > 1000 ? NULL : take_chunk(current, room);
}

API void *take_array(size_t count, size_t size)
{
    return take_chunk(current, count * size);
}

static void take_out(struct context *context)
{
    struct context **link = context->parent ? &context->parent->child : NULL;
    while (link && *link != context)
        link = &(*link)->sibling;
    if (link)
        *link = context->sibling;
}

API void context_move(struct context *context, struct context *parent)
{
    take_out(context);
    context->parent = parent;
    if (parent) {
        context->sibling = parent->child;
        parent->child = context;
    }
}

API int context_end(struct context *context)
{
    if (context->pinned)
        return -1;
    context_move(context, NULL);
    memset(context, 0xdb, sizeof(*context));
    free(context);
    return 0;
}

static struct chunk *chunk_of(void *object)
{
    return (struct chunk *)object - 1;
}

static void release(struct chunk *chunk)
{
    chunk->context->bytes -= chunk->size;
    memset(chunk, 0xdb, sizeof(*chunk)); /* what is to be known of it is read before */
    free(chunk);
}

API void give_back(void *object)
{
    release(chunk_of(object));
}

/* Leaves it where it is, or not; NULL, and it stays, when SIZE is too large. */
API void *resize(void *object, size_t size)
{
    struct chunk *chunk = chunk_of(object);
    if (size > 1000)
        return NULL;
    if (size <= chunk->size) {
        chunk->context->bytes -= chunk->size - size;
        chunk->size = size;
        return object;
    }
    void *larger = take_chunk(chunk->context, size);
    memcpy(larger, object, chunk->size);
    release(chunk);
    return larger;
}

API void context_reset(struct context *context)
{
    context->bytes = 0; /* its chunks are lost: this is a test */
}

API unsigned next_query(void)
{
    static volatile unsigned queries;
    return ++queries;
}

static void print(const struct context *context, unsigned level)
{
    printf("%u %s %zu\n", level, context->name, context->bytes);
    for (const struct context *child = context->child; child; child = child->sibling)
        print(child, level + 1);
}

/* What takes and gives back, and what moves. */
static void churn(struct context *top, struct context *query)
{
    struct context *cache = new_context(top, "cache");
    struct context *entry = new_context(query, "entry");
    current = entry;
    void *kept = take(30), *gone = take(40);
    kept = resize(kept, 10); /* where it is */
    current = top;
    kept = resize(kept, 300); /* elsewhere, in the same context */
    current = entry;
    if (resize(kept, 2000))
        exit(1);
    give_back(gone);
    context_move(entry, cache);
    current = cache;
    take(16);
    context_reset(cache);
    take(8);
    struct context *session = new_context(entry, "session");
    for (int i = 0; i < 20; i++) {
        current = session;
        gone = take(64);
        next_query();
        give_back(gone);
    }
    current = top;
    give_back(take(128));
}

int main(void)
{
    static struct context top, other;
    static struct cycle first;
    static const char *made = "made";
    context_init(&top, NULL, "top");
    context_init(&other, NULL, "other");
    first.pool = &top;
    cycle = &first;
    struct context *query, *pinned, *none;
    query = new_context(&top, "query");
    if (context_make(&pinned, query) != 0)
        return 1;
    context_name(pinned, &made);
    current = query;
    take(5);    /* 8 */
    take(100);  /* 128 */
    take(2000); /* none */
    take_array(3, 7);
    current = pinned;
    take(1);
    current = &top;
    take(64);
    pinned->pinned = 1;
    if (context_make(&none, pinned) == 0 || context_end(pinned) == 0)
        return 1;
    context_end(new_context(query, "gone"));
    churn(&top, query);
    print(&top, 0);
    print(&other, 0);
    return 0;
}
/* SPDX-License-Identifier: MIT */
