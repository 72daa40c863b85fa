/* symtab.c - the table of all symbols in a file; see symtab.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/symtab.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *map_whole_file(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    void *file = MAP_FAILED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(Elf64_Ehdr))
        file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    *size = file == MAP_FAILED ? 0 : (size_t)st.st_size;
    return file == MAP_FAILED ? NULL : file;
}

static bool in_file(const struct symtab *symtab, uint64_t offset, uint64_t size)
{
    return offset <= symtab->file_size && size <= symtab->file_size - offset;
}

static bool find_table(struct symtab *symtab)
{
    const char *file = symtab->file;
    const Elf64_Ehdr *elf = symtab->file;
    if (!in_file(symtab, elf->e_shoff, (uint64_t)elf->e_shnum * sizeof(Elf64_Shdr)))
        return false;
    const Elf64_Shdr *sections = (const void *)(file + elf->e_shoff);
    for (unsigned i = 0; i < elf->e_shnum; i++) {
        const Elf64_Shdr *table = &sections[i];
        if (table->sh_type != SHT_SYMTAB || table->sh_link >= elf->e_shnum)
            continue;
        const Elf64_Shdr *names = &sections[table->sh_link];
        if (!in_file(symtab, table->sh_offset, table->sh_size) ||
            !in_file(symtab, names->sh_offset, names->sh_size))
            return false;
        symtab->symbols = (const void *)(file + table->sh_offset);
        symtab->count = table->sh_size / sizeof(Elf64_Sym);
        symtab->strings = file + names->sh_offset;
        symtab->strings_size = names->sh_size;
        return true;
    }
    return false;
}

bool symtab_open(struct symtab *symtab, const char *file)
{
    symtab->file = map_whole_file(file, &symtab->file_size);
    if (symtab->file && find_table(symtab))
        return true;
    symtab_close(symtab);
    return false;
}

void symtab_close(struct symtab *symtab)
{
    if (symtab->file)
        munmap(symtab->file, symtab->file_size);
    *symtab = (struct symtab){0};
}

/* The name of a static function that a compiler made global to the program, and back again, is
 * followed by a number that tells it from others. */
static bool is_name(const struct symtab *symtab, const Elf64_Sym *symbol, struct slice name)
{
    static const char private[] = ".lto_priv.";
    const size_t room = symtab->strings_size;
    if (symbol->st_name >= room || name.length >= room - symbol->st_name)
        return false;
    const char *text = symtab->strings + symbol->st_name, *rest = text + name.length;
    const size_t left = room - symbol->st_name - name.length;
    return memcmp(text, name.text, name.length) == 0 &&
           (*rest == '\0' ||
            (left > sizeof(private) && memcmp(rest, private, sizeof(private) - 1) == 0));
}

const Elf64_Sym *symtab_static(const struct symtab *symtab, struct slice name)
{
    const Elf64_Sym *found = NULL;
    for (size_t i = 0; i < symtab->count; i++) {
        const Elf64_Sym *symbol = &symtab->symbols[i];
        if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF ||
            ELF64_ST_BIND(symbol->st_info) != STB_LOCAL || !is_name(symtab, symbol, name))
            continue;
        if (found)
            return NULL;
        found = symbol;
    }
    return found;
}
