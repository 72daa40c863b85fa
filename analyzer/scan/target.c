/* target.c - mappings and threads, whatever they were read from (target.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/target.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDER "/liblifeguard.so"

/* Is the file that of the C library? Those of malloc() among its variables are addresses in the
 * heap, and none that anybody follows. */
static bool is_libc(const char *path)
{
    const char *name = strrchr(path, '/');
    return name && (strncmp(name, "/libc.so", 8) == 0 || strncmp(name, "/libc-2.", 8) == 0);
}

void scan_add_map(struct scan_target *target, struct scan_map map, const char *name)
{
    GROW(target->maps, target->map_count, target->map_capacity);
    map.name = xstrdup(name);
    target->maps[target->map_count++] = map;
}

void scan_add_constant(struct scan_target *target, struct scan_constant constant)
{
    GROW(target->constants, target->constant_count, target->constant_capacity);
    target->constants[target->constant_count++] = constant;
}

struct scan_thread *scan_add_thread(struct scan_target *target)
{
    GROW(target->threads, target->thread_count, target->thread_capacity);
    target->threads[target->thread_count] = (struct scan_thread){0};
    return &target->threads[target->thread_count++];
}

/* What has no file and follows right behind a file's mapping is what its variables that are 0 at
 * the start lie in. */
void scan_tell_statics(struct scan_target *target)
{
    for (size_t i = 0; i < target->map_count; i++) {
        struct scan_map *map = &target->maps[i];
        const struct scan_map *before = i > 0 ? map - 1 : NULL;
        const bool follows = !*map->name && before && before->is_static &&
                             before->end == map->begin && *before->name;
        map->is_static = (*map->name == '/' && !is_libc(map->name)) || follows;
        map->recorder = follows ? before->recorder : strstr(map->name, RECORDER) != NULL;
    }
}

size_t scan_read(void *from, uint64_t address, void *to, size_t size)
{
    const struct scan_target *target = from;
    return target->read(target, address, to, size);
}

void scan_target_close(struct scan_target *target)
{
    for (size_t i = 0; i < target->map_count; i++)
        free(target->maps[i].name);
    free(target->maps);
    free(target->constants);
    free(target->kept);
    free(target->threads);
    free(target->program);
    free(target->missing);
    loaded_images_close(target->images);
    if (target->data)
        target->free_data(target->data);
    if (target->memory >= 0)
        close(target->memory);
    if (target->pagemap >= 0)
        close(target->pagemap);
}
