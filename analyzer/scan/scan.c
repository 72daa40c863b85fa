/*
 * scan.c - several passes over a process that goes on meanwhile: what all of them find is told
 * (scan.h). What was only just made, moved or destroyed differs between them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/scan/scan.h"

#include "analyzer/scan/groups.h"
#include "analyzer/scan/pass.h"
#include "analyzer/util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define NAME_SIZE 256
#define PASSES    4
#define PAUSE_NS  20000000 /* after the first pass, twice that after the next ... */

/* What has to be the same in all passes. A pool that nobody can reach is not changed by
   anybody. */
struct found {
    uint64_t address, name, parent, used;
};

static int compare_found(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct found));
}

struct found_set {
    struct found *items;
    size_t count;
};

static struct found found_pool(const struct walk *walk, uint32_t index)
{
    const struct walk_pool *pool = &walk->pools[index];
    return (struct found){pool->address, pool->name,
                          pool->parent == WALK_NONE ? 0 : walk->pools[pool->parent].address,
                          pool->used};
}

static struct found found_dangler(const struct walk *walk, const struct walk_dangler *dangler)
{
    return (struct found){dangler->at, dangler->to,
                          dangler->pool == WALK_NONE ? 0 : walk->pools[dangler->pool].address,
                          walk->extents[dangler->block].begin};
}

static void set_sort(struct found_set *set)
{
    if (set->count > 0)
        qsort(set->items, set->count, sizeof(*set->items), compare_found);
}

static bool set_has(const struct found_set *set, struct found found)
{
    return set->count > 0 && bsearch(&found, set->items, set->count, sizeof(found), compare_found);
}

/* Leaves in SET what OTHER has, too. */
static void set_meet(struct found_set *set, const struct found_set *other)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set_has(other, set->items[i]))
            set->items[kept++] = set->items[i];
    }
    set->count = kept;
}

/* Pools with any of FLAGS, and none of NOT. */
static struct found_set pools_with(const struct walk *walk, unsigned flags, unsigned not )
{
    struct found_set set = {xcalloc(walk->pool_count, sizeof(*set.items)), 0};
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        if (walk->pools[i].flags & flags && !(walk->pools[i].flags & not ))
            set.items[set.count++] = found_pool(walk, i);
    }
    set_sort(&set);
    return set;
}

/* Those in variables, and those in pools when ALL are wanted. */
static struct found_set find_danglers(const struct walk *walk, bool all)
{
    struct found_set set = {xcalloc(walk->dangler_count, sizeof(*set.items)), 0};
    for (uint32_t i = 0; i < walk->dangler_count; i++) {
        if (all || walk->danglers[i].pool == WALK_NONE)
            set.items[set.count++] = found_dangler(walk, &walk->danglers[i]);
    }
    set_sort(&set);
    return set;
}

/* As the replay has it: "CachedPlan: select 1", of what has an identifier beside its name. */
static char *name_of(struct walk *walk, const struct walk_pool *pool)
{
    char name[NAME_SIZE] = "", label[NAME_SIZE] = "";
    if (pool->name)
        walk_string(walk, pool->name, name, sizeof(name));
    if (pool->label)
        walk_string(walk, pool->label, label, sizeof(label));
    if (*name && *label && strcmp(name, label) != 0)
        return xasprintf("%s: %s", name, label);
    return *name || *label ? xstrdup(*label ? label : name) : NULL;
}

static void read_names(struct scan *scan)
{
    struct walk *walk = &scan->walk;
    scan->names = xcalloc(walk->pool_count, sizeof(*scan->names));
    for (uint32_t i = 0; i < walk->pool_count; i++)
        scan->names[i] = name_of(walk, &walk->pools[i]);
}

static void add_up(struct scan *scan)
{
    for (uint32_t i = 0; i < scan->walk.pool_count; i++) {
        scan->used += scan->walk.pools[i].used;
        scan->held += scan->walk.pools[i].capacity;
    }
}

#define NOT_AS_DESCRIBED (WALK_BROKEN | WALK_UNKNOWN_KIND)

/* What there may be to tell. */
struct evidence {
    struct found_set unreachable, broken, danglers;
};

static struct evidence evidence_of(const struct walk *walk, bool all)
{
    return (struct evidence){.unreachable = pools_with(walk, WALK_UNREACHABLE, NOT_AS_DESCRIBED),
                             .broken = pools_with(walk, NOT_AS_DESCRIBED, 0),
                             .danglers = find_danglers(walk, all)};
}

static void evidence_free(struct evidence *evidence)
{
    free(evidence->unreachable.items);
    free(evidence->broken.items);
    free(evidence->danglers.items);
}

/* Leaves in EVIDENCE what is in WALK, too. */
static void evidence_meet(struct evidence *evidence, const struct walk *walk)
{
    struct evidence other = evidence_of(walk, true);
    set_meet(&evidence->unreachable, &other.unreachable);
    set_meet(&evidence->broken, &other.broken);
    set_meet(&evidence->danglers, &other.danglers);
    evidence_free(&other);
}

/* Is there anything to tell? A list that led astray is, too: what it leads to was not seen. */
static bool has_evidence(const struct evidence *evidence, const struct walk *walk)
{
    return evidence->unreachable.count || evidence->broken.count || evidence->danglers.count ||
           walk->lost.links;
}

