/* pool_path.c - where a pool hangs, as text; see pool_path.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/pool_path.h"

#include "analyzer/replay/internal.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"

#include <stdbool.h>
#include <string.h>

#define PATH_LABELS 16 /* the deepest pool whose whole path is told */
#define SEPARATOR   " > "

/* What looks like the one between labels in a label itself has a backslash. */
static char *append_label(char *end, const char *label)
{
    for (const char *start = label; *label; label++) {
        if (*label == '>' && (label == start || label[-1] == ' '))
            *end++ = '\\';
        *end++ = *label;
    }
    *end = '\0';
    return end;
}

/* The pool that POOL is under or, when it is not alive, was under, if that is still known. */
static const struct pool *pool_above(const struct replay *replay, const struct pool *pool)
{
    const struct pool_tree *tree = &replay->current->tree;
    if (pool->state == POOL_ALIVE)
        return replay_pool(replay, pool->parent);
    const struct pool *above = pool->under < tree->limit ? &tree->pools[pool->under] : NULL;
    return pool->under && above->serial == pool->under_serial ? above : NULL;
}

/* By what POOL is told in a path; ROLES: by its role, where it has no name. */
static const char *label_of(const struct replay *replay, const struct pool *pool, bool roles)
{
    const char *label = replay_pool_label(replay, pool);
    if (!label && roles)
        label = replay_pool_role_name(replay, pool);
    return label ? label : "(no name)";
}

static char *path_of(const struct replay *replay, const struct pool *pool, bool roles)
{
    const char *labels[PATH_LABELS + 1]; /* innermost first */
    unsigned count = 0;
    size_t size = 1;
    for (; pool && count <= PATH_LABELS; pool = pool_above(replay, pool)) {
        labels[count] = count == PATH_LABELS ? "..." : label_of(replay, pool, roles);
        size += 2 * strlen(labels[count++]) + strlen(SEPARATOR);
    }
    char *path = xmalloc(size), *end = path;
    *path = '\0';
    while (count-- > 0) {
        end = append_label(end, labels[count]);
        if (count > 0)
            end = stpcpy(end, SEPARATOR);
    }
    return path;
}

char *replay_pool_path(const struct replay *replay, const struct pool *pool)
{
    return path_of(replay, pool, false);
}

char *replay_pool_path_of_roles(const struct replay *replay, const struct pool *pool)
{
    return path_of(replay, pool, true);
}

/* Whether append_label() put the backslash at AT, in or before the label that begins at START. */
static bool is_mark(const char *start, const char *at)
{
    return at[0] == '\\' && at[1] == '>' && (at == start || at[-1] == ' ');
}

char *pool_path_plain(const char *label, size_t length)
{
    char *plain = xmalloc(length + 1), *end = plain;
    for (size_t i = 0; i < length; i++) {
        if (i + 1 == length || !is_mark(label, label + i))
            *end++ = label[i];
    }
    *end = '\0';
    return plain;
}

char *pool_path_text(const char *path)
{
    const size_t size = ESCAPED_SIZE(strlen(path));
    char *text = xmalloc(size), *end = text;
    for (const char *from = path, *at = path;; at++) {
        const bool mark = is_mark(path, at);
        if (!mark && *at != '\0')
            continue;
        end += escape_text(from, (size_t)(at - from), end, size - (size_t)(end - text));
        if (!mark)
            return text;
        *end++ = '\\';
        from = at + 1;
    }
}

const char *pool_path_label(const char *path)
{
    for (const char *next; (next = strstr(path, SEPARATOR));)
        path = next + strlen(SEPARATOR);
    return path;
}

size_t pool_path_above(const char *path)
{
    size_t length = (size_t)(pool_path_label(path) - path);
    return length ? length - strlen(SEPARATOR) : 0;
}
