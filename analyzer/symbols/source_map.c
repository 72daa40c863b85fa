/*
 * source_map.c - where a source file that a debugger knows lies in the tree that is checked; see
 * source_map.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/symbols/source_map.h"

#include "analyzer/util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool source_map_root(struct source_map *map, const char *root, struct error *error)
{
    struct stat st;
    map->root = realpath(root ? root : ".", NULL);
    if (map->root && stat(map->root, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    else if (map->root)
        return true;
    error_set(error, "--source-root: %s: %s", root ? root : ".", strerror(errno));
    return false;
}

void source_map_free(struct source_map *map)
{
    free(map->root);
}

static char *join(const char *dir, size_t length, const char *rest)
{
    char *path = xasprintf("%.*s/%s", (int)length, dir, rest);
    return path;
}

/* What of PATH follows the directory PREFIX, or NULL. */
static const char *below(const char *path, const char *prefix, size_t length)
{
    while (length > 0 && prefix[length - 1] == '/')
        length--;
    if (strncmp(path, prefix, length) != 0 || path[length] != '/')
        return NULL;
    return path + length + strspn(path + length, "/");
}

/* In place. False when ".." leads out of it, or nothing is left. */
static bool normalize(char *path)
{
    char *start = path + (*path == '/'), *out = start;
    size_t length;
    for (const char *in = start; *in; in += length + strspn(in + length, "/")) {
        length = strcspn(in, "/");
        if (length == 2 && memcmp(in, "..", 2) == 0) {
            if (out == start)
                return false;
            while (out > start && *--out != '/')
                continue;
        } else if (length > 1 || (length == 1 && *in != '.')) {
            if (out > start)
                *out++ = '/';
            memmove(out, in, length);
            out += length;
        }
    }
    *out = '\0';
    return out > start;
}

static char *map_path(const struct source_map *map, const char *path)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *old = map->mappings[i], *equals = strchr(old, '=');
        const char *rest = below(path, old, (size_t)(equals - old));
        if (rest)
            return equals[1] ? join(equals + 1, strlen(equals + 1), rest) : xstrdup(rest);
    }
    return NULL;
}

static bool is_there(const struct source_map *map, const char *path)
{
    char *whole = join(map->root, strlen(map->root), path);
    struct stat st;
    bool there = stat(whole, &st) == 0 && S_ISREG(st.st_mode);
    free(whole);
    return there;
}

/* PATH, absolute, below the root, also where one of them is known by a symbolic link. */
static char *relative(const struct source_map *map, const char *path)
{
    const char *rest = below(path, map->root, strlen(map->root));
    if (rest)
        return xstrdup(rest);
    char *resolved = realpath(path, NULL);
    rest = resolved ? below(resolved, map->root, strlen(map->root)) : NULL;
    char *found = rest ? xstrdup(rest) : NULL;
    free(resolved);
    return found;
}

static char *whole_path(const struct symbol_frame *frame)
{
    if (frame->file[0] == '/' || !frame->build_dir)
        return xstrdup(frame->file);
    return join(frame->build_dir, strlen(frame->build_dir), frame->file);
}

char *source_map_find(const struct source_map *map, const struct symbol_frame *frame)
{
    if (!frame->file)
        return NULL;
    char *path = whole_path(frame), *mapped = map_path(map, path), *found = NULL;
    const char *candidate = mapped ? mapped : path;
    if (candidate[0] == '/')
        found = normalize(mapped ? mapped : path) ? relative(map, candidate) : NULL;
    else if (normalize(mapped ? mapped : path) && (mapped || is_there(map, candidate)))
        found = xstrdup(candidate);
    free(mapped);
    free(path);
    /* Built in another place, but named as seen from the root. */
    if (!found && frame->file[0] != '/') {
        path = xstrdup(frame->file);
        found = normalize(path) && is_there(map, path) ? xstrdup(path) : NULL;
        free(path);
    }
    return found;
}
