/* images.c - what is loaded into another process; see images.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/images.h"

#include "analyzer/util/auxiliary.h"
#include "analyzer/util/memory.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define IMAGES_MAX   4096
#define SEGMENTS_MAX 64
#define ENTRIES_MAX  256   /* of a dynamic section */
#define CHAIN_MAX    65536 /* symbols with one hash */
#define CODE_MAX     (64u << 20)

/* What the executable's segments say: where it lies, and its dynamic section. False: it has no
 * interpreter, or none that is to be understood. */
static bool read_segments(const struct target_memory *memory, pid_t pid, uint64_t *dynamic)
{
    const uint64_t at = auxiliary_value(pid, AT_PHDR), count = auxiliary_value(pid, AT_PHNUM);
    uint64_t bias = 0;
    bool interpreted = false;
    *dynamic = 0;
    for (uint64_t i = 0; i < count && i < SEGMENTS_MAX; i++) {
        Elf64_Phdr segment;
        if (!target_read(memory, at + i * sizeof(segment), &segment, sizeof(segment)))
            return false;
        if (segment.p_type == PT_PHDR)
            bias = at - segment.p_vaddr;
        interpreted |= segment.p_type == PT_INTERP;
        if (segment.p_type == PT_DYNAMIC)
            *dynamic = bias + segment.p_vaddr;
    }
    return interpreted && *dynamic;
}

/* The value of TAG in the dynamic section at ADDRESS; 0: it has none. */
static uint64_t dynamic_value(const struct target_memory *memory, uint64_t address, int64_t tag)
{
    Elf64_Dyn entry;
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        if (!target_read(memory, address + i * sizeof(entry), &entry, sizeof(entry)) ||
            entry.d_tag == DT_NULL)
            return 0;
        if (entry.d_tag == tag)
            return entry.d_un.d_val;
    }
    return 0;
}

bool target_images_find(struct target_images *images, const struct target_memory *memory, pid_t pid,
                        struct error *error)
{
    uint64_t dynamic;
    *images = (struct target_images){.memory = memory};
    if (!read_segments(memory, pid, &dynamic)) {
        error_set(error, "it is statically linked: nothing can be loaded into it");
        return false;
    }
    images->debug = dynamic_value(memory, dynamic, DT_DEBUG);
    images->list =
        images->debug ? target_word(memory, images->debug + offsetof(struct r_debug, r_map)) : 0;
    if (!images->list)
        error_set(error, "its loader has not told yet what is loaded: it is just being started");
    return images->list != 0;
}

bool target_images_change(const struct target_images *images)
{
    uint32_t state = RT_CONSISTENT;
    target_read(images->memory, images->debug + offsetof(struct r_debug, r_state), &state,
                sizeof(state));
    return state != RT_CONSISTENT;
}

bool target_image_next(const struct target_images *images, uint64_t *place,
                       struct target_image *image)
{
    struct link_map map;
    const struct target_memory *memory = images->memory;
    const uint64_t at =
        *place ? target_word(memory, *place + offsetof(struct link_map, l_next)) : images->list;
    if (!at || !target_read(memory, at, &map, offsetof(struct link_map, l_prev)))
        return false;
    *place = at;
    image->bias = map.l_addr;
    image->dynamic = (uint64_t)(uintptr_t)map.l_ld;
    target_string(memory, (uint64_t)(uintptr_t)map.l_name, image->name, sizeof(image->name));
    return true;
}

