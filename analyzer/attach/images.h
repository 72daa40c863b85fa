/*
 * images.h - what is loaded into another process, by its own memory: no file of it is opened, so
 * it may live in another mount namespace or a chroot.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_IMAGES_H
#define ANALYZER_ATTACH_IMAGES_H

#include "analyzer/attach/memory.h"
#include "analyzer/util/error.h"

#define IMAGE_NAME_MAX 4096

/* What its loader has listed. All addresses are the process's. */
struct target_image {
    uint64_t bias, dynamic;
    char name[IMAGE_NAME_MAX]; /* "" for the executable */
};

struct target_images {
    const struct target_memory *memory;
    uint64_t list, debug; /* of the loader: its first image, its account */
};

/* False with *ERROR set: the process is static, or not laid out as usual. */
bool target_images_find(struct target_images *images, const struct target_memory *memory, pid_t pid,
                        struct error *error);

/* Is the loader in the middle of loading or unloading something? */
bool target_images_change(const struct target_images *images);

/* The image behind the one at *PLACE, which is 0 at first. False: there are no more. */
bool target_image_next(const struct target_images *images, uint64_t *place,
                       struct target_image *image);

/* Where IMAGE exports NAME; 0: it does not. */
uint64_t target_symbol(const struct target_images *images, const struct target_image *image,
                       const char *name);

/* Where the first image that exports NAME has it, which becomes *IMAGE; 0: none does. */
uint64_t target_find(const struct target_images *images, const char *name,
                     struct target_image *image);

/* The first place where the code of IMAGE has these SIZE bytes; 0: none. */
uint64_t target_find_code(const struct target_images *images, const struct target_image *image,
                          const void *bytes, size_t size);

/* Bytes that IMAGE, whose addresses begin with 0, takes; 0: not known. */
uint64_t target_image_size(const struct target_images *images, const struct target_image *image);

#endif
