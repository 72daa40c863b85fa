/* dwarf.c - see dwarf.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/dwarf.h"

#include "analyzer/symbols/address_ranges.h"
#include "analyzer/util/memory.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Real code nests a dozen deep; the recursion must end on a forged file too. */
#define DEEPEST_NESTING 256

struct unit {
    Dwarf_Die die;
    Dwarf_Half version;
};

struct debug_info {
    Dwarf *dwarf;
    struct unit *units;
    size_t count, capacity;
    struct address_ranges ranges; /* their items are indices of `units` */
};

/* The scopes with an address, outermost first: a function, then the calls inlined there. */
struct scopes {
    Dwarf_Die dies[DEBUG_FRAMES_MAX];
    size_t count;
};

/*
 * Next range of DIE's code after *POSITION, at first 0; false past the last. What the linker
 * dropped stays in the DWARF at address 0, where it would cover other code: it is left out.
 */
static bool next_range(Dwarf_Die *die, ptrdiff_t *position, Dwarf_Addr *base, Dwarf_Addr *start,
                       Dwarf_Addr *end)
{
    while ((*position = dwarf_ranges(die, *position, base, start, end)) > 0)
        if (*start != 0 && *start < *end)
            return true;
    return false;
}

static bool covers(Dwarf_Die *die, uint64_t address)
{
    ptrdiff_t position = 0;
    Dwarf_Addr base = 0, start, end;

    while (next_range(die, &position, &base, &start, &end))
        if (address >= start && address < end)
            return true;
    return false;
}

static void add_unit(struct debug_info *info, Dwarf_Die *die, Dwarf_Half version)
{
    ptrdiff_t position = 0;
    Dwarf_Addr base = 0, start, end;

    GROW(info->units, info->count, info->capacity);
    while (next_range(die, &position, &base, &start, &end))
        address_ranges_add(&info->ranges, start, end, info->count);
    info->units[info->count++] = (struct unit){*die, version};
}

/* The ranges are taken from the units themselves: clang writes no .debug_aranges. */
static void add_units(struct debug_info *info)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Half version;
    Dwarf_Die die;

    while (dwarf_get_units(info->dwarf, unit, &unit, &version, NULL, &die, NULL) == 0)
        if (dwarf_tag(&die) == DW_TAG_compile_unit || dwarf_tag(&die) == DW_TAG_skeleton_unit)
            add_unit(info, &die, version);
    address_ranges_sort(&info->ranges);
}

/* .debug_str, .debug_line_str and the older compressed forms of them. */
static bool holds_strings(const char *section)
{
    return strstr(section, "debug") != NULL && strstr(section, "_str") != NULL &&
           strstr(section, "_offsets") == NULL;
}

/*
 * libdw sees to it that a string begins in its section, not that it ends there. Called when libdw
 * has inflated the compressed sections.
 */
static bool strings_end(Elf *elf)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    size_t names;

    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        const char *name =
            gelf_getshdr(section, &header) == NULL ? NULL : elf_strptr(elf, names, header.sh_name);
        Elf_Data *data = elf_rawdata(section, NULL);
        if (name == NULL || !holds_strings(name) || data == NULL || data->d_buf == NULL)
            continue;
        if (data->d_size != 0 && ((const char *)data->d_buf)[data->d_size - 1] != '\0')
            return false;
    }
    return true;
}

struct debug_info *debug_info_new(Elf *elf, bool trusted)
{
    Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
    struct debug_info *info;
    const char *name;
    const void *id;

    if (dwarf == NULL)
        return NULL;
    dwarf_new_oom_handler(dwarf, memory_exhausted);
    info = xcalloc(1, sizeof(*info));
    info->dwarf = dwarf;
    if (strings_end(elf) && (trusted || dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id) <= 0))
        add_units(info);
    if (info->ranges.count != 0)
        return info;
    debug_info_free(info);
    return NULL;
}

void debug_info_free(struct debug_info *info)
{
    if (info == NULL)
        return;
    dwarf_end(info->dwarf);
    address_ranges_free(&info->ranges);
    free(info->units);
    free(info);
}

