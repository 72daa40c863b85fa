/*
 * contexts.c - memory contexts such as database servers have, for contexts.sh: chunks know their
 * size and context, allocations go to a current one, the root is found through another structure.
 * Prints for each context alive at the end, and for those that were destroyed, what it holds.
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

API int context_end(struct context *context)
{
    if (context->pinned)
        return -1;
    struct context **link = context->parent ? &context->parent->child : NULL;
    while (link && *link != context)
        link = &(*link)->sibling;
    if (link)
        *link = context->sibling;
    memset(context, 0xdb, sizeof(*context));
    free(context);
    return 0;
}

static void print(const struct context *context, unsigned level)
{
    printf("%u %s %zu\n", level, context->name, context->bytes);
    for (const struct context *child = context->child; child; child = child->sibling)
        print(child, level + 1);
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
    print(&top, 0);
    print(&other, 0);
    return 0;
}
