/* scan_json.c - what lifeguard scan found, for programs (scan.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/scan.h"

#include "analyzer/scan/scan.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SEPARATOR " > "
#define DEPTH_MAX      64 /* names of a path: those nearest to the pool */

char *scan_path(const struct scan *scan, uint32_t index)
{
    char *path = xstrdup("");
    unsigned depth = 0;
    for (uint32_t at = index; at != WALK_NONE && depth <= DEPTH_MAX;
         at = scan->walk.pools[at].parent, depth++) {
        const char *name = depth == DEPTH_MAX ? "..."
                           : scan->names[at]  ? scan->names[at]
                                              : "(no name)";
        const size_t length = strlen(name), rest = strlen(path);
        const size_t between = at == index ? 0 : strlen(PATH_SEPARATOR);
        path = xrealloc(path, length + between + rest + 1);
        memmove(path + length + between, path, rest + 1);
        memcpy(path + length, PATH_SEPARATOR, between);
        memcpy(path, name, length);
    }
    return path;
}

static json_t *address_json(uint64_t address)
{
    char text[24];
    snprintf(text, sizeof(text), "%#" PRIx64, address);
    return text_json(text);
}

static json_t *pool_ref_json(const struct scan *scan, uint32_t index)
{
    json_t *json = json_checked(json_object());
    char *path = scan_path(scan, index);
    json_set(json, "tag", text_json(scan->names[index]));
    json_set(json, "path", text_json(path));
    free(path);
    return json;
}

static json_t *finding_json(const char *rule, const char *severity)
{
    json_t *json = json_checked(json_object());
    json_set(json, "rule", text_json(rule));
    json_set(json, "severity", text_json(severity));
    return json;
}

static json_t *unreachable_json(const struct scan *scan, const struct scan_group *group)
{
    json_t *json = finding_json("unreachable-subpool", "error");
    json_t *addresses = json_checked(json_array());
    for (size_t i = 0; i < group->count; i++)
        json_append(addresses, address_json(scan->walk.pools[group->pools[i]].address));
    json_set(json, "pool", pool_ref_json(scan, group->pools[0]));
    json_set(json, "count", json_count(group->count));
    json_set(json, "alike", json_count(group->alike));
    json_set(json, "bytes", json_count(group->used));
    json_set(json, "held_bytes", json_count(group->held));
    json_set(json, "below", json_count(group->below));
    json_set(json, "addresses", addresses);
    return json;
}

static json_t *dangler_json(const struct scan *scan, const struct scan_dangler *dangler)
{
    const bool in_pool = dangler->pool != WALK_NONE;
    json_t *json = finding_json("dangling-pointer", in_pool ? "note" : "warning");
    json_set(json, "pool", in_pool ? pool_ref_json(scan, dangler->pool) : json_null());
    json_set(json, "variable", text_json(dangler->variable));
    json_set(json, "offset", json_count(dangler->offset));
    json_set(json, "at", address_json(dangler->at));
    json_set(json, "to", address_json(dangler->to));
    json_set(json, "block_offset", json_count(dangler->in_block));
    json_set(json, "block_bytes", json_count(dangler->block_size));
    return json;
}

static json_t *findings_json(const struct scan *scan)
{
    json_t *json = json_checked(json_array());
    for (size_t i = 0; i < scan->group_count; i++)
        json_append(json, unreachable_json(scan, &scan->groups[i]));
    for (size_t i = 0; i < scan->dangler_count; i++)
        json_append(json, dangler_json(scan, &scan->danglers[i]));
    return json;
}

static const char *state_word(unsigned flags)
{
    return flags & WALK_REACHED       ? "reached"
           : flags & WALK_KEPT        ? "kept"
           : flags & WALK_UNREACHABLE ? "unreachable"
                                      : "internal";
}

static json_t *pool_json(const struct scan *scan, uint32_t index)
{
    const struct walk_pool *pool = &scan->walk.pools[index];
    json_t *json = json_checked(json_object());
    json_set(json, "address", address_json(pool->address));
    json_set(json, "parent",
             pool->parent == WALK_NONE ? json_null()
                                       : address_json(scan->walk.pools[pool->parent].address));
    json_set(json, "tag", text_json(scan->names[index]));
    json_set(json, "bytes", json_count(pool->used));
    json_set(json, "capacity", json_count(pool->capacity));
    json_set(json, "blocks", json_count(pool->blocks));
    json_set(json, "large", json_count(pool->large));
    json_set(json, "state", text_json(state_word(pool->flags)));
    json_set(json, "from", pool->from ? address_json(pool->from) : json_null());
    return json;
}

static json_t *walk_json(const struct scan *scan)
{
    json_t *json = json_checked(json_object());
    json_set(json, "took_ns", json_count(scan->took_ns));
    json_set(json, "scanned_bytes", json_count(scan->scanned));
    json_set(json, "broken", json_count(scan->broken));
    json_set(json, "lost_links", json_count(scan->walk.lost.links));
    json_set(json, "free_list", json_boolean(scan->free_known));
    json_set(json, "registers", json_boolean(scan->registers_known));
    return json;
}

json_t *scan_json(const struct scan *scan)
{
    json_t *json = json_checked(json_object()), *pools = json_checked(json_array());
    for (uint32_t i = 0; i < scan->walk.pool_count; i++)
        json_append(pools, pool_json(scan, i));
    json_set(json, "api", slice_json(scan->system->description->api.name));
    json_set(json, "image", text_json(loaded_image_path(scan->system->image)));
    json_set(json, "obstacle", text_json(scan_obstacle(scan)));
    json_set(json, "bytes", json_count(scan->used));
    json_set(json, "held_bytes", json_count(scan->held));
    json_set(json, "walk", walk_json(scan));
    json_set(json, "findings", findings_json(scan));
    json_set(json, "pools", pools);
    return json;
}
