/*
 * scan_tree.c - the tree that lifeguard scan found: pools of one name below one pool, or below
 * pools that share a line, share a line (scan.h).
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/render/scan.h"

#include "analyzer/render/style.h"
#include "analyzer/scan/scan.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* deeper pools are only counted */

struct children {
    uint32_t *first, *next; /* of each pool, by its number; WALK_NONE: there is none */
};

struct renderer {
    FILE *out;
    const struct style *style;
    const struct scan *scan;
    struct children children;
    char prefix[DEPTH_MAX * 8]; /* what stands before each line of the present depth */
    unsigned depth;
};

struct group {
    const uint32_t *pools;
    size_t count;
    uint64_t used, held, total, below, unreachable;
};

struct list {
    uint32_t *pools;
    size_t count, capacity;
};

static void list_add(struct list *list, uint32_t pool)
{
    GROW(list->pools, list->count, list->capacity);
    list->pools[list->count++] = pool;
}

static struct children find_children(const struct scan *scan)
{
    const uint32_t count = scan->walk.pool_count;
    struct children children = {xcalloc(count, sizeof(uint32_t)), xcalloc(count, sizeof(uint32_t))};
    memset(children.first, 0xFF, count * sizeof(uint32_t));
    memset(children.next, 0xFF, count * sizeof(uint32_t));
    for (uint32_t i = count; i-- > 0;) {
        const uint32_t parent = scan->walk.pools[i].parent;
        if (parent == WALK_NONE)
            continue;
        children.next[i] = children.first[parent];
        children.first[parent] = i;
    }
    return children;
}

static int by_name(const void *left, const void *right, void *data)
{
    const struct scan *scan = data;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const char *x = scan->names[a] ? scan->names[a] : "", *y = scan->names[b] ? scan->names[b] : "";
    const int order = strcmp(x, y);
    return order ? order : (a > b) - (a < b);
}

static int by_total(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    if (a->total != b->total)
        return a->total > b->total ? -1 : 1;
    return (a->pools > b->pools) - (a->pools < b->pools);
}

/* The pool after AT in the tree below TOP; WALK_NONE: it was the last. */
static uint32_t next_below(const struct renderer *to, uint32_t top, uint32_t at)
{
    if (to->children.first[at] != WALK_NONE)
        return to->children.first[at];
    while (at != top && to->children.next[at] == WALK_NONE)
        at = to->scan->walk.pools[at].parent;
    return at == top ? WALK_NONE : to->children.next[at];
}

static void add_pool(const struct renderer *to, struct group *group, uint32_t index)
{
    const struct walk_pool *pools = to->scan->walk.pools;
    group->count++;
    group->used += pools[index].used;
    group->held += pools[index].capacity;
    group->unreachable += (pools[index].flags & WALK_UNREACHABLE) != 0;
    for (uint32_t at = index; at != WALK_NONE; at = next_below(to, index, at)) {
        group->total += pools[at].capacity;
        group->below += at != index;
    }
}

/* Sorts LIST and divides it into groups, the largest first. Returns how many. */
static size_t make_groups(const struct renderer *to, struct list *list, struct group *groups)
{
    size_t made = 0;
    char *const *names = to->scan->names;
    if (list->count > 0)
        qsort_r(list->pools, list->count, sizeof(*list->pools), by_name, (void *)to->scan);
    for (size_t i = 0; i < list->count; i++) {
        const char *name = names[list->pools[i]];
        const char *before = i > 0 ? names[list->pools[i - 1]] : NULL;
        if (i == 0 || strcmp(name ? name : "", before ? before : "") != 0)
            groups[made++] = (struct group){.pools = &list->pools[i]};
        add_pool(to, &groups[made - 1], list->pools[i]);
    }
    if (made > 0)
        qsort(groups, made, sizeof(*groups), by_total);
    return made;
}

static void put_group(const struct renderer *to, const struct group *group)
{
    const struct style *style = to->style;
    const char *name = to->scan->names[group->pools[0]];
    char text[UNITS_TEXT], more[UNITS_TEXT];
    if (group->count > 1)
        fprintf(to->out, "%s %s ", count_text(group->count, text), style->utf8 ? "\u00d7" : "x");
    fputs(group->unreachable ? style->error : style->strong, to->out);
    style_put(to->out, style, name ? name : "(no name)", strlen(name ? name : "(no name)"));
    fputs(style->off, to->out);
    fprintf(to->out, "  %s of %s", bytes_text(group->used, text), bytes_text(group->held, more));
    if (group->below)
        fprintf(to->out, ", %s with its subpools", bytes_text(group->total, text));
    if (group->unreachable && group->count > 1)
        fprintf(to->out, "  %s%s unreachable%s", style->error, count_text(group->unreachable, text),
                style->off);
    else if (group->unreachable)
        fprintf(to->out, "  %sunreachable%s", style->error, style->off);
    putc('\n', to->out);
}

static void put_level(struct renderer *to, struct list *list);

static void put_below(struct renderer *to, const struct group *group, const char *indent)
{
    const size_t length = strlen(to->prefix);
    char text[UNITS_TEXT];
    snprintf(to->prefix + length, sizeof(to->prefix) - length, "%s", indent);
    to->depth++;
    if (to->depth == DEPTH_MAX) {
        fprintf(to->out, "%s(%s pools deeper)\n", to->prefix, count_text(group->below, text));
    } else {
        struct list list = {0};
        for (size_t i = 0; i < group->count; i++) {
            uint32_t child = to->children.first[group->pools[i]];
            for (; child != WALK_NONE; child = to->children.next[child])
                list_add(&list, child);
        }
        put_level(to, &list);
        free(list.pools);
    }
    to->depth--;
    to->prefix[length] = '\0';
}

static void put_level(struct renderer *to, struct list *list)
{
    struct group *groups = xcalloc(list->count, sizeof(*groups));
    const size_t made = make_groups(to, list, groups);
    const bool utf8 = to->style->utf8, top = to->depth == 0;
    for (size_t i = 0; i < made; i++) {
        const bool last = i + 1 == made;
        const char *branch = last   ? (utf8 ? "\u2514\u2500 " : "`- ")
                             : utf8 ? "\u251c\u2500 "
                                    : "|- ";
        const char *indent = last ? "   " : utf8 ? "\u2502  " : "|  ";
        fprintf(to->out, "%s%s", to->prefix, top ? "" : branch);
        put_group(to, &groups[i]);
        if (groups[i].below)
            put_below(to, &groups[i], top ? "" : indent);
    }
    free(groups);
}

void render_scan_tree(FILE *out, const struct style *style, const struct scan *scan)
{
    struct renderer to = {
        .out = out, .style = style, .scan = scan, .children = find_children(scan)};
    struct list roots = {0};
    for (uint32_t i = 0; i < scan->walk.pool_count; i++) {
        if (scan->walk.pools[i].parent == WALK_NONE)
            list_add(&roots, i);
    }
    put_level(&to, &roots);
    free(roots.pools);
    free(to.children.first);
    free(to.children.next);
}
