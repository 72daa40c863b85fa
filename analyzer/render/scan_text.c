/* scan_text.c - what lifeguard scan found, for people: the head and the findings (scan.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/scan.h"

#include "analyzer/render/style.h"
#include "analyzer/scan/scan.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES_MAX 4 /* of a group; the rest are in the JSON */
#define WORDS_MAX     8 /* dangling pointers of one kind that are listed */

static void put_text(FILE *out, const struct style *style, const char *text)
{
    style_put(out, style, text, strlen(text));
}

static const char *name_of(const struct scan *scan, uint32_t index)
{
    return scan->names[index] ? scan->names[index] : "(no name)";
}

static void put_parents(FILE *out, const struct style *style, const struct scan *scan,
                        uint32_t index)
{
    const uint32_t parent = scan->walk.pools[index].parent;
    if (parent == WALK_NONE)
        return;
    char *path = scan_path(scan, parent);
    fputs(" under `", out);
    put_text(out, style, path);
    putc('`', out);
    free(path);
}

void render_scan_head(FILE *out, const struct style *style, const struct scan *scan,
                      const struct scan_target *target)
{
    char pools[UNITS_TEXT], used[UNITS_TEXT], held[UNITS_TEXT];
    fputs(style->strong, out);
    if (target->core)
        put_text(out, style, target->core);
    if (target->pid)
        fprintf(out, "%sprocess %" PRId32, target->core ? ", " : "", target->pid);
    fputs(" (", out);
    put_text(out, style, target->program);
    fprintf(out, ")%s: %s %s of %.*s %s %s, %s of it in use\n", style->off,
            count_text(scan->walk.pool_count, pools), scan->walk.pool_count == 1 ? "pool" : "pools",
            (int)scan->system->description->api.name.length,
            scan->system->description->api.name.text, scan->walk.pool_count == 1 ? "holds" : "hold",
            bytes_text(scan->held, held), bytes_text(scan->used, used));
}

static void put_addresses(FILE *out, const struct scan *scan, const struct scan_group *group)
{
    fputs("    at", out);
    for (size_t i = 0; i < group->count && i < ADDRESSES_MAX; i++)
        fprintf(out, " %#" PRIx64, scan->walk.pools[group->pools[i]].address);
    fputs(group->count > ADDRESSES_MAX ? " ...\n" : "\n", out);
}

/* "ERROR unreachable-subpool: `x` under `permanent_pool`: 1 of the 1 so called, 512 B held" */
static void put_unreachable(FILE *out, const struct style *style, const struct scan *scan,
                            const struct scan_group *group)
{
    char count[UNITS_TEXT], alike[UNITS_TEXT], held[UNITS_TEXT], below[UNITS_TEXT];
    const uint32_t first = group->pools[0];
    fprintf(out, "%sERROR%s unreachable-subpool: `", style->error, style->off);
    put_text(out, style, name_of(scan, first));
    putc('`', out);
    put_parents(out, style, scan, first);
    fprintf(out, ": %s of %s, %s held", count_text(group->count, count),
            count_text(group->alike, alike), bytes_text(group->held, held));
    if (group->below)
        fprintf(out, " with %s below", count_text(group->below, below));
    putc('\n', out);
    put_addresses(out, scan, group);
}

/* "    proftpd!session+0x18" or "    `x` under `y` in a block+0x48", and where that leads. */
static void put_dangler(FILE *out, const struct style *style, const struct scan *scan,
                        const struct scan_dangler *dangler)
{
    char size[UNITS_TEXT];
    fputs("    ", out);
    if (dangler->pool == WALK_NONE) {
        put_text(out, style, dangler->variable);
    } else {
        putc('`', out);
        put_text(out, style, name_of(scan, dangler->pool));
        putc('`', out);
        put_parents(out, style, scan, dangler->pool);
        fputs(" in a block", out);
    }
    fprintf(out, "+%#" PRIx64 " -> %#" PRIx64 ", %#" PRIx64 " bytes into a free block of %s\n",
            dangler->offset, dangler->to, dangler->in_block, bytes_text(dangler->block_size, size));
}

/* Those in variables, or those in the data of pools, under one head. */
static void put_danglers(FILE *out, const struct style *style, const struct scan *scan,
                         bool in_pools)
{
    char text[UNITS_TEXT];
    size_t count = 0, put = 0;
    for (size_t i = 0; i < scan->dangler_count; i++)
        count += (scan->danglers[i].pool != WALK_NONE) == in_pools;
    if (count == 0)
        return;
    fprintf(out, "%s%s%s dangling-pointer: %s %s into blocks of pools that have ended\n",
            in_pools ? style->note : style->warning, in_pools ? "NOTE" : "WARNING", style->off,
            count_text(count, text),
            count == 1 ? in_pools ? "word in a living pool, written or left over, points"
                                  : "variable points"
            : in_pools ? "words in living pools, written or left over, point"
                       : "variables point");
    for (size_t i = 0; i < scan->dangler_count && put < WORDS_MAX; i++) {
        if ((scan->danglers[i].pool != WALK_NONE) != in_pools)
            continue;
        put_dangler(out, style, scan, &scan->danglers[i]);
        put++;
    }
    if (put < count)
        fprintf(out, "    and %s more\n", count_text(count - put, text));
}

static void put_doubts(FILE *out, const struct scan *scan)
{
    char text[UNITS_TEXT];
    if (scan->walk.lost.links)
        fprintf(out, "%s list%s of pools or blocks ended elsewhere than they should\n",
                count_text(scan->walk.lost.links, text), scan->walk.lost.links == 1 ? "" : "s");
    if (scan->broken)
        fprintf(out, "%s pool%s not as the description says\n", count_text(scan->broken, text),
                scan->broken == 1 ? " is" : "s are");
    if (!scan->free_known)
        fputs("the list of free blocks is not known: pointers into them are not listed\n", out);
}

void render_scan_findings(FILE *out, const struct style *style, const struct scan *scan)
{
    for (size_t i = 0; i < scan->group_count; i++)
        put_unreachable(out, style, scan, &scan->groups[i]);
    if (scan->group_count > 0)
        fputs("    Nothing refers to them but the pool library's own links: they can only end "
              "with their parents.\n",
              out);
    if (scan->group_count > 0 && !scan->registers_known)
        fputs("    Not all registers of a process that runs are seen, which may hold one: a core "
              "file "
              "has them.\n",
              out);
    put_danglers(out, style, scan, false);
    put_danglers(out, style, scan, true);
    put_doubts(out, scan);
    if (scan->owned)
        fputs("Pools of this system need nothing but a parent: none is reported as unreachable\n",
              out);
    else if (scan->group_count == 0 && !scan_obstacle(scan))
        fputs("0 pools are unreachable\n", out);
}
