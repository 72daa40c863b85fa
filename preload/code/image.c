/* image.c - where things are in an image that is loaded; see image.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/image.h"

#include "preload/code/eh_frame.h"
#include "preload/code/instruction.h"
#include "preload/util/readable.h"

#include <link.h>
#include <string.h>

#define IMAGE_PAGE 4096u

struct visitor {
    bool (*visit)(struct image *, void *);
    void *data;
};

static const void *at(const struct image *image, uint64_t address)
{
    return (const void *)(image->bias + address);
}

/* The loader relocates these addresses in place in most images, but not in the vdso. */
static const void *dynamic_address(const struct image *image, uint64_t value)
{
    return value < image->bias ? at(image, value) : (const void *)value;
}

static void read_dynamic(struct image *image, const Elf64_Dyn *dynamic)
{
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        const void *address = dynamic_address(image, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_SYMTAB)
            image->symbols = address;
        else if (dynamic->d_tag == DT_STRTAB)
            image->strings = address;
        else if (dynamic->d_tag == DT_STRSZ)
            image->strings_size = dynamic->d_un.d_val;
        else if (dynamic->d_tag == DT_GNU_HASH)
            image->gnu_hash = address;
        else if (dynamic->d_tag == DT_HASH)
            image->symbol_count = ((const uint32_t *)address)[1];
    }
}

static void read_headers(struct image *image)
{
    const Elf64_Dyn *dynamic = NULL;
    for (unsigned i = 0; i < image->header_count; i++) {
        if (image->headers[i].p_type == PT_DYNAMIC)
            dynamic = at(image, image->headers[i].p_vaddr);
        else if (image->headers[i].p_type == PT_GNU_EH_FRAME)
            image->eh_frame_hdr = at(image, image->headers[i].p_vaddr);
    }
    if (dynamic)
        read_dynamic(image, dynamic);
}

static int visit_one(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct visitor *visitor = data;
    struct image image = {.path = info->dlpi_name ? info->dlpi_name : "",
                          .bias = info->dlpi_addr,
                          .headers = info->dlpi_phdr,
                          .header_count = info->dlpi_phnum};
    read_headers(&image);
    return visitor->visit(&image, visitor->data);
}

static bool has_text_relocations(const Elf64_Dyn *dynamic)
{
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_TEXTREL ||
            (dynamic->d_tag == DT_FLAGS && dynamic->d_un.d_val & DF_TEXTREL))
            return true;
    }
    return false;
}

/* Whether the headers are those of the image whose dynamic section is at DYNAMIC. */
static bool lead_to(const struct image *image, const Elf64_Dyn *dynamic)
{
    for (unsigned i = 0; i < image->header_count; i++) {
        if (image->headers[i].p_type == PT_DYNAMIC)
            return at(image, image->headers[i].p_vaddr) == (const void *)dynamic;
    }
    return false;
}

/* The loader does not lend the headers. They are at the beginning, where that is mapped; what may
 * be mapped there instead is another image, with headers of its own. */
static bool find_headers(struct image *image, const Elf64_Dyn *dynamic)
{
    const Elf64_Ehdr *elf = at(image, 0);
    if (!is_readable((uint64_t)(uintptr_t)elf) || memcmp(elf, ELFMAG, SELFMAG) != 0 ||
        elf->e_phentsize != sizeof(Elf64_Phdr) ||
        elf->e_phoff > IMAGE_PAGE - elf->e_phnum * sizeof(Elf64_Phdr))
        return false;
    image->headers = at(image, elf->e_phoff);
    image->header_count = elf->e_phnum;
    return lead_to(image, dynamic);
}

bool image_of_map(const struct link_map *map, struct image *image)
{
    *image = (struct image){.path = map->l_name, .bias = map->l_addr, .map = map};
    if (!map->l_addr || !map->l_ld || !map->l_name || has_text_relocations(map->l_ld) ||
        !find_headers(image, map->l_ld))
        return false;
    read_headers(image);
    return true;
}

