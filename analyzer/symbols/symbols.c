/* symbols.c - see symbols.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/symbols.h"

#include "analyzer/symbols/callee.h"
#include "analyzer/symbols/demangle.h"
#include "analyzer/symbols/dwarf.h"
#include "analyzer/symbols/inflated.h"
#include "analyzer/symbols/mini_debug.h"
#include "analyzer/symbols/sources.h"
#include "analyzer/symbols/symbol_table.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/uthash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One module's names, read when the first of its frames is asked for. */
struct module_names {
    bool loaded;
    struct module_files files; /* open as long as the names are used: they lie in there */
    struct mini_debug mini;    /* the same */
    struct symbol_table table;
    bool info_loaded;
    struct debug_info *info; /* NULL: none */
    struct callees *callees; /* NULL: not asked for yet */
};

/* Without padding, as its bytes are hashed. */
struct resolved_key {
    uint64_t offset;
    uint32_t module;
    uint32_t kind; /* of address: 0 code, 1 a return address, 2 a variable */
};

struct resolved {
    struct resolved_key key;
    UT_hash_handle hh;
    char *symbol; /* of the function or variable, from the symbol table; NULL: none */
    size_t count;
    struct symbol_frame frames[];
};

struct symbols {
    const struct stacks *stacks;
    struct symbol_sources sources;
    struct module_names *modules; /* by module number; shorter than there are modules */
    size_t module_count;
    struct resolved *cache;
    struct nameless_module *nameless;
    size_t nameless_count;
    uint64_t inflated; /* bytes, see inflated.h */
};

static struct symbol_sources used_sources;

void symbols_use(const struct symbol_sources *sources)
{
    used_sources = *sources;
}

struct symbols *symbols_new(const struct stacks *stacks)
{
    struct symbols *symbols = xcalloc(1, sizeof(*symbols));

    symbols->stacks = stacks;
    symbols->sources = used_sources;
    return symbols;
}

static void free_module(struct module_names *names)
{
    callees_free(names->callees);
    if (!names->loaded)
        return;
    debug_info_free(names->info);
    symbol_table_free(&names->table);
    mini_debug_close(&names->mini);
    module_files_close(&names->files);
}

void symbols_free(struct symbols *symbols)
{
    struct resolved *resolved, *next;

    if (symbols == NULL)
        return;
    HASH_ITER(hh, symbols->cache, resolved, next)
    {
        HASH_DEL(symbols->cache, resolved);
        for (size_t i = 0; i < resolved->count; i++)
            if (resolved->frames[i].symbol != NULL)
                free((char *)resolved->frames[i].function);
        free(resolved->symbol);
        free(resolved);
    }
    for (size_t i = 0; i < symbols->module_count; i++)
        free_module(&symbols->modules[i]);
    for (size_t i = 0; i < symbols->nameless_count; i++)
        free(symbols->nameless[i].why);
    free(symbols->modules);
    free(symbols->nameless);
    free(symbols);
}

static void add_nameless(struct symbols *symbols, const struct code_module *module, char *why)
{
    symbols->nameless =
        xreallocarray(symbols->nameless, symbols->nameless_count + 1, sizeof(symbols->nameless[0]));
    symbols->nameless[symbols->nameless_count++] = (struct nameless_module){module, why};
}

static void read_names(struct symbols *symbols, struct module_names *names)
{
    struct module_files *files = &names->files;

    if (files->file.elf != NULL)
        symbol_table_add(&names->table, files->file.elf);
    if (files->debug.elf != NULL)
        symbol_table_add(&names->table, files->debug.elf);
    else if (mini_debug_open(&names->mini, files->file.elf, &symbols->inflated))
        symbol_table_add(&names->table, names->mini.elf);
    symbol_table_finish(&names->table);
}

/* It may have to be decompressed, and takes much longer than the names. */
static struct debug_info *debug_info_of(struct module_names *names)
{
    struct module_files *files = &names->files;

    if (names->info_loaded)
        return names->info;
    names->info_loaded = true;
    if (files->file.elf != NULL)
        names->info = debug_info_new(files->file.elf, false);
    if (names->info == NULL && files->debug.elf != NULL)
        names->info = debug_info_new(files->debug.elf, files->trusted_debug);
    elf_file_loaded(&files->file);
    elf_file_loaded(&files->debug);
    return names->info;
}

static bool fits(struct symbols *symbols, const struct module_files *files)
{
    return (!files->file.elf || inflated_allows(files->file.elf, &symbols->inflated)) &&
           (!files->debug.elf || inflated_allows(files->debug.elf, &symbols->inflated));
}

static void load_module(struct symbols *symbols, struct module_names *names,
                        const struct code_module *module)
{
    char *why;

    *names =
        (struct module_names){.loaded = true, .files = {.file = {NULL, -1}, .debug = {NULL, -1}}};
    /* The kernel's own code and anonymous memory have no file; other names depend on a directory
     * that was the recorded program's. */
    if (module->path[0] != '/')
        return;
    why = module_files_open(&names->files, &symbols->sources, module);
    if (why == NULL && !fits(symbols, &names->files)) {
        why = xstrdup("its symbols and debug information take more memory than can be");
        module_files_close(&names->files);
        names->files = (struct module_files){.file = {NULL, -1}, .debug = {NULL, -1}};
    }
    if (why != NULL)
        add_nameless(symbols, module, why);
    else
        read_names(symbols, names);
}

static struct module_names *module_names(struct symbols *symbols, uint32_t number)
{
    size_t count = (size_t)number + 1;

