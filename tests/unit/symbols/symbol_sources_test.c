/* symbol_sources_test.c - where the files are found that names are taken from. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/sources.h"

#include "analyzer/util/memory.h"
#include "tests/unit/support/symbols_bench.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The fixture, its build id, and the place of a call in its static function. */
struct program {
    struct bench bench;
    uint8_t id[64];
    unsigned length;
    uint64_t address;
};

static void build(struct program *program, const char *flags)
{
    struct elf_file file;
    const uint8_t *id;

    *program = (struct program){.length = 0};
    open_bench(&program->bench);
    compile(&program->bench, "gcc", flags, fixture);
    program->address = reported(program->bench.path, "hidden");
    cr_assert_null(elf_file_open(&file, NULL, program->bench.path));
    program->length = (unsigned)elf_file_build_id(&file, &id);
    if (program->length > 0)
        memcpy(program->id, id, program->length);
    elf_file_close(&file);
}

/* Moves the debug information into FILE, which is made, in the bench's directory. */
static void split_debug(struct program *program, const char *file)
{
    const char *directory = program->bench.directory;

    cr_assert(run("mkdir -p \"$(dirname '%s/%s')\"", directory, file));
    cr_assert(
        run("cd '%s' && objcopy --only-keep-debug module '%s' && strip module", directory, file));
}

/* DIRECTORY/.build-id/xx/yyyy.debug, as a path below the bench's directory. */
static void name_by_build_id(const struct program *program, const char *directory, char path[128])
{
    char *digits = hex_text(program->id, program->length);

    snprintf(path, 128, "%s/.build-id/%.2s/%s.debug", directory, digits, digits + 2);
    free(digits);
}

static const char *name_with(struct program *program, const struct symbol_sources *sources)
{
    symbols_use(sources);
    use_module(&program->bench, program->id, program->length);
    return name_at(&program->bench, program->address, true);
}

static const char *file_with(struct program *program, const struct symbol_sources *sources)
{
    const struct symbol_frame *frames;

    name_with(program, sources);
    resolve(&program->bench, program->address, true, &frames);
    return frames[0].file;
}

static struct symbol_sources debug_dir(const char *directory)
{
    return (struct symbol_sources){.debug_dirs = {directory}, .debug_dir_count = 1};
}

Test(symbol_sources, a_debug_file_by_build_id)
{
    struct program program;
    const struct symbol_sources none = {.sysroot = NULL};
    char path[128];

    build(&program, "-g");
    name_by_build_id(&program, "debug", path);
    split_debug(&program, path);
    snprintf(path, sizeof(path), "%s/debug", program.bench.directory);
    const struct symbol_sources sources = debug_dir(path);
    cr_expect_null(name_with(&program, &none), "it is stripped");
    cr_expect_str_eq(name_with(&program, &sources), "hidden");
    cr_expect_str_eq(strrchr(file_with(&program, &sources), '/'), "/fixture.c");

    cr_assert(run("rm '%s'", program.bench.path));
    cr_expect_str_eq(name_with(&program, &sources), "hidden", "without the program, too");
    cr_expect_null(symbols_nameless(program.bench.symbols, 0));
    close_bench(&program.bench);
}

Test(symbol_sources, a_debug_file_of_another_build_is_not_used)
{
    struct program program;
    char path[128];

    build(&program, "-g");
    name_by_build_id(&program, "debug", path);
    split_debug(&program, path);
    cr_assert(run("cd '%s' && gcc -Og -g -Wl,--build-id=sha1 -o '%s' fixture.c",
                  program.bench.directory, path));
    snprintf(path, sizeof(path), "%s/debug", program.bench.directory);
    const struct symbol_sources sources = debug_dir(path);
    cr_expect_null(name_with(&program, &sources));
    close_bench(&program.bench);
}

