/*
 * symtab.h - the table of all symbols in a file, also of static functions, which a stripped file
 * has no more. It is read from the file, and no part of what is loaded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_SYMTAB_H
#define PRELOAD_CODE_SYMTAB_H

#include "preload/api/slice.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

struct symtab {
    void *file; /* its mapping; NULL: it is not open */
    size_t file_size;
    const Elf64_Sym *symbols;
    size_t count;
    const char *strings;
    size_t strings_size;
};

/* False: FILE cannot be read, or has no such table. Undone by symtab_close(). */
bool symtab_open(struct symtab *symtab, const char *file);

/* The same where FILE is stripped of it, but carries one of functions alone, without those that it
 * exports, packed (.gnu_debugdata), as Fedora and RHEL ship all programs. */
bool symtab_open_packed(struct symtab *symtab, const char *file);
void symtab_close(struct symtab *symtab);

/* The static function NAME, or NAME with what link-time optimisation appends to it. NULL: there is
 * none, or more than one. */
const Elf64_Sym *symtab_static(const struct symtab *symtab, struct slice name);

#endif
