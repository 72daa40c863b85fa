/* arena.c - memory that is given back all at once; see arena.h. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_ROOM 512 /* bytes, what a block has room for at least */

struct block {
    char *end;          /* one past its room, which follows this header */
    struct block *next; /* of the same arena */
    char *used;         /* the first byte that is free */
};

/* Lies at the start of its first block. */
struct arena {
    struct block *first, *last;
    struct arena *parent, *children, *sibling;
    char name[24];
};

struct arena *root_arena;

static struct block *new_block(size_t room)
{
    struct block *block = malloc(sizeof(*block) + room);
    if (!block)
        abort();
    block->used = (char *)(block + 1);
    block->end = block->used + room;
    block->next = NULL;
    return block;
}

struct arena *arena_new(struct arena *parent)
{
    struct block *block = new_block(BLOCK_ROOM);
    struct arena *arena = (struct arena *)block->used;
    block->used += sizeof(*arena);
    memset(arena, 0, sizeof(*arena));
    arena->first = arena->last = block;
    arena->parent = parent;
    if (parent) {
        arena->sibling = parent->children;
        parent->children = arena;
    }
    return arena;
}

void arena_name(struct arena *arena, const char *name)
{
    strncpy(arena->name, name, sizeof(arena->name) - 1);
}

/* Out of line in arena_copy() too, where a tool can see the call. */
__attribute__((noinline)) void *arena_alloc(struct arena *arena, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (size > (size_t)(arena->last->end - arena->last->used)) {
        arena->last->next = new_block(size > BLOCK_ROOM ? size : BLOCK_ROOM);
        arena->last = arena->last->next;
    }
    char *memory = arena->last->used;
    arena->last->used += size;
    return memory;
}

char *arena_copy(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(arena_alloc(arena, size), text, size);
}

/* The first block stays: the arena is in it. */
static void free_blocks(struct arena *arena)
{
    while (arena->first->next) {
        struct block *block = arena->first->next;
        arena->first->next = block->next;
        free(block);
    }
    arena->last = arena->first;
    arena->first->used = (char *)(arena + 1);
}

static void delete_children(struct arena *arena)
{
    while (arena->children)
        arena_delete(arena->children);
}

void arena_clear(struct arena *arena)
{
    delete_children(arena);
    free_blocks(arena);
}

static void leave_parent(struct arena *arena)
{
    struct arena **link = &arena->parent->children;
    while (*link != arena)
        link = &(*link)->sibling;
    *link = arena->sibling;
}

void arena_delete(struct arena *arena)
{
    delete_children(arena);
    free_blocks(arena);
    if (arena->parent)
        leave_parent(arena);
    free(arena->first);
}
/* SPDX-License-Identifier: MIT */
