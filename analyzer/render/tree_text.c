/* tree_text.c - a pool tree for people: pools that are alike are one line. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/frame.h"
#include "analyzer/render/text.h"
#include "analyzer/render/tree.h"
#include "analyzer/render/tree_growth.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/string_table.h"
#include "analyzer/util/wall_time.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* deeper pools are only counted */

struct renderer {
    FILE *out;
    struct tree_view *view;
    const struct replay *replay;
    const struct process *process;
    char prefix[DEPTH_MAX * 8]; /* what stands before each line of the present depth */
    unsigned depth;
};

struct listed {
    const struct pool *pool;
    const char *label, *role; /* role NULL: none, or the label says it */
    uint32_t site;            /* where it was made, a number in tree_view.sites */
};

/* Pools under one parent, or under alike ones, that have the same label and were made at the same
 * place. */
struct group {
    const struct listed *pools;
    size_t count;
    uint64_t bytes, allocations;
    uint64_t capacity; /* UINT64_MAX: not known of all */
    uint64_t total;    /* bytes with all below */
    uint64_t below;    /* pools below */
};

static const char *role_of(const struct replay *replay, const struct pool *pool, const char *label)
{
    const char *role = replay_pool_role_name(replay, pool);
    return role && strcmp(role, label) != 0 ? role : NULL;
}

static const char *label_of(const struct replay *replay, const struct pool *pool)
{
    const char *label = replay_pool_label(replay, pool);
    return label ? label : "(no name)";
}

/* The first frame outside the pool library. */
static const struct symbol_frame *find_site(const struct logical_stack *stack)
{
    return stack->top < stack->count ? &stack->frames[stack->top] : NULL;
}

static uint32_t site_of(struct tree_view *view, const struct replay *replay, uint32_t created)
{
    uint32_t *known = keymap_put(&view->site_of, (uint64_t)created + 1);
    if (*known)
        return *known;
    const struct name_source names = {view->stacks, view->symbols, replay_apis(replay)};
    struct logical_stack stack = logical_stack(&names, created);
    const struct symbol_frame *site = find_site(&stack);
    char text[FRAME_TEXT_MAX] = "code that is not known";
    if (site)
        frame_text(site, text, sizeof(text));
    *known = strings_intern_text(&view->sites, text);
    logical_stack_free(&stack);
    return *known;
}

void tree_view_free(struct tree_view *view)
{
    keymap_free(&view->site_of);
    strings_free(&view->sites);
}

static int by_likeness(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    int order = a->label == b->label ? 0 : strcmp(a->label, b->label);
    if (order == 0 && a->site != b->site)
        order = a->site < b->site ? -1 : 1;
    return order ? order
                 : (a->pool->serial > b->pool->serial) - (a->pool->serial < b->pool->serial);
}

static bool alike(const struct listed *a, const struct listed *b)
{
    return a->site == b->site && strcmp(a->label, b->label) == 0;
}

static int by_total(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    if (a->total != b->total)
        return a->total > b->total ? -1 : 1;
    return a->pools < b->pools ? -1 : a->pools > b->pools;
}

static void add_up(const struct replay *replay, struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct pool *pool = group->pools[i].pool;
        group->bytes += pool->bytes;
        group->allocations += pool->allocations;
        group->capacity = pool->capacity == UINT64_MAX || group->capacity == UINT64_MAX
                              ? UINT64_MAX
                              : group->capacity + pool->capacity;
        for (const struct pool *at = pool; at; at = replay_next_pool(replay, pool, at)) {
            group->total += at->bytes;
            group->below += at != pool;
        }
    }
}

/* Sorts POOLS and divides them into groups, the largest first. Returns how many. */
static size_t make_groups(const struct replay *replay, struct listed *pools, size_t count,
                          struct group *groups)
{
    size_t made = 0;
    if (count)
        qsort(pools, count, sizeof(*pools), by_likeness);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !alike(&pools[i - 1], &pools[i]))
            groups[made++] = (struct group){.pools = &pools[i]};
        groups[made - 1].count++;
    }
    for (size_t i = 0; i < made; i++)
        add_up(replay, &groups[i]);
    if (made)
        qsort(groups, made, sizeof(*groups), by_total);
    return made;
}

static const struct finding *find_growing(const struct renderer *to, const struct group *group)
{
    const struct finding *found = NULL;
    for (size_t i = 0; to->view->growth && !found && i < group->count; i++)
        found = tree_growth_of(to->view->growth, to->replay, to->process, group->pools[i].pool);
    return found;
}

