/* loaded_objects.c - which loaded file an address belongs to; see loaded_objects.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/loaded_objects.h"

#include "preload/code/image.h"
#include "preload/code/loaded_table.h"

#ifndef __GLIBC__
#error "the recorder needs the GNU C library, 2.34 or later (as in Debian 12, Ubuntu 22.04, RHEL 9)"
#elif !__GLIBC_PREREQ(2, 34)
#error "the recorder needs the GNU C library 2.34 or later (as in Debian 12, Ubuntu 22.04, RHEL 9)"
#endif

/* As glibc 2.35 and later lay it out on x86-64; the headers of 2.34 have no such structure. */
struct loader_answer {
    unsigned long long flags;
    void *start, *end;
    struct link_map *map;
    void *eh_frame_hdr;
    unsigned long long reserved[7];
};

static int (*ask_loader)(void *address, struct loader_answer *answer);
static bool is_set_up;

static bool find_function(struct image *image, void *data)
{
    static const char name[] = "_dl_find_object";
    uint64_t *address = data;
    *address = image_symbol(image, (struct slice){name, sizeof(name) - 1}).address;
    return *address != 0;
}

/* By its name: a library that refers to what an older loader has not would keep programs from
 * starting. dlsym() would leave an error message behind. */
void loaded_setup(void)
{
    uint64_t address = 0;
    if (!is_set_up && images_visit(find_function, &address))
        ask_loader = (int (*)(void *, struct loader_answer *))address;
    is_set_up = true;
    if (!ask_loader)
        loaded_table_setup();
}

bool loaded_find(uint64_t address, struct loaded_object *object)
{
    struct loader_answer answer;
    if (!ask_loader)
        return loaded_table_find(address, object);
    if (ask_loader((void *)address, &answer) != 0)
        return false;
    *object =
        (struct loaded_object){(uint64_t)(uintptr_t)answer.start, (uint64_t)(uintptr_t)answer.end,
                               answer.map, answer.eh_frame_hdr};
    return true;
}

void loaded_changed(void)
{
    if (!ask_loader)
        loaded_table_fill();
}

void loaded_unwatched(void)
{
    if (!ask_loader)
        loaded_table_clear();
}
