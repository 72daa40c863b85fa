/* sources.c - where the files are that names are taken from; see sources.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/sources.h"

#include "analyzer/symbols/debuginfod.h"
#include "analyzer/util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM_DEBUG_DIR "/usr/lib/debug"

/* The build that is looked for. */
struct build {
    const uint8_t *id;
    size_t length; /* 0: not known */
};

char *hex_text(const uint8_t *bytes, size_t length)
{
    char *digits = xmalloc(2 * length + 1);
    *digits = '\0';
    for (size_t i = 0; i < length; i++)
        sprintf(digits + 2 * i, "%02x", bytes[i]);
    return digits;
}

static bool is_build(const struct elf_file *file, struct build build)
{
    const uint8_t *id;
    size_t length = elf_file_build_id(file, &id);
    return length == build.length && memcmp(id, build.id, length) == 0;
}

/* Opens the debug file PATH below ROOT (NULL: the root) if it is of BUILD. Takes PATH over. */
static bool open_build(struct elf_file *debug, const char *root, char *path, struct build build)
{
    bool opened = elf_file_open(debug, root, path) == NULL;
    free(path);
    if (opened && is_build(debug, build))
        return true;
    elf_file_close(debug);
    return false;
}

static bool find_by_build_id(struct module_files *files, const struct symbol_sources *sources,
                             struct build build)
{
    if (build.length < 2)
        return false;
    char *digits = hex_text(build.id, build.length);
    char *name = xasprintf("/.build-id/%.2s/%s.debug", digits, digits + 2);
    bool found = false;
    for (size_t i = 0; !found && i < sources->debug_dir_count; i++)
        found =
            open_build(&files->debug, NULL, xasprintf("%s%s", sources->debug_dirs[i], name), build);
    if (!found)
        found = open_build(&files->debug, NULL, xasprintf(SYSTEM_DEBUG_DIR "%s", name), build);
    files->trusted_debug = found;
    if (!found && sources->sysroot)
        found = open_build(&files->debug, sources->sysroot, xasprintf(SYSTEM_DEBUG_DIR "%s", name),
                           build);
    free(name);
    free(digits);
    return found;
}

/* What the module says its debug file is. */
struct debug_link {
    const char *name;
    uint32_t crc;
    struct build build; /* the module's own */
};

/* Takes PATH over. */
static bool open_linked(struct elf_file *debug, const char *root, char *path,
                        const struct debug_link *link)
{
    const uint8_t *id;
    bool opened = elf_file_open(debug, root, path) == NULL;
    free(path);
    if (opened && elf_file_crc(debug) == link->crc &&
        (elf_file_build_id(debug, &id) == 0 || is_build(debug, link->build)))
        return true;
    elf_file_close(debug);
    return false;
}

/* As gdb does, and right below the user's directories. DIRECTORY: the module's, without a "/". */
static bool find_by_link(struct module_files *files, const struct symbol_sources *sources,
                         const char *directory, const struct debug_link *link)
{
    struct elf_file *debug = &files->debug;
    const char *root = sources->sysroot, *name = link->name;
    bool found =
        open_linked(debug, root, xasprintf("%s/%s", directory, name), link) ||
        open_linked(debug, root, xasprintf("%s/.debug/%s", directory, name), link) ||
        open_linked(debug, root, xasprintf(SYSTEM_DEBUG_DIR "%s/%s", directory, name), link);
    for (size_t i = 0; !found && i < sources->debug_dir_count; i++) {
        const char *dir = sources->debug_dirs[i];
        files->trusted_debug =
            open_linked(debug, NULL, xasprintf("%s%s/%s", dir, directory, name), link) ||
            open_linked(debug, NULL, xasprintf("%s/%s", dir, name), link);
        found = files->trusted_debug;
    }
    return found;
}

static bool find_debug_link(struct module_files *files, const struct symbol_sources *sources,
                            const char *path)
{
    GElf_Word crc;
    const char *name = dwelf_elf_gnu_debuglink(files->file.elf, &crc);
    /* A name that leads elsewhere is nobody's debug file. */
    if (!name || !*name || strchr(name, '/'))
        return false;
    struct debug_link link = {.name = name, .crc = crc};
    link.build.length = elf_file_build_id(&files->file, &link.build.id);
    char *directory = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    bool found = find_by_link(files, sources, directory, &link);
    free(directory);
    return found;
}

static void open_debug(struct module_files *files, const struct symbol_sources *sources,
                       const char *path, struct build build)
{
    if (find_by_build_id(files, sources, build))
        return;
    if (files->file.elf && find_debug_link(files, sources, path))
        return;
    if (sources->debuginfod && build.length &&
        debuginfod_open(&files->debug, build.id, build.length) && !is_build(&files->debug, build))
        elf_file_close(&files->debug);
}

/* Without a build id, the extent of the image is all there is to tell builds by. */
static bool is_recorded(const struct elf_file *file, const struct code_module *module)
{
    if (module->build_id_length)
        return is_build(file, (struct build){module->build_id, module->build_id_length});
    return module->image_end == 0 || elf_file_image_end(file) == module->image_end;
}

static char *other_build(const struct code_module *module)
{
    char *digits = hex_text(module->build_id, module->build_id_length);
    char *wrong = xasprintf("is another build than the one recorded%s%s",
                            *digits ? ", whose build id is " : "", digits);
    free(digits);
    return wrong;
}

char *module_files_open(struct module_files *files, const struct symbol_sources *sources,
                        const struct code_module *module)
{
    struct build build = {module->build_id, module->build_id_length};
    const char *problem;
    char *wrong = NULL;

    *files = (struct module_files){.file = {NULL, -1}, .debug = {NULL, -1}};
    problem = elf_file_open(&files->file, sources->sysroot, module->path);
    if (problem) {
        wrong = xstrdup(problem);
    } else if (!is_recorded(&files->file, module)) {
        elf_file_close(&files->file);
        wrong = other_build(module);
    } else if (build.length == 0) {
        build.length = elf_file_build_id(&files->file, &build.id);
    }
    open_debug(files, sources, module->path, build);
    if (files->debug.elf) {
        free(wrong);
        wrong = NULL;
    }
    return wrong;
}

void module_files_close(struct module_files *files)
{
    elf_file_close(&files->debug);
    elf_file_close(&files->file);
}
