/*
 * symbol_table.h - the functions and variables of ELF symbol tables, looked up by address.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_SYMBOL_TABLE_H
#define ANALYZER_SYMBOLS_SYMBOL_TABLE_H

#include "analyzer/symbols/address_ranges.h"

#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

struct table_symbol {
    const char *name; /* in the Elf; it ends at an '@', then comes a version */
    int binding;      /* STB_... */
};

struct symbol_table {
    struct table_symbol *symbols;
    size_t count, capacity;
    struct address_ranges functions, variables; /* their items are indices of `symbols` */
};

/*
 * Adds the functions and variables in .symtab and .dynsym of ELF, which must stay open as long as
 * TABLE is used; broken entries are left out. Then once symbol_table_finish().
 */
void symbol_table_add(struct symbol_table *table, Elf *elf);
void symbol_table_finish(struct symbol_table *table);
void symbol_table_free(struct symbol_table *table);

/*
 * Name of the function that holds ADDRESS, with its length in *LENGTH; NULL where none does. Of
 * several: the smallest one, then global before weak before local, then the fewest leading
 * underscores, the shortest, the first in the alphabet. So a name does not depend on the order of
 * a table, nor on whether a stripped or an unstripped copy was read if both have a global one.
 */
const char *symbol_table_find(const struct symbol_table *table, uint64_t address, size_t *length);

/* The same of the variable that holds ADDRESS, and how many bytes behind its beginning in *OFFSET.
 */
const char *symbol_table_variable(const struct symbol_table *table, uint64_t address,
                                  size_t *length, uint64_t *offset);

#endif
