/* families.c - finds whose child each process of a recording is; their order. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

static int by_number(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Those without a parent first. */
static int by_parent_and_fork(const void *left, const void *right)
{
    const struct member *a = *(struct member *const *)left, *b = *(struct member *const *)right;
    if (a->parent != b->parent)
        return by_number(a->parent ? a->parent->process.index + 1 : 0,
                         b->parent ? b->parent->process.index + 1 : 0);
    return a->fork_seq != b->fork_seq ? by_number(a->fork_seq, b->fork_seq)
                                      : by_number(a->process.index, b->process.index);
}

void members_number(struct recording *recording, size_t first)
{
    for (size_t i = first; i < recording->count; i++) {
        struct member *member = recording->members[i];
        member->fork_seq = member->header.fork_seq;
        member->process = (struct process){
            .index = (uint32_t)i,
            .pid = member->header.pid,
            .parent_pid = member->header.parent_pid,
            .program = "",
            .header = &member->header,
        };
    }
}

/* Fills BY_ID with index + 1 by file id. */
static void index_by_id(const struct recording *recording, struct keymap *by_id)
{
    for (size_t i = 0; i < recording->count; i++) {
        const struct member *member = recording->members[i];
        if (member->header.file_id)
            *keymap_put(by_id, member->header.file_id) = (uint32_t)(i + 1);
    }
}

/* Of traces that claim to be each other's ancestors one has no parent: whoever goes up ends. */
static void cut_circles(struct recording *recording)
{
    size_t *walks = xcalloc(recording->count, sizeof(*walks)); /* that came by a member */
    for (size_t walk = 1; walk <= recording->count; walk++) {
        struct member *member = recording->members[walk - 1];
        size_t *last = &walks[walk - 1];
        while (!*last && member->parent) {
            *last = walk;
            last = &walks[member->parent->process.index];
            if (*last == walk)
                member->parent = NULL;
            else
                member = member->parent;
        }
    }
    free(walks);
}

void members_find_parents(struct recording *recording)
{
    struct keymap by_id = {0};
    index_by_id(recording, &by_id);
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        uint32_t parent =
            member->header.parent_id ? keymap_get(&by_id, member->header.parent_id) : 0;
        member->parent = parent ? recording->members[parent - 1] : NULL;
    }
    cut_circles(recording);
    keymap_free(&by_id);
}

void members_find_children(struct recording *recording)
{
    recording->families =
        xreallocarray(recording->families, recording->count, sizeof(struct member *));
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->families[i] = recording->members[i];
        member->process.parent = member->parent ? &member->parent->process : NULL;
        member->children = member->children_end = NULL;
    }
    qsort(recording->families, recording->count, sizeof(struct member *), by_parent_and_fork);
    for (size_t i = 0; i < recording->count; i++) {
        struct member **child = &recording->families[i], *parent = (*child)->parent;
        (*child)->self = child;
        if (!parent)
            continue;
        if (!parent->children)
            parent->children = child;
        parent->children_end = child + 1;
    }
}

static struct member *first_below(struct member *member)
{
    while (member->children != member->children_end)
        member = *member->children;
    return member;
}

static struct member *first_of_root_from(const struct recording *recording, size_t index)
{
    while (index < recording->count && recording->members[index]->parent)
        index++;
    return index < recording->count ? first_below(recording->members[index]) : NULL;
}

struct member *results_first(const struct recording *recording)
{
    return first_of_root_from(recording, 0);
}

struct member *results_next(const struct recording *recording, const struct member *member)
{
    if (!member->parent)
        return first_of_root_from(recording, member->process.index + 1);
    if (member->self + 1 != member->parent->children_end)
        return first_below(member->self[1]);
    return member->parent;
}