/* "  ▁▂▄▆█ +48 B at each command" */
static void put_growth(const struct renderer *to, const struct finding *growing)
{
    const struct style *style = &to->view->style;
    const struct text_report report = {
        .out = to->out, .style = *style, .names.apis = replay_apis(to->replay)};
    print_shape(&report, growing);
    fprintf(to->out, "  %s", severity_style(style, growing->severity));
    print_growth(&report, growing);
    fputs(style->off, to->out);
}

static void put_group(const struct renderer *to, const struct group *group)
{
    const struct style *style = &to->view->style;
    const struct finding *growing = find_growing(to, group);
    char text[UNITS_TEXT];
    if (group->count > 1)
        fprintf(to->out, "%s %s ", count_text(group->count, text), style->utf8 ? "\u00d7" : "x");
    const struct listed *first = &group->pools[0];
    fputs(growing ? severity_style(style, growing->severity) : style->strong, to->out);
    style_put(to->out, style, first->label, strlen(first->label));
    fputs(style->off, to->out);
    if (first->role) {
        fputs(" (", to->out);
        style_put(to->out, style, first->role, strlen(first->role));
        putc(')', to->out);
    }
    if (growing)
        put_growth(to, growing);
    fprintf(to->out, "  %s", bytes_text(group->bytes, text));
    if (group->capacity != UINT64_MAX)
        fprintf(to->out, " of %s", bytes_text(group->capacity, text));
    fprintf(to->out, " in %s allocation%s", count_text(group->allocations, text),
            group->allocations == 1 ? "" : "s");
    if (group->below)
        fprintf(to->out, ", %s with its subpools", bytes_text(group->total, text));
    fprintf(to->out, "  %sby %s%s\n", style->faint, strings_get(&to->view->sites, first->site),
            style->off);
}

struct list {
    struct listed *items;
    size_t count, capacity;
};

static void list_pool(const struct renderer *to, struct list *list, const struct pool *pool)
{
    GROW(list->items, list->count, list->capacity);
    const char *label = label_of(to->replay, pool);
    list->items[list->count++] = (struct listed){
        .pool = pool,
        .label = label,
        .role = role_of(to->replay, pool, label),
        .site = site_of(to->view, to->replay, pool->created),
    };
}

static struct list list_children(const struct renderer *to, const struct group *group)
{
    struct list list = {0};
    for (size_t i = 0; i < group->count; i++) {
        const struct pool *child = replay_pool(to->replay, group->pools[i].pool->first_child);
        for (; child; child = replay_pool(to->replay, child->next_sibling))
            list_pool(to, &list, child);
    }
    return list;
}

static void put_level(struct renderer *to, struct list *list);

static void put_below(struct renderer *to, const struct group *group, const char *indent)
{
    size_t length = strlen(to->prefix);
    snprintf(to->prefix + length, sizeof(to->prefix) - length, "%s", indent);
    to->depth++;
    if (to->depth == DEPTH_MAX) {
        char text[UNITS_TEXT];
        fprintf(to->out, "%s(%s pools deeper)\n", to->prefix, count_text(group->below, text));
    } else {
        struct list children = list_children(to, group);
        put_level(to, &children);
        free(children.items);
    }
    to->depth--;
    to->prefix[length] = '\0';
}

static void put_level(struct renderer *to, struct list *list)
{
    struct group *groups = xcalloc(list->count, sizeof(*groups));
    size_t made = make_groups(to->replay, list->items, list->count, groups);
    bool utf8 = to->view->style.utf8;
    for (size_t i = 0; i < made; i++) {
        bool last = i + 1 == made, top = to->depth == 0;
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

void render_tree_text(FILE *out, struct tree_view *view, const struct replay *replay,
                      const struct process *process, uint64_t at_ns)
{
    char bytes[UNITS_TEXT], pools[UNITS_TEXT], at[WALL_TIME_TEXT];
    fprintf(out, "%sprocess %d, %s%s, at %s: %s pools alive%s, %s\n", view->style.strong,
            process->pid, process_word(replay_apis(replay), process->kind, 1), view->style.off,
            wall_time_local(at_ns, at), count_text(process->pools, pools),
            process->survivors ? " but young ones (survivors)" : "",
            bytes_text(process->bytes, bytes));
    struct renderer to = {.out = out, .view = view, .replay = replay, .process = process};
    struct list roots = {0};
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && pool->parent == 0 && pool->state == POOL_ALIVE)
            list_pool(&to, &roots, pool);
    }
    put_level(&to, &roots);
    free(roots.items);
    putc('\n', out);
}
