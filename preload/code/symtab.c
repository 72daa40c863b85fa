/* symtab.c - the table of all symbols in a file; see symtab.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/symtab.h"

#include "preload/code/xz.h"
#include "preload/util/file_status.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNPACKED_MAX (UINT64_C(64) << 20) /* bytes */

static void *map_whole_file(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* it may be a FIFO */
    if (fd < 0)
        return NULL;
    void *file = MAP_FAILED;
    if (file_status(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(Elf64_Ehdr))
        file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    *size = file == MAP_FAILED ? 0 : (size_t)st.st_size;
    return file == MAP_FAILED ? NULL : file;
}

static bool in_file(const struct symtab *symtab, uint64_t offset, uint64_t size)
{
    return offset <= symtab->file_size && size <= symtab->file_size - offset;
}

/* NULL: they lie beyond the file's end. */
static const Elf64_Shdr *sections_of(const struct symtab *symtab)
{
    const Elf64_Ehdr *elf = symtab->file;
    if (!in_file(symtab, elf->e_shoff, (uint64_t)elf->e_shnum * sizeof(Elf64_Shdr)))
        return NULL;
    return (const void *)((const char *)symtab->file + elf->e_shoff);
}

static bool find_table(struct symtab *symtab)
{
    const char *file = symtab->file;
    const Elf64_Ehdr *elf = symtab->file;
    const Elf64_Shdr *sections = sections_of(symtab);
    for (unsigned i = 0; sections && i < elf->e_shnum; i++) {
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

static bool is_packed_table(const struct symtab *symtab, const Elf64_Shdr *section,
                            const Elf64_Shdr *names)
{
    static const char name[] = ".gnu_debugdata";
    return section->sh_type == SHT_PROGBITS && section->sh_name < names->sh_size &&
           names->sh_size - section->sh_name >= sizeof(name) &&
           in_file(symtab, names->sh_offset, names->sh_size) &&
           in_file(symtab, section->sh_offset, section->sh_size) &&
           memcmp((const char *)symtab->file + names->sh_offset + section->sh_name, name,
                  sizeof(name)) == 0;
}

/* The section of the file that has another file packed in it; NULL: none. */
static const Elf64_Shdr *find_packed(const struct symtab *symtab)
{
    const Elf64_Ehdr *elf = symtab->file;
    const Elf64_Shdr *sections = sections_of(symtab);
    for (unsigned i = 0; sections && elf->e_shstrndx < elf->e_shnum && i < elf->e_shnum; i++) {
        if (is_packed_table(symtab, &sections[i], &sections[elf->e_shstrndx]))
            return &sections[i];
    }
    return NULL;
}

/* What SECTION of the file has packed, in a mapping of its own. False: it cannot be unpacked. */
static bool unpack(const struct symtab *symtab, const Elf64_Shdr *section, struct symtab *to)
{
    const void *packed = (const char *)symtab->file + section->sh_offset;
    const uint64_t size = xz_unpacked_size(packed, section->sh_size);
    if (size < sizeof(Elf64_Ehdr) || size > UNPACKED_MAX)
        return false;
    const size_t begin = (size + 7) & ~(size_t)7, room = begin + LZMA2_WORK_SIZE;
    char *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    *to = (struct symtab){.file = memory, .file_size = room};
    return xz_unpack(packed, section->sh_size, memory, memory + begin) && find_table(to);
}

bool symtab_open_packed(struct symtab *symtab, const char *path)
{
    struct symtab file = {0};
    *symtab = (struct symtab){0};
    file.file = map_whole_file(path, &file.file_size);
    const Elf64_Shdr *section = file.file ? find_packed(&file) : NULL;
    const bool found = section && unpack(&file, section, symtab);
    symtab_close(&file);
    if (!found)
        symtab_close(symtab);
    return found;
}

void symtab_close(struct symtab *symtab)
{
    if (symtab->file)
        munmap(symtab->file, symtab->file_size);
    *symtab = (struct symtab){0};
}

/* Is TEXT, LENGTH bytes up to the end of what may be read, what follows the name of a static
 * function that link-time optimisation made global to the program, and back again: a number that
 * tells it from others? */
static bool is_suffix(const char *text, size_t length)
{
    static const char *const suffixes[] = {".lto_priv.", ".llvm."};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        const size_t size = strlen(suffixes[i]);
        if (length > size && memcmp(text, suffixes[i], size) == 0)
            return true;
    }
    return false;
}

static bool is_name(const struct symtab *symtab, const Elf64_Sym *symbol, struct slice name)
{
    const size_t room = symtab->strings_size;
    if (symbol->st_name >= room || name.length >= room - symbol->st_name)
        return false;
    const char *text = symtab->strings + symbol->st_name, *rest = text + name.length;
    return memcmp(text, name.text, name.length) == 0 &&
           (*rest == '\0' || is_suffix(rest, room - symbol->st_name - name.length));
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
