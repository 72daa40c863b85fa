/* loaded_table.c - the loaded objects, by the loader's list of them; see loaded_table.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/loaded_table.h"

#include "preload/code/image.h"

#define TABLE_PAGE 4096u

struct table {
    unsigned count;
    struct loaded_object objects[OBJECTS_MAX];
};

/* The one that `version` chooses is read while the other is filled. */
static struct table tables[2];
static uint64_t version;
static struct image program;

/* The program is the first in the loader's list. It may be where its file says, with its headers
 * anywhere. */
static bool describe(const struct link_map *map, struct image *image)
{
    if (map != _r_debug.r_map)
        return image_of_map(map, image);
    *image = program;
    return true;
}

static struct loaded_object object_of(const struct link_map *map, const struct image *image)
{
    struct loaded_object object = {UINT64_MAX, 0, map, image->eh_frame_hdr};
    for (unsigned i = 0; i < image->header_count; i++) {
        const Elf64_Phdr *segment = &image->headers[i];
        const uint64_t start = image->bias + segment->p_vaddr, end = start + segment->p_memsz;
        if (segment->p_type != PT_LOAD)
            continue;
        object.start = start < object.start ? start : object.start;
        object.end = end > object.end ? end : object.end;
    }
    object.start &= ~(uint64_t)(TABLE_PAGE - 1);
    return object;
}

/* Before it is filled, the other table was read from for as long as one filling lasted at least:
 * who still reads it sees by the version that it reads on in vain. */
void loaded_table_fill(void)
{
    const uint64_t next = version + 1;
    struct table *table = &tables[next % 2];
    unsigned count = 0;
    for (const struct link_map *map = _r_debug.r_map; map && count < OBJECTS_MAX;
         map = map->l_next) {
        struct image image;
        if (describe(map, &image))
            table->objects[count++] = object_of(map, &image);
    }
    table->count = count;
    __atomic_store_n(&version, next, __ATOMIC_RELEASE);
}

/* While images are visited, none comes or goes. */
static bool fill_with(struct image *image, void *data)
{
    (void)data;
    program = *image;
    loaded_table_fill();
    return true;
}

void loaded_table_setup(void)
{
    images_visit(fill_with, NULL);
}

static bool look_up(const struct table *table, uint64_t address, struct loaded_object *object)
{
    const unsigned count = table->count < OBJECTS_MAX ? table->count : OBJECTS_MAX;
    for (unsigned i = 0; i < count; i++) {
        *object = table->objects[i];
        if (address >= object->start && address < object->end)
            return true;
    }
    return false;
}

/* An addition of nothing keeps the reads before it before it, and unlike a fence ThreadSanitizer
 * knows it. */
bool loaded_table_find(uint64_t address, struct loaded_object *object)
{
    for (;;) {
        const uint64_t seen = __atomic_load_n(&version, __ATOMIC_ACQUIRE);
        const bool found = look_up(&tables[seen % 2], address, object);
        if (__atomic_fetch_add(&version, 0, __ATOMIC_RELEASE) == seen)
            return found;
    }
}

void loaded_table_clear(void)
{
    const uint64_t next = version + 1;
    tables[next % 2].count = 0;
    __atomic_store_n(&version, next, __ATOMIC_RELEASE);
}
