/*
 * image.h - where things are in an image that is loaded: symbols by name, where a function's tail
 * jump or call leads, where a function ends. What visits all images takes the loader's lock: it is
 * for use before main.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_IMAGE_H
#define PRELOAD_CODE_IMAGE_H

#include "preload/api/slice.h"
#include "preload/code/symtab.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image {
    const char *path; /* the loader's, "" for the executable */
    uint64_t bias;
    const Elf64_Phdr *headers;
    unsigned header_count;
    const void *eh_frame_hdr; /* NULL: none */
    const Elf64_Sym *symbols; /* .dynsym, or .symtab when image_use_symtab() found one */
    size_t symbol_count;      /* of .symtab, or of .dynsym where it has no GNU hash table */
    const uint32_t *gnu_hash; /* of .dynsym; NULL: it has none, or .symtab is used */
    const char *strings;
    size_t strings_size;
    struct symtab symtab;         /* of the image's file, while it is open */
    const struct link_map *map;   /* of one that was loaded later, the loader's; else NULL */
    const struct link_map *along; /* then, the first of those that were loaded with it */
};

struct image_symbol {
    uint64_t address; /* in memory; 0: there is none */
    uint64_t size;    /* bytes, 0: not known */
};

/* The image of MAP, whose code need not be relocated; takes no lock. False: it is not one that is
 * laid out as usual, or its code changes when it is relocated. */
bool image_of_map(const struct link_map *map, struct image *image);

/* Is MAP there, of those that the loader had when it told last? Takes no lock. */
bool image_is_listed(const struct link_map *map);

/* Calls VISIT with each loaded image, the executable first, until it returns true. */
bool images_visit(bool (*visit)(struct image *image, void *data), void *data);

/*
 * Opens FILE, the image's, for the names in its .symtab or, where it is stripped, in its
 * .gnu_debugdata: those of static functions, see image_static(). With ALONE, image_symbol() looks
 * in .symtab instead of in .dynsym; .gnu_debugdata has no variables, and will not do. False: it has
 * no such table. Undone by image_close_file().
 */
bool image_open_file(struct image *image, const char *file, bool alone);
void image_close_file(struct image *image);

/* A function or variable that the image defines. */
struct image_symbol image_symbol(const struct image *image, struct slice name);

/* The same in any image that is loaded, the executable first, or in those that were loaded with
 * IMAGE; *WHERE is the one that defines it. */
struct image_symbol images_symbol(const struct image *image, struct slice name,
                                  struct image *where);

/* The only static function of that NAME, which link-time optimisation may have given a suffix,
 * where the image's file is open. */
struct image_symbol image_static(const struct image *image, struct slice name);

/* Does the image define all of the names? */
bool image_defines(const struct image *image, const struct slice *names, unsigned count);

/* Is ADDRESS in what the image may run? */
bool image_is_code(const struct image *image, uint64_t address);

/*
 * Bytes of the function at ADDRESS: by the unwind tables, else SIZE (its symbol's). 0: not known,
 * or ADDRESS is not where a function begins.
 */
uint64_t image_function_size(const struct image *image, uint64_t address, uint64_t size);

/* Does the image export a function at ADDRESS or, where .symtab is used, define one there that is
 * not static? */
bool image_exports(const struct image *image, uint64_t address);

/*
 * The start of the internal function, which is not exported, that the one at ADDRESS (SIZE bytes)
 * jumps to when it is done; 0: there is no such jump, or more than one place it goes to. What is
 * exported does not count: it has a purpose of its own, and a description can name it.
 */
uint64_t image_tail_jump(const struct image *image, uint64_t address, uint64_t size);

/* The same where the jump is on a condition, of a function that calls itself: other code that is
 * jumped to so may be a part of the function that is rarely run. */
uint64_t image_tail_branch(const struct image *image, uint64_t address, uint64_t size);

/*
 * The start of the function that call number NUMBER, from 1, in the code at ADDRESS (SIZE bytes)
 * goes to. Direct calls are counted, in the order in which they lie in memory. 0: there are not so
 * many, or it goes to an exported function, or to where none begins, such as a place from which
 * another image is called.
 */
uint64_t image_call(const struct image *image, uint64_t address, uint64_t size, uint32_t number);

/* Is it a program, in which direct calls lead to what it exports itself? Those of a library may go
 * by way of its table of what is linked. */
bool image_is_program(const struct image *image);

/* Does the code at ADDRESS (SIZE bytes) call or jump to TARGET directly? */
bool image_reaches(uint64_t address, uint64_t size, uint64_t target);

/* Has the code at ADDRESS (SIZE bytes) an operand at DATA, relative to the instruction? */
bool image_refers(uint64_t address, uint64_t size, uint64_t data);

/* The internal functions, MAX at most, that the code of FUNCTION calls or jumps to. Returns how
 * many. */
unsigned image_callees(const struct image *image, struct image_symbol function, uint64_t *callees,
                       unsigned max);

/*
 * The variable that access number NUMBER, from 1, in the code of FUNCTION reads or writes, in the
 * order of addresses. What counts is an access of 8 bytes, at an address relative to the
 * instruction's own, to what the image may write once it is loaded. 0: there are not so many.
 */
uint64_t image_variable(const struct image *image, struct image_symbol function, uint32_t number);

#endif