bool images_visit(bool (*visit)(struct image *, void *), void *data)
{
    struct visitor visitor = {visit, data};
    return dl_iterate_phdr(visit_one, &visitor) != 0;
}

bool image_open_file(struct image *image, const char *file, bool alone)
{
    if (!symtab_open(&image->symtab, file) && (alone || !symtab_open_packed(&image->symtab, file)))
        return false;
    if (alone) {
        image->gnu_hash = NULL;
        image->symbols = image->symtab.symbols;
        image->symbol_count = image->symtab.count;
        image->strings = image->symtab.strings;
        image->strings_size = image->symtab.strings_size;
    }
    return true;
}

void image_close_file(struct image *image)
{
    symtab_close(&image->symtab);
}

static bool has_name(const struct image *image, const Elf64_Sym *symbol, struct slice name)
{
    return symbol->st_name < image->strings_size &&
           name.length < image->strings_size - symbol->st_name &&
           memcmp(image->strings + symbol->st_name, name.text, name.length) == 0 &&
           image->strings[symbol->st_name + name.length] == '\0';
}

/* Does the image define SYMBOL, and is that NAME? */
static bool is_definition(const struct image *image, const Elf64_Sym *symbol, struct slice name)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT) &&
           has_name(image, symbol, name);
}

static uint32_t gnu_hash(struct slice name)
{
    uint32_t hash = 5381;
    for (size_t i = 0; i < name.length; i++)
        hash = hash * 33 + (unsigned char)name.text[i];
    return hash;
}

/* By the hash table, of which few pages are read: the image may be large. */
static const Elf64_Sym *find_by_hash(const struct image *image, struct slice name)
{
    const uint32_t *table = image->gnu_hash;
    const uint32_t buckets = table[0], first = table[1], words = table[2], shift = table[3];
    const uint64_t *filter = (const void *)(table + 4);
    const uint32_t *bucket = table + 4 + 2 * (size_t)words, *chain = bucket + buckets;
    const uint32_t hash = gnu_hash(name);
    if (buckets == 0 || words == 0)
        return NULL;
    const uint64_t bits = filter[hash / 64 % words];
    if (!(bits >> hash % 64 & bits >> (hash >> shift) % 64 & 1))
        return NULL;
    for (uint32_t i = bucket[hash % buckets]; i >= first; i++) {
        if ((chain[i - first] | 1) == (hash | 1) && is_definition(image, &image->symbols[i], name))
            return &image->symbols[i];
        if (chain[i - first] & 1)
            break;
    }
    return NULL;
}

static const Elf64_Sym *find_by_search(const struct image *image, struct slice name)
{
    for (size_t i = 0; i < image->symbol_count; i++) {
        if (is_definition(image, &image->symbols[i], name))
            return &image->symbols[i];
    }
    return NULL;
}

struct image_symbol image_symbol(const struct image *image, struct slice name)
{
    const Elf64_Sym *symbol = !image->symbols   ? NULL
                              : image->gnu_hash ? find_by_hash(image, name)
                                                : find_by_search(image, name);
    if (!symbol)
        return (struct image_symbol){0};
    return (struct image_symbol){image->bias + symbol->st_value, symbol->st_size};
}

struct image_symbol image_static(const struct image *image, struct slice name)
{
    const Elf64_Sym *symbol = symtab_static(&image->symtab, name);
    if (!symbol)
        return (struct image_symbol){0};
    return (struct image_symbol){image->bias + symbol->st_value, symbol->st_size};
}

/* How many symbols the hash table goes up to: it holds all that are defined. */
static uint32_t hashed_count(const struct image *image)
{
    const uint32_t *table = image->gnu_hash;
    const uint32_t buckets = table[0], first = table[1], words = table[2];
    const uint32_t *bucket = table + 4 + 2 * (size_t)words, *chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; i++)
        last = bucket[i] > last ? bucket[i] : last;
    while (last >= first && last > 0 && !(chain[last - first] & 1))
        last++;
    return last >= first && last > 0 ? last + 1 : 0;
}