/* What has no code of its own, but functions inside. */
static bool is_container(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
           tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

static bool is_scope(int tag)
{
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine ||
           tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

static void push_scope(struct scopes *scopes, Dwarf_Die *die)
{
    if (dwarf_tag(die) == DW_TAG_subprogram)
        scopes->count = 0; /* a nested function is called, not inlined */
    else if (dwarf_tag(die) != DW_TAG_inlined_subroutine)
        return;
    if (scopes->count < DEBUG_FRAMES_MAX)
        scopes->dies[scopes->count++] = *die;
}

static bool find_scopes(struct scopes *scopes, Dwarf_Die *parent, uint64_t address, unsigned depth)
{
    Dwarf_Die child;

    if (depth > DEEPEST_NESTING || dwarf_child(parent, &child) != 0)
        return false;
    do {
        int tag = dwarf_tag(&child);
        if (is_container(tag) && find_scopes(scopes, &child, address, depth + 1))
            return true;
        if (is_scope(tag) && covers(&child, address)) {
            push_scope(scopes, &child);
            find_scopes(scopes, &child, address, depth + 1);
            return true;
        }
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

static const char *build_dir(struct unit *unit)
{
    Dwarf_Attribute attribute;

    return dwarf_formstring(dwarf_attr(&unit->die, DW_AT_comp_dir, &attribute));
}

static void set_line(struct debug_frame *frame, struct unit *unit, uint64_t address)
{
    Dwarf_Line *line = dwarf_getsrc_die(&unit->die, address);
    int number;

    if (line == NULL)
        return;
    frame->file = dwarf_linesrc(line, NULL, NULL);
    frame->build_dir = build_dir(unit);
    if (dwarf_lineno(line, &number) == 0 && number > 0)
        frame->line = (unsigned)number;
}

static bool get_number(Dwarf_Die *die, unsigned name, Dwarf_Word *number)
{
    Dwarf_Attribute attribute;

    return dwarf_attr(die, name, &attribute) != NULL && dwarf_formudata(&attribute, number) == 0;
}

/* Where the call was that CALL, an inlined one, stands for. */
static void set_call_position(struct debug_frame *frame, struct unit *unit, Dwarf_Die *call)
{
    Dwarf_Files *files;
    Dwarf_Word number;
    size_t count;

    if (get_number(call, DW_AT_call_line, &number) && number <= UINT_MAX)
        frame->line = (unsigned)number;
    if (!get_number(call, DW_AT_call_file, &number) ||
        dwarf_getsrcfiles(&unit->die, &files, &count) != 0)
        return;
    /* File 0 is a file since DWARF 5 only. */
    if (number < count && (number > 0 || unit->version >= 5)) {
        frame->file = dwarf_filesrc(files, number, NULL, NULL);
        frame->build_dir = build_dir(unit);
    }
}

/* The unit with the smallest range that holds ADDRESS: the others are wrong about some of it. */
static struct unit *find_unit(struct debug_info *info, uint64_t address)
{
    const struct address_range *best = NULL, *range = NULL;

    while ((range = address_ranges_next(&info->ranges, address, range)) != NULL)
        if (best == NULL || range->end - range->start < best->end - best->start)
            best = range;
    return best == NULL ? NULL : &info->units[best->item];
}

/* Of a member of a class, at its declaration. */
static const char *linkage_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;

    return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
}

size_t debug_info_frames(struct debug_info *info, uint64_t address,
                         struct debug_frame frames[DEBUG_FRAMES_MAX])
{
    struct scopes scopes = {.count = 0};
    struct unit *unit = find_unit(info, address);

    if (unit == NULL)
        return 0;
    frames[0] = (struct debug_frame){.function = NULL};
    set_line(&frames[0], unit, address);
    find_scopes(&scopes, &unit->die, address, 0);
    for (size_t i = 0; i < scopes.count; i++) {
        Dwarf_Die *die = &scopes.dies[scopes.count - 1 - i];
        frames[i].function = dwarf_diename(die);
        frames[i].symbol = linkage_name(die);
        if (i + 1 == scopes.count)
            break;
        frames[i + 1] = (struct debug_frame){.function = NULL};
        set_call_position(&frames[i + 1], unit, die);
    }
    return scopes.count == 0 ? 1 : scopes.count;
}
