/* value.c - values of variables and numbers, from outside (value.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/value.h"

#include "preload/code/instruction.h"
#include "preload/walk/memory.h"

#include <string.h>

#define FUNCTION_MAX 65536 /* bytes of code that are read for an access */

/* SIZE bytes of the file of IMAGE at ADDRESS, one of its own. NULL: they are not in the file. */
static const unsigned char *file_bytes(const struct loaded_image *image, uint64_t address,
                                       uint64_t size)
{
    Elf *elf = loaded_image_elf(image);
    size_t count = 0;
    GElf_Phdr header;
    if (elf_getphdrnum(elf, &count) != 0)
        return NULL;
    for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &header); i++) {
        const uint64_t offset = address - header.p_vaddr;
        if (header.p_type != PT_LOAD || address < header.p_vaddr || offset > header.p_filesz ||
            size > header.p_filesz - offset || header.p_offset > INT64_MAX - offset)
            continue;
        Elf_Data *data =
            elf_getdata_rawchunk(elf, (int64_t)(header.p_offset + offset), size, ELF_T_BYTE);
        return data ? data->d_buf : NULL;
    }
    return NULL;
}

/* Does IMAGE have 8 bytes at ADDRESS, one of its own, that it may write once it is loaded? */
static bool is_writable(const struct loaded_image *image, uint64_t address)
{
    Elf *elf = loaded_image_elf(image);
    size_t count = 0;
    GElf_Phdr header;
    bool writable = false;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &header); i++) {
        const uint64_t offset = address - header.p_vaddr;
        if (offset >= header.p_memsz || header.p_memsz - offset < sizeof(uint64_t))
            continue;
        if (header.p_type == PT_GNU_RELRO)
            return false;
        writable |= header.p_type == PT_LOAD && header.p_flags & PF_W;
    }
    return writable;
}

/* The variable that access number NUMBER in the code of FUNCTION refers to; 0: there is none. As
 * image_variable() of the recorder's. */
static uint64_t accessed(const struct loaded_image *image, const struct loaded_symbol *function,
                         uint32_t number)
{
    const uint64_t size = function->size < FUNCTION_MAX ? function->size : FUNCTION_MAX;
    const unsigned char *code = size ? file_bytes(image, function->address, size) : NULL;
    struct instruction instruction;
    for (uint64_t at = 0; code && at < size; at += instruction.length) {
        if (!instruction_decode(code + at, size - at, &instruction))
            return 0;
        const uint64_t address =
            function->address + at + instruction.length + (uint64_t)(int64_t)instruction.relative;
        if (instruction.rip_at == 0 || instruction.kind == INSTRUCTION_CALL ||
            instruction.kind == INSTRUCTION_JUMP || !is_writable(image, address))
            continue;
        if (instruction.access == ACCESS_UNKNOWN)
            return 0;
        if (instruction.access == ACCESS_8_BYTES && --number == 0)
            return address;
    }
    return 0;
}

static const struct loaded_image *find_executable(const struct scan_target *target)
{
    const struct loaded_image *image;
    for (size_t i = 0; (image = loaded_image(target->images, i)); i++) {
        if (strcmp(loaded_image_path(image), target->program) == 0)
            return image;
    }
    return NULL;
}

static uint64_t in_image(const struct loaded_image *image,
                         const struct expression_variable *variable)
{
    struct loaded_symbol symbol;
    if (!image || !loaded_image_find(image, variable->symbol, &symbol))
        return 0;
    const uint64_t address =
        variable->access ? accessed(image, &symbol, variable->access) : symbol.address;
    return address ? address + loaded_image_bias(image) : 0;
}

/* A variable of a library may lie in the executable, which was linked to have it there: then all
 * use that one. */
static uint64_t find_variable(const struct scan_target *target, const struct loaded_image *image,
                              const struct expression_variable *variable)
{
    const struct loaded_image *executable = find_executable(target), *other;
    uint64_t address = variable->access ? 0 : in_image(executable, variable);
    if (!address)
        address = in_image(image, variable);
    for (size_t i = 0; !address && (other = loaded_image(target->images, i)); i++)
        address = in_image(other, variable);
    return address;
}

struct scan_holder scan_find_holder(const struct scan_target *target,
                                    const struct loaded_image *image,
                                    const struct expression *expression)
{
    struct scan_holder holder = {.expression = expression, .found = expression->count > 0};
    for (unsigned i = 0; i < expression->variable_count; i++) {
        holder.variables[i] = find_variable(target, image, &expression->variables[i]);
        holder.found &= holder.variables[i] != 0;
    }
    return holder;
}

static bool read_word(struct scan_target *target, uint64_t address, uint64_t *word)
{
    return scan_read(target, address, word, sizeof(*word)) == sizeof(*word);
}

static uint64_t calculate(enum expression_kind kind, uint64_t a, uint64_t b)
{
    if (kind == EXPRESSION_MULTIPLY)
        return a * b;
    return kind == EXPRESSION_ADD ? a + b : a - b;
}

bool scan_value(struct scan_target *target, const struct scan_holder *holder, uint64_t *value)
{
    const struct expression *expression = holder->expression;
    uint64_t stack[EXPRESSION_DEPTH] = {0};
    unsigned depth = 0;
    for (unsigned i = 0; holder->found && i < expression->count; i++) {
        const struct expression_step *step = &expression->steps[i];
        bool ok = true;
        switch (step->kind) {
        case EXPRESSION_NUMBER:
            stack[depth++] = step->number;
            break;
        case EXPRESSION_VARIABLE:
            ok = read_word(target, holder->variables[step->number], &stack[depth++]);
            break;
        case EXPRESSION_LOAD:
            ok = read_word(target, stack[depth - 1], &stack[depth - 1]);
            break;
        case EXPRESSION_ADD:
        case EXPRESSION_SUBTRACT:
        case EXPRESSION_MULTIPLY:
            depth--;
            stack[depth - 1] = calculate(step->kind, stack[depth - 1], stack[depth]);
            break;
        default: /* of a call: there is none */
            ok = false;
        }
        if (!ok)
            return false;
    }
    *value = stack[0];
    return holder->found;
}

/* Whole pages are mapped, what lies in the file around a segment with it. */
static size_t mapped_bytes(const struct loaded_image *image, uint64_t address, void *to,
                           size_t size)
{
    Elf *elf = loaded_image_elf(image);
    size_t count = 0, length;
    GElf_Phdr header;
    const char *file = elf_rawfile(elf, &length);
    if (!file || elf_getphdrnum(elf, &count) != 0)
        return 0;
    for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &header); i++) {
        const uint64_t before = header.p_vaddr % WALK_PAGE, begin = header.p_vaddr - before;
        const uint64_t offset = address - begin;
        if (header.p_type != PT_LOAD || address < begin || header.p_offset < before ||
            offset >= before + header.p_filesz)
            continue;
        const uint64_t from = header.p_offset - before + offset;
        if (from >= length)
            return 0;
        const size_t there = size < length - from ? size : (size_t)(length - from);
        memcpy(to, file + from, there);
        memset((char *)to + there, 0, size - there);
        return size;
    }
    return 0;
}

size_t scan_file_bytes(const struct scan_target *target, uint64_t address, void *to, size_t size)
{
    uint64_t offset;
    const struct loaded_image *image = loaded_image_at(target->images, address, &offset);
    return image && size <= WALK_PAGE ? mapped_bytes(image, offset, to, size) : 0;
}
