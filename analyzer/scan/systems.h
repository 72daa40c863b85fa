/* systems.h - which pool systems a process has, by what its images define. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_SCAN_SYSTEMS_H
#define ANALYZER_SCAN_SYSTEMS_H

#include "analyzer/api/description.h"
#include "analyzer/scan/value.h"
#include "preload/walk/walk.h"

/* A description that is not the process's own is read by its name. */
struct scan_system {
    struct api_description *description;
    const struct loaded_image *image;                  /* that has the system */
    const struct api_layout *layouts[API_LAYOUTS_MAX]; /* those that it has, by what it defines */
    unsigned layout_count;
    struct scan_holder roots[API_ROOTS_MAX]; /* as many as the description has */
    struct scan_holder free_blocks;          /* of the first layout: the first that was found */
};

struct scan_systems {
    struct scan_system *items;
    size_t count;
};

/*
 * The systems of TARGET: of the built-in descriptions or, where NAME is not NULL, of that one or
 * the one in the file NAME. False with *ERROR set: there is no such description. There may be no
 * systems. Ended with scan_systems_free(), before TARGET is.
 */
bool scan_find_systems(struct scan_systems *systems, const struct scan_target *target,
                       const char *name, struct error *error);
void scan_systems_free(struct scan_systems *systems);

#endif
