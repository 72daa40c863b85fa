/* modules.c - the code that is mapped into the process; see modules.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/modules.h"

#include "preload/code/image.h"
#include "preload/trace/definitions.h"
#include "preload/unwind/scratch.h"
#include "preload/util/options.h"
#include "preload/util/system_calls.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULES_MAX  1024
#define BUILD_ID_MAX 64
#define PATH_LIMIT   SCRATCH_PATH

static struct module modules[MODULES_MAX];
static unsigned module_limit; /* slots from here on were never used */
static uint64_t own_start, own_end;

void modules_setup(void)
{
    struct loaded_object found;
    loaded_setup();
    if (loaded_find((uint64_t)(uintptr_t)modules_setup, &found)) {
        own_start = found.start;
        own_end = found.end;
    }
}

bool modules_is_recorder(uint64_t address)
{
    return address >= own_start && address < own_end;
}

void modules_recorder(uint64_t *start, uint64_t *end)
{
    *start = own_start;
    *end = own_end;
}

static uint32_t load_state(const struct module *module)
{
    return __atomic_load_n(&module->state, __ATOMIC_ACQUIRE);
}

static bool is_known(uint32_t state)
{
    return state % MODULE_STATES == MODULE_KNOWN;
}

/* Another thread may put a module into the place of one that is gone, at any time. */
static bool holds(const struct module *module, uint64_t address)
{
    uint32_t state = load_state(module);
    return is_known(state) && address >= __atomic_load_n(&module->start, __ATOMIC_ACQUIRE) &&
           address < __atomic_load_n(&module->end, __ATOMIC_ACQUIRE) && load_state(module) == state;
}

static struct module *lookup(uint64_t address)
{
    for (unsigned i = __atomic_load_n(&module_limit, __ATOMIC_ACQUIRE); i-- > 0;) {
        if (holds(&modules[i], address))
            return &modules[i];
    }
    return NULL;
}

/* The descriptor of the GNU build id among the notes at AT, or NULL. */
static const uint8_t *find_build_id(const char *at, size_t size, uint16_t *length)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const void *)at;
        size_t name = (note->n_namesz + 3u) & ~3u, taken = (note->n_descsz + 3u) & ~3u;
        taken += sizeof(*note) + name;
        if (taken > size)
            break;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz <= BUILD_ID_MAX) {
            *length = (uint16_t)note->n_descsz;
            return (const uint8_t *)(note + 1) + name;
        }
        at += taken;
        size -= taken;
    }
    return NULL;
}

/* The first page of a loaded image is its ELF header, with the program headers right behind. */
static const uint8_t *module_build_id(const struct module *module, uint16_t *length)
{
    const ElfW(Ehdr) *elf = (const void *)module->start;
    if (elf->e_ident[EI_MAG0] != ELFMAG0 || elf->e_ident[EI_MAG1] != ELFMAG1 ||
        elf->e_ident[EI_MAG2] != ELFMAG2 || elf->e_ident[EI_MAG3] != ELFMAG3 ||
        elf->e_phoff + elf->e_phnum * sizeof(ElfW(Phdr)) > TRACE_PAGE)
        return NULL;
    const ElfW(Phdr) *headers = (const void *)((const char *)elf + elf->e_phoff);
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        if (headers[i].p_type != PT_NOTE)
            continue;
        const char *notes = (const char *)(module->bias + headers[i].p_vaddr);
        const uint8_t *id = find_build_id(notes, headers[i].p_memsz, length);
        if (id)
            return id;
    }
    return NULL;
}

/* As the loader found it by its name or by LD_LIBRARY_PATH; the vdso's is no path at all. */
static bool is_relative(const char *path)
{
    return *path != '/' && strchr(path, '/');
}

static void define(struct stream *stream, const struct module *module, struct slice directory,
                   const char *path, uint32_t next_stack)
{
    struct trace_module fixed = {.start = module->start,
                                 .end = module->end,
                                 .bias = module->bias,
                                 .tick = stream->last_tick,
                                 .stack = next_stack};
    const uint8_t *build_id = module_build_id(module, &fixed.build_id_length);
    const struct definition_part parts[] = {{&fixed, sizeof(fixed)},
                                            {build_id, fixed.build_id_length},
                                            {directory.text, directory.length},
                                            {"/", directory.length > 0},
                                            {path, strnlen(path, PATH_LIMIT)}};
    fixed.path_length = (uint16_t)(parts[2].length + parts[3].length + parts[4].length);
    definition_write(stream, TRACE_RECORD_MODULE, parts, 5);
}

/* As seen from the working directory. The C library's getcwd() may allocate. */
static void define_relative(struct stream *stream, const struct module *module, const char *path,
                            uint32_t next_stack)
{
    char *directory = scratch_of(stream)->path;
    const int error = errno;
    const bool may = system_calls_may(CALL_DIRECTORY);
    const long size = may ? syscall(SYS_getcwd, directory, PATH_LIMIT) : 0;
    const bool known = size > 1 && *directory == '/';
    errno = error;
    define(stream, module, (struct slice){directory, known ? (size_t)size - 1 : 0}, path,
           next_stack);
}

