/* symbol_table.c - see symbol_table.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/symbol_table.h"

#include "analyzer/util/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Longer ones are nobody's but somebody's attempt to fill our memory. */
#define LONGEST_NAME 4096

/* The ranges that SYMBOL belongs to; NULL: it is neither a function nor a variable. */
static struct address_ranges *ranges_for(struct symbol_table *table, Elf *elf,
                                         const GElf_Sym *symbol)
{
    GElf_Shdr section;
    const int type = GELF_ST_TYPE(symbol->st_info);

    if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE && type != STT_OBJECT)
        return NULL;
    if (symbol->st_size == 0 || symbol->st_value + symbol->st_size < symbol->st_value)
        return NULL;
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= SHN_LORESERVE)
        return NULL;
    if (gelf_getshdr(elf_getscn(elf, symbol->st_shndx), &section) == NULL)
        return NULL;
    if ((section.sh_flags & SHF_EXECINSTR) != 0)
        return type == STT_OBJECT ? NULL : &table->functions;
    return type == STT_OBJECT ? &table->variables : NULL;
}

static size_t name_length(const char *name)
{
    return strcspn(name, "@");
}

static void add_symbol(struct symbol_table *table, struct address_ranges *ranges,
                       const GElf_Sym *symbol, const char *name)
{
    if (name == NULL || strnlen(name, LONGEST_NAME + 1) > LONGEST_NAME || name_length(name) == 0)
        return;
    GROW(table->symbols, table->count, table->capacity);
    address_ranges_add(ranges, symbol->st_value, symbol->st_value + symbol->st_size, table->count);
    table->symbols[table->count++] =
        (struct table_symbol){.name = name, .binding = GELF_ST_BIND(symbol->st_info)};
}

static void add_section(struct symbol_table *table, Elf *elf, Elf_Scn *section,
                        const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;

    for (int i = 0; data != NULL && gelf_getsym(data, i, &symbol) != NULL; i++) {
        struct address_ranges *ranges = ranges_for(table, elf, &symbol);
        if (ranges != NULL)
            add_symbol(table, ranges, &symbol, elf_strptr(elf, header->sh_link, symbol.st_name));
    }
}

void symbol_table_add(struct symbol_table *table, Elf *elf)
{
    GElf_Shdr header;
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section)) != NULL)
        if (gelf_getshdr(section, &header) != NULL &&
            (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM))
            add_section(table, elf, section, &header);
}

void symbol_table_finish(struct symbol_table *table)
{
    address_ranges_sort(&table->functions);
    address_ranges_sort(&table->variables);
}

void symbol_table_free(struct symbol_table *table)
{
    address_ranges_free(&table->functions);
    address_ranges_free(&table->variables);
    free(table->symbols);
    *table = (struct symbol_table){.symbols = NULL};
}

static int rank_of(const struct table_symbol *symbol)
{
    switch (symbol->binding) {
    case STB_GLOBAL:
    case STB_GNU_UNIQUE:
        return 0;
    case STB_WEAK:
        return 1;
    default:
        return 2;
    }
}

static bool is_better_name(const char *name, const char *than)
{
    size_t underscores = strspn(name, "_"), than_underscores = strspn(than, "_");
    size_t length = name_length(name), than_length = name_length(than);

    if (underscores != than_underscores)
        return underscores < than_underscores;
    if (length != than_length)
        return length < than_length;
    return memcmp(name, than, length) < 0;
}

static bool is_better(const struct symbol_table *table, const struct address_range *range,
                      const struct address_range *than)
{
    const struct table_symbol *symbol = &table->symbols[range->item];
    const struct table_symbol *other = &table->symbols[than->item];
    uint64_t size = range->end - range->start, other_size = than->end - than->start;

    if (size != other_size)
        return size < other_size;
    if (rank_of(symbol) != rank_of(other))
        return rank_of(symbol) < rank_of(other);
    return is_better_name(symbol->name, other->name);
}

static const struct address_range *best_range(const struct symbol_table *table,
                                              const struct address_ranges *ranges, uint64_t address)
{
    const struct address_range *best = NULL, *range = NULL;

    while ((range = address_ranges_next(ranges, address, range)) != NULL)
        if (best == NULL || is_better(table, range, best))
            best = range;
    return best;
}

const char *symbol_table_find(const struct symbol_table *table, uint64_t address, size_t *length)
{
    const struct address_range *best = best_range(table, &table->functions, address);

    if (best == NULL)
        return NULL;
    *length = name_length(table->symbols[best->item].name);
    return table->symbols[best->item].name;
}

const char *symbol_table_variable(const struct symbol_table *table, uint64_t address,
                                  size_t *length, uint64_t *offset)
{
    const struct address_range *best = best_range(table, &table->variables, address);

    if (best == NULL)
        return NULL;
    *length = name_length(table->symbols[best->item].name);
    *offset = address - best->start;
    return table->symbols[best->item].name;
}
