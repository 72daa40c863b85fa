/* shadow_stack.c - is a file built for user shadow stacks; see shadow_stack.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/api/shadow_stack.h"

#include <gelf.h>
#include <stdint.h>
#include <string.h>

#define PROPERTY_HEAD  8u /* bytes: a type, and how many bytes follow */
#define PROPERTY_ALIGN 8u

/* Is there a property of this processor, in the SIZE bytes at AT, that has the feature? */
static bool has_feature(const char *at, size_t size)
{
    while (size >= PROPERTY_HEAD) {
        uint32_t head[2], features;
        memcpy(head, at, sizeof(head));
        if (head[1] > size - PROPERTY_HEAD)
            return false;
        if (head[0] == GNU_PROPERTY_X86_FEATURE_1_AND && head[1] >= sizeof(features)) {
            memcpy(&features, at + PROPERTY_HEAD, sizeof(features));
            return features & GNU_PROPERTY_X86_FEATURE_1_SHSTK;
        }
        const size_t taken = (PROPERTY_HEAD + (size_t)head[1] + PROPERTY_ALIGN - 1) /
                             PROPERTY_ALIGN * PROPERTY_ALIGN;
        if (taken > size)
            return false;
        at += taken;
        size -= taken;
    }
    return false;
}

static bool is_told(Elf_Data *notes)
{
    GElf_Nhdr note;
    size_t name, description, at = 0, next;
    while (notes && (next = gelf_getnote(notes, at, &note, &name, &description)) > 0) {
        const char *bytes = notes->d_buf;
        if (note.n_type == NT_GNU_PROPERTY_TYPE_0 && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
            memcmp(bytes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0 &&
            has_feature(bytes + description, note.n_descsz))
            return true;
        at = next;
    }
    return false;
}

bool has_shadow_stack(Elf *elf)
{
    size_t count;
    GElf_Phdr segment;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_GNU_PROPERTY)
            return is_told(elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz,
                                                ELF_T_NHDR8));
    }
    return false;
}