bool image_exports(const struct image *image, uint64_t address)
{
    const size_t count = !image->symbols   ? 0
                         : image->gnu_hash ? hashed_count(image)
                                           : image->symbol_count;
    for (size_t i = 0; i < count; i++) {
        const Elf64_Sym *symbol = &image->symbols[i];
        if (symbol->st_value == address - image->bias && symbol->st_shndx != SHN_UNDEF &&
            ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
            ELF64_ST_BIND(symbol->st_info) != STB_LOCAL)
            return true;
    }
    return false;
}

struct lookup {
    struct slice name;
    struct image *where;
    struct image_symbol symbol;
};

static bool look_up(struct image *image, void *data)
{
    struct lookup *lookup = data;
    lookup->symbol = image_symbol(image, lookup->name);
    *lookup->where = *image;
    return lookup->symbol.address != 0;
}

static void look_up_along(const struct image *image, struct lookup *lookup)
{
    struct image other;
    for (const struct link_map *map = image->along; map; map = map->l_next) {
        if (image_of_map(map, &other) && look_up(&other, lookup))
            return;
    }
}

struct image_symbol images_symbol(const struct image *image, struct slice name, struct image *where)
{
    struct lookup lookup = {.name = name, .where = where};
    if (image->along)
        look_up_along(image, &lookup);
    else
        images_visit(look_up, &lookup);
    return lookup.symbol;
}

bool image_defines(const struct image *image, const struct slice *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (image_symbol(image, names[i]).address == 0)
            return false;
    }
    return count > 0;
}

bool image_is_listed(const struct link_map *map)
{
    const struct link_map *other = _r_debug.r_map;
    while (other && other != map)
        other = other->l_next;
    return other != NULL;
}

bool image_is_code(const struct image *image, uint64_t address)
{
    for (unsigned i = 0; i < image->header_count; i++) {
        const Elf64_Phdr *segment = &image->headers[i];
        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X &&
            address - image->bias - segment->p_vaddr < segment->p_memsz)
            return true;
    }
    return false;
}

uint64_t image_function_size(const struct image *image, uint64_t address, uint64_t size)
{
    struct function_bounds bounds;
    if (!image->eh_frame_hdr || !eh_frame_function(image->eh_frame_hdr, address, &bounds))
        return size;
    return bounds.start == address ? bounds.end - address : 0;
}

/* Does a function begin at ADDRESS that has no name for others to call it by? */
static bool is_internal(const struct image *image, uint64_t address)
{
    return image_function_size(image, address, 0) > 0 && !image_exports(image, address);
}

/* A function's code, of which instructions are read from the start on. */
struct code {
    uint64_t next, end;
    bool damaged; /* what came next is no instruction */
};

static struct code code_at(uint64_t address, uint64_t size)
{
    return (struct code){.next = address, .end = address + size};
}

/* Reads an instruction. False: there are no more, or what comes is none. */
static bool next_instruction(struct code *code, struct instruction *next)
{
    if (code->next >= code->end)
        return false;
    code->damaged = !instruction_decode((const void *)code->next, code->end - code->next, next);
    code->next += code->damaged ? 0 : next->length;
    return !code->damaged;
}

/* What the instruction that was read last refers to, relative to its end. */
static uint64_t referred(const struct code *code, const struct instruction *last)
{
    return code->next + (uint64_t)(int64_t)last->relative;
}

/* Where the next direct branch of KIND goes to; 0: there are no more. */
static uint64_t next_branch(struct code *code, enum instruction_kind kind)
{
    struct instruction instruction;
    while (next_instruction(code, &instruction)) {
        if (instruction.kind == kind && instruction.branch_size > 0)
            return referred(code, &instruction);
    }
    return 0;
}

/* The one internal function that the code leaves to by branches of KIND. */
static uint64_t leaves_to(const struct image *image, uint64_t address, uint64_t size,
                          enum instruction_kind kind)
{
    struct code code = code_at(address, size);
    uint64_t found = 0, target;
    while ((target = next_branch(&code, kind))) {
        bool leaves = target < address || target >= address + size;
        if (!leaves || target == found || !is_internal(image, target))
            continue;
        if (found)
            return 0;
        found = target;
    }
    return code.damaged ? 0 : found;
}

