/* callee.c - what a call instruction calls; see callee.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/callee.h"

#include "analyzer/symbols/symbol_table.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

struct callees {
    struct module_files files;
    struct symbol_table table;
};

struct callees *callees_open(const struct symbol_sources *sources, const struct code_module *module)
{
    struct callees *callees = xcalloc(1, sizeof(*callees));
    GElf_Ehdr header;
    callees->files = (struct module_files){.file = {NULL, -1}, .debug = {NULL, -1}};
    char *why = module->path[0] == '/' ? module_files_open(&callees->files, sources, module) : NULL;
    free(why);
    Elf *elf = callees->files.file.elf;
    if (elf && gelf_getehdr(elf, &header) && header.e_machine == EM_X86_64)
        symbol_table_add(&callees->table, elf);
    symbol_table_finish(&callees->table);
    return callees;
}

void callees_free(struct callees *callees)
{
    if (!callees)
        return;
    symbol_table_free(&callees->table);
    module_files_close(&callees->files);
    free(callees);
}

/* SIZE bytes of the image at ADDRESS. */
static bool read_image(const struct callees *callees, uint64_t address, uint8_t *to, size_t size)
{
    Elf *elf = callees->files.file.elf;
    size_t count = 0;
    if (!elf || elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr part;
        if (!gelf_getphdr(elf, (int)i, &part) || part.p_type != PT_LOAD || address < part.p_vaddr ||
            address - part.p_vaddr >= part.p_filesz ||
            part.p_filesz - (address - part.p_vaddr) < size)
            continue;
        const Elf_Data *data = elf_getdata_rawchunk(
            elf, (int64_t)(part.p_offset + (address - part.p_vaddr)), size, ELF_T_BYTE);
        if (!data || data->d_size != size)
            return false;
        memcpy(to, data->d_buf, size);
        return true;
    }
    return false;
}

/* NEXT plus the signed 32 bits at BYTES. */
static uint64_t relative(uint64_t next, const uint8_t *bytes)
{
    int32_t distance;
    memcpy(&distance, bytes, sizeof(distance));
    return next + (uint64_t)(int64_t)distance;
}

/* The symbol that SECTION, relocations, puts into the word at SLOT. */
static const char *name_in_section(Elf *elf, Elf_Scn *section, uint64_t slot)
{
    GElf_Shdr header, symbols;
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || !gelf_getshdr(section, &header) || header.sh_entsize == 0)
        return NULL;
    Elf_Scn *linked = elf_getscn(elf, header.sh_link);
    Elf_Data *table = linked ? elf_getdata(linked, NULL) : NULL;
    if (!table || !gelf_getshdr(linked, &symbols))
        return NULL;
    for (size_t i = 0; i < data->d_size / header.sh_entsize; i++) {
        GElf_Rela entry;
        GElf_Sym symbol;
        if (!gelf_getrela(data, (int)i, &entry) || entry.r_offset != slot)
            continue;
        if (!gelf_getsym(table, (int)GELF_R_SYM(entry.r_info), &symbol))
            return NULL;
        return elf_strptr(elf, symbols.sh_link, symbol.st_name);
    }
    return NULL;
}

static const char *name_in_slot(const struct callees *callees, uint64_t slot, size_t *length)
{
    Elf *elf = callees->files.file.elf;
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section; section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) && header.sh_type == SHT_RELA
                               ? name_in_section(elf, section, slot)
                               : NULL;
        if (name && *name) {
            *length = strcspn(name, "@");
            return name;
        }
    }
    return NULL;
}

/* What an entry of the PLT at ADDRESS jumps to. */
static const char *name_behind_plt(const struct callees *callees, uint64_t address, size_t *length)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    uint8_t code[11]; /* endbr64, a prefix, jmp *(rip+...) */
    size_t at = 0;
    if (!read_image(callees, address, code, sizeof(code)))
        return NULL;
    if (memcmp(code, endbr64, sizeof(endbr64)) == 0)
        at += sizeof(endbr64);
    at += code[at] == 0xf2;
    if (code[at] != 0xff || code[at + 1] != 0x25)
        return NULL;
    return name_in_slot(callees, relative(address + at + 6, code + at + 2), length);
}

const char *callees_name(const struct callees *callees, uint64_t return_address, size_t *length)
{
    uint8_t code[6];
    if (return_address < sizeof(code) ||
        !read_image(callees, return_address - sizeof(code), code, sizeof(code)))
        return NULL;
    if (code[0] == 0xff && code[1] == 0x15)
        return name_in_slot(callees, relative(return_address, code + 2), length);
    if (code[1] != 0xe8)
        return NULL;
    const uint64_t target = relative(return_address, code + 2);
    const char *name = symbol_table_find(&callees->table, target, length);
    return name ? name : name_behind_plt(callees, target, length);
}