    if (count > symbols->module_count) {
        symbols->modules = xreallocarray(symbols->modules, count, sizeof(symbols->modules[0]));
        for (size_t i = symbols->module_count; i < count; i++)
            symbols->modules[i] = (struct module_names){.loaded = false};
        symbols->module_count = count;
    }
    if (!symbols->modules[number].loaded)
        load_module(symbols, &symbols->modules[number], stacks_module(symbols->stacks, number));
    return &symbols->modules[number];
}

static const char *basename_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

static struct resolved *new_resolved(size_t count)
{
    struct resolved *resolved = xcalloc(1, sizeof(*resolved) + count * sizeof(resolved->frames[0]));

    resolved->count = count;
    return resolved;
}

static void set_module(struct resolved *resolved, const struct code_module *module)
{
    for (size_t i = 0; i < resolved->count && module->path[0] != '\0'; i++) {
        resolved->frames[i].path = module->path;
        resolved->frames[i].module = basename_of(module->path);
    }
}

/* A demangled name is a function's own, its symbol another's: see symbols_free(). */
static void set_function(struct symbol_frame *frame, const char *function, const char *symbol)
{
    char *name = symbol == NULL ? NULL : demangle(symbol);

    frame->function = name != NULL ? name : function;
    frame->symbol = name != NULL ? symbol : NULL;
}

/* What calls main, or a thread's function, is in every backtrace: nobody asks for its line. */
static bool is_start_code(const char *name, size_t length)
{
    static const char *const starts[] = {"__libc_start_main", "__libc_start_call_main",
                                         "start_thread", "clone3", "_start"};

    for (size_t i = 0; name != NULL && i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strlen(starts[i]) <= length && strncmp(name, starts[i], strlen(starts[i])) == 0 &&
            (length == strlen(starts[i]) || name[strlen(starts[i])] == '@'))
            return true;
    return false;
}

static struct resolved *resolve_in_module(struct symbols *symbols, uint32_t number,
                                          uint64_t address)
{
    struct module_names *names = module_names(symbols, number);
    struct debug_frame found[DEBUG_FRAMES_MAX];
    size_t length;
    const char *name = symbol_table_find(&names->table, address, &length);
    struct debug_info *info = is_start_code(name, length) ? NULL : debug_info_of(names);
    size_t count = info == NULL ? 0 : debug_info_frames(info, address, found);
    struct resolved *resolved = new_resolved(count == 0 ? 1 : count);

    if (name != NULL)
        resolved->symbol = xstrndup(name, length);
    for (size_t i = 0; i < count; i++) {
        resolved->frames[i] = (struct symbol_frame){.file = found[i].file,
                                                    .build_dir = found[i].build_dir,
                                                    .line = found[i].line,
                                                    .inlined = i + 1 < count};
        if (i + 1 < count || name == NULL)
            set_function(&resolved->frames[i], found[i].function, found[i].symbol);
    }
    set_module(resolved, stacks_module(symbols->stacks, number));
    if (name != NULL)
        set_function(&resolved->frames[resolved->count - 1], resolved->symbol, resolved->symbol);
    return resolved;
}

static struct resolved *resolve_variable(struct symbols *symbols, uint32_t number, uint64_t address)
{
    const struct module_names *names = module_names(symbols, number);
    struct resolved *resolved = new_resolved(1);
    size_t length;
    uint64_t offset;
    const char *name = symbol_table_variable(&names->table, address, &length, &offset);

    set_module(resolved, stacks_module(symbols->stacks, number));
    if (name != NULL && offset != 0)
        resolved->symbol = xasprintf("%.*s+0x%" PRIx64, (int)length, name, offset);
    else if (name != NULL)
        resolved->symbol = xstrndup(name, length);
    resolved->frames[0].function = resolved->symbol;
    return resolved;
}

static struct resolved *resolve(struct symbols *symbols, struct code_frame frame,
                                bool return_address)
{
    /* A call can be the last instruction of its function. */
    uint64_t address = frame.offset - (return_address && frame.offset > 0 ? 1 : 0);
    struct resolved *resolved;

    if (frame.module == FRAME_NO_MODULE)
        resolved = new_resolved(1);
    else if (frame.variable)
        resolved = resolve_variable(symbols, frame.module, frame.offset);
    else
        resolved = resolve_in_module(symbols, frame.module, address);
    for (size_t i = 0; i < resolved->count; i++)
        resolved->frames[i].offset = frame.offset;
    resolved->frames[0].variable = frame.variable;
    return resolved;
}

size_t symbols_resolve(struct symbols *symbols, struct code_frame frame, bool return_address,
                       const struct symbol_frame **frames)
{
    struct resolved_key key = {frame.offset, frame.module, frame.variable ? 2 : return_address};
    struct resolved *resolved;

    HASH_FIND(hh, symbols->cache, &key, sizeof(key), resolved);
    if (resolved == NULL) {
        resolved = resolve(symbols, frame, return_address);
        resolved->key = key;
        HASH_ADD(hh, symbols->cache, key, sizeof(key), resolved);
    }
    *frames = resolved->frames;
    return resolved->count;
}

const char *symbols_callee(struct symbols *symbols, struct code_frame frame, size_t *length)
{
    if (frame.module == FRAME_NO_MODULE || frame.variable)
        return NULL;
    struct module_names *names = module_names(symbols, frame.module);
    if (!names->callees)
        names->callees =
            callees_open(&symbols->sources, stacks_module(symbols->stacks, frame.module));
    return callees_name(names->callees, frame.offset, length);
}

const struct nameless_module *symbols_nameless(const struct symbols *symbols, size_t index)
{
    return index < symbols->nameless_count ? &symbols->nameless[index] : NULL;
}
