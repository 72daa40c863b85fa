/* tree_json.c - a pool tree as JSON, lifeguard-json(5). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/frame.h"
#include "analyzer/render/tree.h"
#include "analyzer/replay/replay.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/wall_time.h"

#include <jansson.h>

/* The members of OBJECT without its braces. */
static void put_members(FILE *out, json_t *object)
{
    if (!object)
        memory_exhausted();
    json_dumpf(object, out, JSON_EMBED | JSON_COMPACT); /* OUT keeps that it could not be written */
    json_decref(object);
}

/* The pool without its children, which follow: they are written as they come, since a tree may be
 * deeper than a program's own stack. */
static void open_pool(FILE *out, const struct tree_view *view, const struct replay *replay,
                      const struct pool *pool)
{
    const char *tag = replay_string(replay, pool->tag);
    json_t *capacity =
        pool->capacity == UINT64_MAX ? json_null() : json_integer((json_int_t)pool->capacity);
    putc('{', out);
    put_members(out,
                json_pack("{s:o, s:o, s:I, s:o, s:I, s:o}", "tag", text_json(*tag ? tag : NULL),
                          "role", text_json(replay_pool_role_name(replay, pool)), "bytes",
                          (json_int_t)pool->bytes, "capacity", capacity, "allocations",
                          (json_int_t)pool->allocations, "created",
                          stack_json(view->stacks, view->symbols, pool->created)));
    fputs(",\"children\":[", out);
}

static void put_pools(FILE *out, const struct tree_view *view, const struct replay *replay,
                      const struct pool *top)
{
    const struct pool *pool = top;
    while (pool) {
        open_pool(out, view, replay, pool);
        const struct pool *next = replay_next_pool(replay, top, pool);
        /* Up to where the next one hangs, everything is complete. */
        while (pool && (!next || next->parent != pool->number)) {
            fputs("]}", out);
            pool = pool == top ? NULL : replay_pool(replay, pool->parent);
        }
        if (next && next->previous_sibling)
            putc(',', out);
        pool = next;
    }
}

void render_tree_json(FILE *out, struct tree_view *view, const struct replay *replay,
                      const struct process *process, uint64_t at_ns)
{
    char at[WALL_TIME_TEXT];
    putc('{', out);
    put_members(out, json_pack("{s:i, s:s, s:s, s:b}", "pid", process->pid, "kind",
                               process->kind == PROCESS_SESSION ? "session" : "master", "at",
                               wall_time_iso(at_ns, at), "survivors", process->survivors));
    fputs(",\"pools\":[", out);
    bool first = true;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (!pool || pool->parent || pool->state != POOL_ALIVE)
            continue;
        fputs(first ? "\n" : ",\n", out);
        first = false;
        put_pools(out, view, replay, pool);
    }
    fputs("]}", out);
}