/* Upper pools that were unreachable in all passes. */
static void keep_unreachable(struct scan *scan, const struct found_set *always)
{
    const bool judged = !scan->owned && !scan->absent;
    scan->unreachable = xcalloc(scan->walk.pool_count, sizeof(*scan->unreachable));
    for (uint32_t i = 0; judged && i < scan->walk.pool_count; i++) {
        if (scan->walk.pools[i].flags & WALK_UPPER && set_has(always, found_pool(&scan->walk, i)))
            scan->unreachable[scan->unreachable_count++] = i;
    }
}

/* "proftpd!session", and how far behind its start ADDRESS is; "proftpd" where it has no name. */
static char *variable_text(const struct scan_target *target, uint64_t address, uint64_t *offset)
{
    struct loaded_symbol symbol;
    char *text;
    const struct loaded_image *image = loaded_image_at(target->images, address, offset);
    if (!image)
        return xstrdup("a variable");
    if (!loaded_image_variable_at(image, *offset, &symbol))
        return xstrdup(loaded_image_name(image));
    *offset -= symbol.address;
    text = xasprintf("%s!%s", loaded_image_name(image), symbol.name);
    return text;
}

static void keep_danglers(struct scan *scan, const struct scan_target *target,
                          const struct found_set *always)
{
    const struct walk *walk = &scan->walk;
    scan->danglers = xcalloc(walk->dangler_count, sizeof(*scan->danglers));
    for (uint32_t i = 0; i < walk->dangler_count; i++) {
        const struct walk_dangler *from = &walk->danglers[i];
        if (!set_has(always, found_dangler(walk, from)))
            continue;
        const struct walk_extent *block = &walk->extents[from->block];
        struct scan_dangler *to = &scan->danglers[scan->dangler_count++];
        *to = (struct scan_dangler){.at = from->at,
                                    .to = from->to,
                                    .pool = from->pool,
                                    .in_block = from->to - block->target,
                                    .block_size = block->end - block->target};
        if (from->pool == WALK_NONE)
            to->variable = variable_text(target, from->at, &to->offset);
        else
            to->offset = from->at - walk->extents[walk_find(walk, from->at)].target;
    }
}

/* Takes PASS over, the last one. */
static void take(struct scan *scan, const struct scan_target *target, const struct scan_pass *pass,
                 const struct evidence *evidence)
{
    scan->walk = pass->walk;
    scan->room = pass->room;
    scan->room_size = pass->room_size;
    scan->roots_missing = pass->roots_missing;
    scan->free_known = pass->free_known;
    scan->registers_known = target->core != NULL;
    scan->took_ns = pass->took_ns;
    scan->scanned = pass->walk.bytes_scanned;
    scan->broken = (uint32_t)evidence->broken.count;
    scan->absent = target->absent;
    scan->cut = target->cut;
    scan->owned = scan->system->layout_count > 0 && scan->system->layouts[0]->owned;
    read_names(scan);
    add_up(scan);
    keep_unreachable(scan, &evidence->unreachable);
    keep_danglers(scan, target, &evidence->danglers);
    scan_group_unreachable(scan);
}

/* Looks again, after a while, as long as there is something to tell. *PASS is the last one. */
static bool look_again(struct scan_pass *pass, struct scan_target *target,
                       const struct scan_system *system, struct evidence *evidence,
                       struct error *error)
{
    struct timespec pause = {0, PAUSE_NS};
    for (unsigned i = 1; i < PASSES && has_evidence(evidence, &pass->walk) && !target->core; i++) {
        nanosleep(&pause, NULL);
        pause.tv_nsec *= 2;
        if (!scan_look_again(target, error))
            return false;
        scan_pass_end(pass);
        scan_pass_run(pass, target, system);
        evidence_meet(evidence, &pass->walk);
    }
    if (!scan_is_alive(target))
        error_set(error, "process %d ended meanwhile", (int)target->pid);
    return scan_is_alive(target);
}

bool scan_run(struct scan *scan, struct scan_target *target, const struct scan_system *system,
              bool all, struct error *error)
{
    struct scan_pass pass;
    *scan = (struct scan){.system = system};
    scan_pass_run(&pass, target, system);
    struct evidence evidence = evidence_of(&pass.walk, all);
    const bool ok = look_again(&pass, target, system, &evidence, error);
    if (ok)
        take(scan, target, &pass, &evidence);
    else
        scan_pass_end(&pass);
    evidence_free(&evidence);
    return ok;
}

void scan_free(struct scan *scan)
{
    for (uint32_t i = 0; i < scan->walk.pool_count; i++)
        free(scan->names[i]);
    for (size_t i = 0; i < scan->dangler_count; i++)
        free(scan->danglers[i].variable);
    free(scan->names);
    free(scan->unreachable);
    free(scan->groups);
    free(scan->danglers);
    munmap(scan->room, scan->room_size);
}

const char *scan_obstacle(const struct scan *scan)
{
    const struct walk_losses *lost = &scan->walk.lost;
    if (scan->system->layout_count == 0)
        return "its description does not tell how its pools lie in memory";
    if (scan->walk.pool_count == 0 && scan->owned)
        return "no object has another below it: nothing tells what looks like one";
    if (scan->walk.pool_count == 0)
        return "no variable holds a pool yet, or any more";
    if (scan->broken)
        return "pools are not as the description tells";
    if (lost->pools || lost->extents || lost->holes)
        return "there are more pools than can be walked";
    if (scan->cut)
        return "the core file is cut off: what refers to a pool may be in what is missing";
    if (scan->absent)
        return "not all of the process's memory is in the core file: what refers to a pool may be "
               "in the rest";
    if (lost->unscanned)
        return "it has more memory than can be looked through";
    return NULL;
}