/* The loader has made addresses of these, but for images such as the kernel's own. */
static uint64_t table_at(const struct target_images *images, const struct target_image *image,
                         int64_t tag)
{
    const uint64_t at = dynamic_value(images->memory, image->dynamic, tag);
    return at && at < image->bias ? at + image->bias : at;
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static uint32_t half(const struct target_images *images, uint64_t address)
{
    uint32_t value;
    return target_read(images->memory, address, &value, sizeof(value)) ? value : 0;
}

/* Symbol number INDEX, if it is NAME and defined: its address. */
static uint64_t symbol_if(const struct target_images *images, const struct target_image *image,
                          uint32_t index, const char *name)
{
    Elf64_Sym symbol;
    char text[64];
    if (!target_read(images->memory,
                     table_at(images, image, DT_SYMTAB) + (uint64_t)index * sizeof(symbol), &symbol,
                     sizeof(symbol)) ||
        symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0)
        return 0;
    target_string(images->memory, table_at(images, image, DT_STRTAB) + symbol.st_name, text,
                  sizeof(text));
    return strcmp(text, name) == 0 ? image->bias + symbol.st_value : 0;
}

uint64_t target_symbol(const struct target_images *images, const struct target_image *image,
                       const char *name)
{
    uint32_t head[4]; /* buckets, first symbol, words of the filter, its shift */
    const uint64_t at = table_at(images, image, DT_GNU_HASH);
    if (!at || !target_read(images->memory, at, head, sizeof(head)) || head[0] == 0)
        return 0;
    const uint32_t hash = gnu_hash(name);
    const uint64_t buckets = at + sizeof(head) + head[2] * sizeof(uint64_t);
    const uint64_t chains = buckets + head[0] * sizeof(uint32_t);
    uint32_t index = half(images, buckets + hash % head[0] * sizeof(uint32_t));
    for (unsigned i = 0; index >= head[1] && i < CHAIN_MAX; i++, index++) {
        const uint32_t other = half(images, chains + (uint64_t)(index - head[1]) * sizeof(other));
        const uint64_t found =
            (other | 1) == (hash | 1) ? symbol_if(images, image, index, name) : 0;
        if (found)
            return found;
        if (other & 1)
            break;
    }
    return 0;
}

uint64_t target_find(const struct target_images *images, const char *name,
                     struct target_image *image)
{
    uint64_t place = 0;
    for (unsigned i = 0; i < IMAGES_MAX && target_image_next(images, &place, image); i++) {
        const uint64_t found = target_symbol(images, image, name);
        if (found)
            return found;
    }
    return 0;
}

static uint64_t find_in(const struct target_images *images, uint64_t address, size_t length,
                        const void *bytes, size_t size)
{
    uint8_t *code = length < CODE_MAX ? xmalloc(length) : NULL;
    const uint8_t *found = NULL;
    if (code && target_read(images->memory, address, code, length))
        found = memmem(code, length, bytes, size);
    const uint64_t at = found ? address + (uint64_t)(found - code) : 0;
    free(code);
    return at;
}

uint64_t target_find_code(const struct target_images *images, const struct target_image *image,
                          const void *bytes, size_t size)
{
    Elf64_Ehdr header;
    if (!target_read(images->memory, image->bias, &header, sizeof(header)) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return 0;
    for (unsigned i = 0; i < header.e_phnum && i < SEGMENTS_MAX; i++) {
        Elf64_Phdr segment;
        if (!target_read(images->memory, image->bias + header.e_phoff + i * sizeof(segment),
                         &segment, sizeof(segment)))
            return 0;
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
            continue;
        const uint64_t found =
            find_in(images, image->bias + segment.p_vaddr, segment.p_memsz, bytes, size);
        if (found)
            return found;
    }
    return 0;
}

uint64_t target_image_size(const struct target_images *images, const struct target_image *image)
{
    Elf64_Ehdr header;
    uint64_t end = 0;
    if (!target_read(images->memory, image->bias, &header, sizeof(header)))
        return 0;
    for (unsigned i = 0; i < header.e_phnum && i < SEGMENTS_MAX; i++) {
        Elf64_Phdr segment;
        if (target_read(images->memory, image->bias + header.e_phoff + i * sizeof(segment),
                        &segment, sizeof(segment)) &&
            segment.p_type == PT_LOAD && segment.p_vaddr + segment.p_memsz > end)
            end = segment.p_vaddr + segment.p_memsz;
    }
    return end;
}