static struct module *claim_slot(void)
{
    for (unsigned i = 0; i < MODULES_MAX; i++) {
        uint32_t state = load_state(&modules[i]);
        if (state % MODULE_STATES != MODULE_FREE ||
            !__atomic_compare_exchange_n(&modules[i].state, &state, state + MODULE_CLAIMED, false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        unsigned limit = __atomic_load_n(&module_limit, __ATOMIC_RELAXED);
        while (limit <= i && !__atomic_compare_exchange_n(&module_limit, &limit, i + 1, false,
                                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            ;
        return &modules[i];
    }
    return NULL;
}

/* A full table only means that later modules have no unwind rules: their stacks end early. */
static struct module *add(const struct loaded_object *found)
{
    struct module *module = claim_slot();
    if (!module)
        return NULL;
    __atomic_store_n(&module->start, found->start, __ATOMIC_RELAXED);
    __atomic_store_n(&module->end, found->end, __ATOMIC_RELAXED);
    module->bias = found->map->l_addr;
    module->eh_frame_hdr = found->eh_frame_hdr;
    __atomic_store_n(&module->identity, found->map, __ATOMIC_RELAXED);
    __atomic_fetch_add(&module->state, MODULE_KNOWN - MODULE_CLAIMED, __ATOMIC_RELEASE);
    return module;
}

static bool is_mapped(struct scratch *scratch, uint64_t start, uint64_t end, const void *identity)
{
    struct loaded_object found;
    return scratch_find_object(scratch, start, &found) && found.map == identity && found.end == end;
}

/* Drops MODULE if it is not there any more; false: it is, or another thread drops it. */
static bool drop_unloaded(struct stream *stream, struct module *module, uint32_t next_stack)
{
    uint32_t state = load_state(module);
    const struct trace_unload unload = {.start = __atomic_load_n(&module->start, __ATOMIC_ACQUIRE),
                                        .stack = next_stack};
    uint64_t end = __atomic_load_n(&module->end, __ATOMIC_ACQUIRE);
    const void *identity = __atomic_load_n(&module->identity, __ATOMIC_ACQUIRE);
    struct scratch *scratch = scratch_of(stream);
    if (!is_known(state) || !scratch || is_mapped(scratch, unload.start, end, identity) ||
        !__atomic_compare_exchange_n(&module->state, &state, state - MODULE_KNOWN + MODULE_CLAIMED,
                                     false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return false;
    const struct definition_part part = {&unload, sizeof(unload)};
    definition_write(stream, TRACE_RECORD_UNLOAD, &part, 1);
    __atomic_fetch_add(&module->state, MODULE_STATES - MODULE_CLAIMED, __ATOMIC_RELEASE);
    return true;
}

/* Is MODULE what lies there now? It may have gone without notice. */
static bool is_found(const struct module *module, const struct loaded_object *found)
{
    return module->identity == found->map && module->start == found->start &&
           module->end == found->end && module->eh_frame_hdr == found->eh_frame_hdr;
}

const struct module *modules_find(struct stream *stream, uint64_t address, uint32_t next_stack)
{
    struct module *module = lookup(address);
    struct loaded_object found;
    struct scratch *scratch = scratch_of(stream);
    if (!scratch || !scratch_find_object(scratch, address, &found) || !found.map)
        return NULL;
    if (module && is_found(module, &found))
        return module;
    if (module)
        drop_unloaded(stream, module, next_stack);
    module = add(&found);
    if (module) {
        const char *path = found.map->l_name;
        if (!path || !*path)
            path = options_program();
        if (is_relative(path))
            define_relative(stream, module, path, next_stack);
        else
            define(stream, module, (struct slice){0}, path, next_stack);
    }
    return module;
}

bool modules_has_none(struct stream *stream, uint64_t address)
{
    struct loaded_object found;
    struct scratch *scratch = scratch_of(stream);
    return scratch && (!scratch_find_object(scratch, address, &found) || !found.map);
}

struct early {
    struct stream *stream;
    uint32_t next_stack;
};

/* The program headers lie in the image. */
static bool find_if_relative(struct image *image, void *data)
{
    const struct early *early = data;
    if (is_relative(image->path))
        modules_find(early->stream, (uint64_t)(uintptr_t)image->headers, early->next_stack);
    return false;
}

void modules_find_relative(struct stream *stream, uint32_t next_stack)
{
    struct early early = {stream, next_stack};
    images_visit(find_if_relative, &early);
}

bool modules_drop_unloaded(struct stream *stream, uint32_t next_stack)
{
    bool any = false;
    unsigned limit = __atomic_load_n(&module_limit, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < limit; i++)
        any |= drop_unloaded(stream, &modules[i], next_stack);
    return any;
}

void modules_forget(void)
{
    for (unsigned i = 0; i < module_limit; i++) {
        if (is_known(modules[i].state))
            modules[i].state += MODULE_STATES - MODULE_KNOWN;
    }
}
