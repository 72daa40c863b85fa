/*
 * loaded_images.h - the files that a process has mapped as code, and the names that they define.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_API_LOADED_IMAGES_H
#define ANALYZER_API_LOADED_IMAGES_H

#include "analyzer/util/error.h"
#include "preload/api/slice.h"

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct loaded_image;
struct loaded_images;

/* Which names of an image: those it exports (.dynsym), or those of its symbol table (.symtab). */
enum image_names { NAMES_EXPORTED, NAMES_OF_SYMTAB };

/* Of process PID, which may end afterwards; of one that is not stopped, what it had at some moment.
 * NULL with *ERROR set: they cannot be read. Ended with loaded_images_close(). */
struct loaded_images *loaded_images_open(pid_t pid, struct error *error);

/* A file that was mapped from its start at BASE. */
struct loaded_file {
    const char *path;
    uint64_t base;
};

/* The same by COUNT files; those that cannot be read, or are no programs or libraries, are left
 * out. */
struct loaded_images *loaded_images_of_files(const struct loaded_file *files, size_t count,
                                             struct error *error);
void loaded_images_close(struct loaded_images *images);

/* The image number INDEX, from 0; NULL past the last. */
const struct loaded_image *loaded_image(const struct loaded_images *images, size_t index);

/* The image that ADDRESS is in, and where in its file's addresses; NULL: it is in none. */
const struct loaded_image *loaded_image_at(const struct loaded_images *images, uint64_t address,
                                           uint64_t *offset);

/* Its file's path, and the last part of it. */
const char *loaded_image_path(const struct loaded_image *image);
const char *loaded_image_name(const struct loaded_image *image);

/* Its file, owned by the images, and what its addresses there differ from those in memory. */
Elf *loaded_image_elf(const struct loaded_image *image);
uint64_t loaded_image_bias(const struct loaded_image *image);

/* Where it ends in memory. */
uint64_t loaded_image_end(const struct loaded_image *image);

/* The address, in its file's addresses, of a function or variable NAME; 0: it is not defined. */
uint64_t loaded_image_symbol(const struct loaded_image *image, enum image_names names,
                             struct slice name);

/* A function or variable by any of its names' tables. */
struct loaded_symbol {
    const char *name; /* the image's */
    uint64_t address; /* in its file's addresses */
    uint64_t size;    /* bytes, 0: not known */
};

/* The one called NAME, exported or not; false: it is not defined. */
bool loaded_image_find(const struct loaded_image *image, struct slice name,
                       struct loaded_symbol *symbol);

/* The variable that ADDRESS, one of its file's, lies in; false: in none with a name. */
bool loaded_image_variable_at(const struct loaded_image *image, uint64_t address,
                              struct loaded_symbol *symbol);

#endif
