/* pool_path.c - where a pool hangs, as text; see pool_path.h. */
#include "analyzer/replay/pool_path.h"

#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"

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

char *replay_pool_path(const struct replay *replay, const struct pool *pool)
{
    const char *labels[PATH_LABELS + 1]; /* innermost first */
    unsigned count = 0;
    size_t size = 1;
    for (; pool && count <= PATH_LABELS; pool = pool_above(replay, pool)) {
        const char *label = replay_pool_label(replay, pool);
        labels[count] = count == PATH_LABELS ? "..." : label ? label : "(no name)";
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