uint64_t image_tail_jump(const struct image *image, uint64_t address, uint64_t size)
{
    return leaves_to(image, address, size, INSTRUCTION_JUMP);
}

uint64_t image_tail_branch(const struct image *image, uint64_t address, uint64_t size)
{
    const uint64_t found = leaves_to(image, address, size, INSTRUCTION_BRANCH);
    struct code code = code_at(found, found ? image_function_size(image, found, 0) : 0);
    uint64_t target = 0;
    do
        target = next_branch(&code, INSTRUCTION_CALL);
    while (target && target != found);
    return target ? found : 0;
}

uint64_t image_call(const struct image *image, uint64_t address, uint64_t size, uint32_t number)
{
    struct code code = code_at(address, size);
    uint64_t target = 0;
    for (uint32_t i = 0; i < number; i++) {
        target = next_branch(&code, INSTRUCTION_CALL);
        if (!target)
            return 0;
    }
    return target && is_internal(image, target) ? target : 0;
}

bool image_is_program(const struct image *image)
{
    for (unsigned i = 0; i < image->header_count; i++) {
        if (image->headers[i].p_type == PT_INTERP)
            return true;
    }
    return false;
}

bool image_reaches(uint64_t address, uint64_t size, uint64_t target)
{
    struct code code = code_at(address, size);
    struct instruction instruction;
    while (next_instruction(&code, &instruction)) {
        if (instruction.branch_size > 0 && referred(&code, &instruction) == target)
            return true;
    }
    return false;
}

bool image_refers(uint64_t address, uint64_t size, uint64_t data)
{
    struct code code = code_at(address, size);
    struct instruction instruction;
    while (next_instruction(&code, &instruction)) {
        if (instruction.rip_at > 0 && referred(&code, &instruction) == data)
            return true;
    }
    return false;
}

static bool is_among(const uint64_t *all, unsigned count, uint64_t one)
{
    unsigned i = 0;
    while (i < count && all[i] != one)
        i++;
    return i < count;
}

unsigned image_callees(const struct image *image, struct image_symbol function, uint64_t *callees,
                       unsigned max)
{
    struct code code = code_at(function.address, function.size);
    struct instruction instruction;
    unsigned count = 0;
    while (count < max && next_instruction(&code, &instruction)) {
        const uint64_t target = referred(&code, &instruction);
        if (instruction.branch_size > 0 && target - function.address >= function.size &&
            !is_among(callees, count, target) && is_internal(image, target))
            callees[count++] = target;
    }
    return count;
}

static bool is_in_segment(const struct image *image, const Elf64_Phdr *segment, uint64_t address)
{
    const uint64_t offset = address - image->bias - segment->p_vaddr;
    return offset < segment->p_memsz && segment->p_memsz - offset >= sizeof(uint64_t);
}

/* Does the image have 8 bytes at ADDRESS that it may write once it is loaded? */
static bool is_variable(const struct image *image, uint64_t address)
{
    bool writable = false;
    for (unsigned i = 0; i < image->header_count; i++) {
        const Elf64_Phdr *segment = &image->headers[i];
        if (segment->p_type == PT_GNU_RELRO && is_in_segment(image, segment, address))
            return false;
        writable |= segment->p_type == PT_LOAD && segment->p_flags & PF_W &&
                    is_in_segment(image, segment, address);
    }
    return writable;
}

uint64_t image_variable(const struct image *image, struct image_symbol function, uint32_t number)
{
    struct code code =
        code_at(function.address, image_function_size(image, function.address, function.size));
    struct instruction instruction;
    while (next_instruction(&code, &instruction)) {
        const uint64_t address = referred(&code, &instruction);
        if (instruction.rip_at == 0 || instruction.kind == INSTRUCTION_CALL ||
            instruction.kind == INSTRUCTION_JUMP || !is_variable(image, address))
            continue;
        if (instruction.access == ACCESS_UNKNOWN)
            return 0;
        if (instruction.access == ACCESS_8_BYTES && --number == 0)
            return address;
    }
    return 0;
}
