/* next_function.c - the function behind the recorder's own; see next_function.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/code/next_function.h"

#include "preload/code/image.h"
#include "preload/util/old_library.h"

#include <string.h>

struct search {
    struct slice name;
    bool behind; /* the recorder has been passed */
    uint64_t address;
};

static bool look(struct image *image, void *data)
{
    struct search *search = data;
    if (search->behind)
        search->address = image_symbol(image, search->name).address;
    else
        search->behind = image_is_code(image, (uint64_t)(uintptr_t)look);
    return search->address != 0;
}

/* An older C library has dlsym() elsewhere. */
void *next_function(const char *name)
{
    struct search search = {.name = {name, strlen(name)}};
    if (dlsym)
        return dlsym(RTLD_NEXT, name);
    images_visit(look, &search);
    return (void *)search.address;
}
