/* inflated.c - what an ELF file's sections take, before any is unpacked; see inflated.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/inflated.h"

#include <gelf.h>
#include <string.h>

/* Real debug information comes down to a third or a tenth. */
#define TIMES_MOST 64
#define FREE       (UINT64_C(16) << 20) /* bytes of each section, whatever it was packed to */

#define OLD_HEADER                                                                                 \
    12 /* bytes of a section .zdebug_*: "ZLIB", then the size, the highest byte first */

/* UINT64_MAX: it cannot be told. */
static uint64_t size_of_old(Elf_Scn *section)
{
    const Elf_Data *data = elf_rawdata(section, NULL);
    uint64_t size = 0;
    if (!data || !data->d_buf || data->d_size < OLD_HEADER)
        return UINT64_MAX;
    for (unsigned i = 4; i < OLD_HEADER; i++)
        size = size << 8 | ((const unsigned char *)data->d_buf)[i];
    return size;
}

static uint64_t size_of(Elf_Scn *section, const GElf_Shdr *header, const char *name)
{
    GElf_Chdr packed;
    uint64_t size = header->sh_size;
    if (header->sh_type == SHT_NOBITS || header->sh_flags & SHF_EXECINSTR)
        return 0;
    if (header->sh_flags & SHF_COMPRESSED)
        size = gelf_getchdr(section, &packed) ? packed.ch_size : UINT64_MAX;
    else if (name && strncmp(name, ".zdebug", 7) == 0)
        size = size_of_old(section);
    return size > FREE && size / TIMES_MOST > header->sh_size ? UINT64_MAX : size;
}

bool inflated_allows(Elf *elf, uint64_t *bytes)
{
    uint64_t all = *bytes;
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return true; /* there are no sections to read */
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const uint64_t size = size_of(section, &header, elf_strptr(elf, names, header.sh_name));
        if (size > INFLATED_MAX - all)
            return false;
        all += size;
    }
    *bytes = all;
    return true;
}