/* Every place in which gdb looks for "module.debug", and right below a directory. */
Test(symbol_sources, a_debug_file_by_its_link)
{
    static const char *const places[] = {"module.debug", ".debug/module.debug",
                                         "debug/module.debug", "debug%s/module.debug"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct program program;
        char path[192];

        build(&program, "-g");
        const char *directory = program.bench.directory;
        snprintf(path, sizeof(path), "%s/debug", directory);
        const struct symbol_sources sources = debug_dir(path);
        split_debug(&program, "module.debug");
        cr_assert(run("cd '%s' && objcopy --add-gnu-debuglink=module.debug module", directory));
        cr_assert(run("cd '%s' && mv module.debug kept && mkdir -p .debug debug/'%s'", directory,
                      directory));
        cr_expect_null(name_with(&program, &sources));
        char place[192];
        snprintf(place, sizeof(place), places[i], directory);
        cr_assert(run("cd '%s' && cp kept '%s'", directory, place));
        cr_expect_str_eq(name_with(&program, &sources), "hidden", "%s", place);
        cr_assert(run("cd '%s' && echo >>'%s'", directory, place));
        cr_expect_null(name_with(&program, &sources), "%s: its checksum is another", place);
        close_bench(&program.bench);
    }
}

Test(symbol_sources, a_link_may_not_lead_elsewhere)
{
    struct program program;
    struct elf_file file;
    const struct symbol_sources none = {.sysroot = NULL};
    struct {
        char name[16];
        uint32_t crc;
    } link = {.name = "sub/link.debug"};
    char path[128];

    build(&program, "-g");
    split_debug(&program, "sub/link.debug");
    snprintf(path, sizeof(path), "%s/sub/link.debug", program.bench.directory);
    cr_assert_null(elf_file_open(&file, NULL, path));
    link.crc = elf_file_crc(&file);
    elf_file_close(&file);
    snprintf(path, sizeof(path), "%s/link", program.bench.directory);
    for (int i = 0; i < 2; i++) {
        write_file(path, &link, sizeof(link));
        cr_assert(run("objcopy --%s-section .gnu_debuglink='%s' '%s'", i ? "update" : "add", path,
                      program.bench.path));
        cr_expect(same(name_with(&program, &none), i ? "hidden" : NULL));
        memcpy(link.name, "sub_link", strlen("sub_link"));
        cr_assert(run("cd '%s' && cp sub/link.debug sub_link.debug", program.bench.directory));
    }
    close_bench(&program.bench);
}

Test(symbol_sources, below_a_sysroot)
{
    struct program program;
    char root[128], path[128];

    build(&program, "-g");
    const char *directory = program.bench.directory;
    snprintf(root, sizeof(root), "%s/root", directory);
    const struct symbol_sources sources = {.sysroot = root};
    cr_assert(run("mkdir -p '%s%s'", root, directory));
    cr_expect_null(name_with(&program, &sources), "not the file of this system");
    cr_expect_str_eq(symbols_nameless(program.bench.symbols, 0)->why, "No such file or directory");

    cr_assert(run("cp '%s' '%s/real' && ln -s /real '%s%s'", program.bench.path, root, root,
                  program.bench.path));
    cr_expect_str_eq(name_with(&program, &sources), "hidden", "an absolute link stays below it");
    cr_assert(run("rm '%s/real' && ln -s ../../../../../../..'%s' '%s/real'", root,
                  program.bench.path, root));
    cr_expect_null(name_with(&program, &sources), "as does one with ..");

    cr_assert(run("rm '%s%s'", root, program.bench.path));
    snprintf(path, sizeof(path), "root/usr/lib/debug");
    name_by_build_id(&program, "root/usr/lib/debug", path);
    split_debug(&program, path);
    cr_expect_str_eq(name_with(&program, &sources), "hidden", "the debug file there");
    close_bench(&program.bench);
}

Test(symbol_sources, without_a_build_id_the_extent_tells_builds)
{
    struct program program;
    struct elf_file file;
    const struct symbol_sources none = {.sysroot = NULL};

    build(&program, "-g -Wl,--build-id=none");
    cr_assert_eq(program.length, 0);
    cr_expect_str_eq(name_with(&program, &none), "hidden", "nothing is known of the build");

    cr_assert_null(elf_file_open(&file, NULL, program.bench.path));
    struct code_module module = {.path = program.bench.path,
                                 .image_end = elf_file_image_end(&file)};
    elf_file_close(&file);
    program.bench.module = stacks_intern_module(program.bench.stacks, &module);
    cr_expect_str_eq(name_at(&program.bench, program.address, true), "hidden");
    module.image_end += 8;
    program.bench.module = stacks_intern_module(program.bench.stacks, &module);
    cr_expect_null(name_at(&program.bench, program.address, true));
    cr_expect_str_eq(symbols_nameless(program.bench.symbols, 0)->why,
                     "is another build than the one recorded");
    close_bench(&program.bench);
}
