/*
 * core.c - a core file: its segments, the files that were mapped and its threads' registers. The
 * file may be cut off or made up: each number in it is checked.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/scan/target.h"

#include "analyzer/scan/value.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE        4096
#define REGISTER_SP 19 /* in the order of struct user_regs_struct */

struct segment {
    uint64_t begin, size, offset; /* addresses, and where in the file */
};

struct scan_core {
    Elf *elf;
    struct segment *segments; /* sorted */
    size_t count, capacity;
    struct loaded_file *files; /* that were mapped; their paths are the notes' */
    size_t file_count, file_capacity;
    struct segment *absent; /* what could be written, and is not in the file */
    size_t absent_count, absent_capacity;
};

static int by_begin(const void *left, const void *right)
{
    const struct segment *a = left, *b = right;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

static int map_by_begin(const void *left, const void *right)
{
    const struct scan_map *a = left, *b = right;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

static size_t read_core_memory(const struct scan_target *target, uint64_t address, void *to,
                               size_t size)
{
    const struct scan_core *core = target->data;
    size_t low = 0, high = core->count;
    while (low < high) { /* the first that begins behind the address */
        const size_t middle = (low + high) / 2;
        if (core->segments[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    const struct segment *segment = low > 0 ? &core->segments[low - 1] : NULL;
    if (!segment || address - segment->begin >= segment->size)
        return target->images ? scan_file_bytes(target, address, to, size) : 0;
    const uint64_t from = address - segment->begin;
    if (size > segment->size - from)
        size = segment->size - from;
    const ssize_t length = pread(target->memory, to, size, (off_t)(segment->offset + from));
    return length > 0 ? (size_t)length : 0;
}

static uint64_t file_size(const struct scan_target *target)
{
    struct stat info;
    return fstat(target->memory, &info) == 0 && info.st_size > 0 ? (uint64_t)info.st_size : 0;
}

/* Whether the file, of SIZE bytes, ends before what HEADER tells does. */
static bool is_cut(const GElf_Phdr *header, uint64_t size)
{
    return header->p_filesz > 0 && header->p_offset + header->p_filesz > size;
}

/* What of a segment that could be written is not in the file, which has SIZE bytes. */
static void note_absent(struct scan_core *core, const GElf_Phdr *header, uint64_t size)
{
    uint64_t there = header->p_filesz;
    if (is_cut(header, size))
        there = size > header->p_offset ? size - header->p_offset : 0;
    if ((header->p_flags & (PF_R | PF_W)) != (PF_R | PF_W) || header->p_memsz <= there)
        return;
    GROW(core->absent, core->absent_count, core->absent_capacity);
    core->absent[core->absent_count++] =
        (struct segment){header->p_vaddr + there, header->p_memsz - there, 0};
}

static void add_mapping(struct scan_target *target, const GElf_Phdr *header)
{
    const struct scan_constant range = {header->p_vaddr, header->p_vaddr + header->p_filesz, false};
    if ((header->p_flags & (PF_R | PF_W)) == (PF_R | PF_W))
        scan_add_map(target, (struct scan_map){.begin = range.begin, .end = range.end}, "");
    else if ((header->p_flags & (PF_R | PF_X)) == PF_R)
        scan_add_constant(target, range);
}

static void read_segments(struct scan_target *target)
{
    struct scan_core *core = target->data;
    const uint64_t size = file_size(target);
    size_t count = 0;
    GElf_Phdr header;
    if (elf_getphdrnum(core->elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(core->elf, (int)i, &header)) {
            target->cut = true;
            break;
        }
        target->cut |= is_cut(&header, size);
        if (header.p_type != PT_LOAD || header.p_vaddr % PAGE != 0 ||
            header.p_vaddr + header.p_filesz < header.p_vaddr ||
            header.p_offset > INT64_MAX - header.p_filesz)
            continue;
        note_absent(core, &header, size);
        if (header.p_filesz == 0)
            continue;
        GROW(core->segments, core->count, core->capacity);
        core->segments[core->count++] =
            (struct segment){header.p_vaddr, header.p_filesz, header.p_offset};
        add_mapping(target, &header);
    }
    if (core->count > 0)
        qsort(core->segments, core->count, sizeof(*core->segments), by_begin);
    if (target->map_count > 0)
        qsort(target->maps, target->map_count, sizeof(*target->maps), map_by_begin);
}

/* What was mapped from a file and is not in the core file was not written, or is shared. */
static void find_in_file(struct scan_core *core, uint64_t begin, uint64_t end)
{
    for (size_t i = 0; i < core->absent_count; i++) {
        if (core->absent[i].begin >= begin && core->absent[i].begin < end)
            core->absent[i].size = 0;
    }
}

static void name_maps(struct scan_target *target, uint64_t begin, uint64_t end, const char *name)
{
    for (size_t i = 0; i < target->map_count; i++) {
        struct scan_map *map = &target->maps[i];
        if (map->begin < begin || map->begin >= end || *map->name)
            continue;
        free(map->name);
        map->name = xstrdup(name);
    }
}

/* Whether the file at PATH begins with what the core file has at BASE, where it has anything: its
 * build id is there, too. */
static bool is_same_file(const struct scan_target *target, const char *path, uint64_t base)
{
    unsigned char now[PAGE], then[PAGE];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    const ssize_t length = pread(fd, now, sizeof(now), 0);
    close(fd);
    const size_t kept = read_core_memory(target, base, then, sizeof(then));
    return length > 0 && (size_t)length >= kept && memcmp(now, then, kept) == 0;
}

static void add_file(struct scan_target *target, const char *path, uint64_t base)
{
    struct scan_core *core = target->data;
    if (!is_same_file(target, path, base)) {
        if (!target->missing)
            target->missing = xstrdup(path);
        return;
    }
    GROW(core->files, core->file_count, core->file_capacity);
    core->files[core->file_count++] = (struct loaded_file){path, base};
}

/* NT_FILE: count and page size, three words a mapping, then their names. */
static void read_files(struct scan_target *target, const char *data, size_t size)
{
    uint64_t count, words[3];
    if (size < 2 * sizeof(count))
        return;
    memcpy(&count, data, sizeof(count));
    if (count > (size - 2 * sizeof(count)) / sizeof(words))
        return;
    const char *entry = data + 2 * sizeof(count), *name = entry + count * sizeof(words);
    for (uint64_t i = 0; i < count; i++, entry += sizeof(words)) {
        const size_t left = size - (size_t)(name - data), length = strnlen(name, left);
        if (length == left)
            return;
        memcpy(words, entry, sizeof(words));
        name_maps(target, words[0], words[1], name);
        if (!target->cut)
            find_in_file(target->data, words[0], words[1]);
        if (words[2] == 0)
            add_file(target, name, words[0]);
        if (i == 0) /* the kernel lists them by address: the executable comes first */
            target->program = xstrdup(name);
        name += length + 1;
    }
}

static void read_thread(struct scan_target *target, const char *data, size_t size)
{
    struct elf_prstatus status;
    _Static_assert(sizeof(status.pr_reg) == SCAN_REGISTERS * sizeof(uint64_t), "all registers");
    if (size < sizeof(status))
        return;
    memcpy(&status, data, sizeof(status));
    struct scan_thread *thread = scan_add_thread(target);
    memcpy(thread->registers, status.pr_reg, sizeof(status.pr_reg));
    thread->register_count = SCAN_REGISTERS;
    thread->sp = thread->registers[REGISTER_SP];
    if (!target->pid)
        target->pid = status.pr_pid;
}

static void read_notes(struct scan_target *target, const GElf_Phdr *header)
{
    Elf_Data *data = elf_getdata_rawchunk(target->data->elf, (int64_t)header->p_offset,
                                          header->p_filesz, ELF_T_NHDR);
    GElf_Nhdr note;
    size_t name, contents;
    for (size_t at = 0, next; data && (next = gelf_getnote(data, at, &note, &name, &contents)) > 0;
         at = next) {
        const char *bytes = (const char *)data->d_buf + contents;
        if (note.n_type == NT_FILE)
            read_files(target, bytes, note.n_descsz);
        else if (note.n_type == NT_PRSTATUS)
            read_thread(target, bytes, note.n_descsz);
    }
}

static bool read_core(struct scan_target *target)
{
    Elf *elf = target->data->elf;
    GElf_Ehdr header;
    GElf_Phdr notes;
    size_t count = 0;
    if (!elf || !gelf_getehdr(elf, &header) || header.e_type != ET_CORE ||
        header.e_machine != EM_X86_64 || gelf_getclass(elf) != ELFCLASS64 ||
        elf_getphdrnum(elf, &count) != 0)
        return false;
    read_segments(target);
    for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &notes); i++) {
        if (notes.p_type == PT_NOTE)
            read_notes(target, &notes);
    }
    if (!target->program)
        target->program = xstrdup("");
    for (size_t i = 0; i < target->data->absent_count; i++)
        target->absent += target->data->absent[i].size;
    scan_tell_statics(target);
    return true;
}

static void free_core(struct scan_core *core)
{
    if (core->elf)
        elf_end(core->elf);
    free(core->segments);
    free(core->files);
    free(core->absent);
    free(core);
}

bool scan_open_core(struct scan_target *target, const char *file, struct error *error)
{
    struct error why;
    *target = (struct scan_target){.core = file,
                                   .memory = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK),
                                   .pagemap = -1,
                                   .read = read_core_memory,
                                   .free_data = free_core};
    if (target->memory < 0) {
        error_set(error, "%s: %s", file, strerror(errno));
        return false;
    }
    elf_version(EV_CURRENT);
    target->data = xcalloc(1, sizeof(*target->data));
    target->data->elf = elf_begin(target->memory, ELF_C_READ_MMAP, NULL);
    if (!read_core(target)) {
        error_set(error, "%s: is no core file of an x86-64 program", file);
    } else {
        target->images =
            loaded_images_of_files(target->data->files, target->data->file_count, &why);
        if (target->images)
            return true;
        error_set(error, "%s: %s%s", file, target->cut ? "is cut off: " : "", why.text);
    }
    scan_target_close(target);
    return false;
}
