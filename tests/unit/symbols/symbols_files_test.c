/* symbols_files_test.c - which files names are taken from, and that broken ones do no harm. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "analyzer/symbols/symbols.h"

#include "analyzer/symbols/elf.h"
#include "analyzer/symbols/sources.h"
#include "analyzer/util/memory.h"
#include "tests/unit/support/symbols_bench.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <gelf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(symbols_files, another_build_gives_no_names)
{
    struct bench bench;
    struct elf_file file;
    const uint8_t *found;
    uint8_t id[64] = {0};
    char why[160];

    open_bench(&bench);
    compile(&bench, "gcc", "-g", fixture);
    cr_assert_null(elf_file_open(&file, NULL, bench.path));
    unsigned length = (unsigned)elf_file_build_id(&file, &found);
    cr_assert_eq(length, 20);
    memcpy(id, found, length);
    elf_file_close(&file);
    uint64_t address = reported(bench.path, "hidden");

    use_module(&bench, id, length);
    cr_expect_str_eq(name_at(&bench, address, true), "hidden");
    cr_expect_null(symbols_nameless(bench.symbols, 0));

    id[length - 1] ^= 1;
    use_module(&bench, id, length);
    cr_expect_null(name_at(&bench, address, true));
    cr_expect_null(name_at(&bench, address + 1, true));
    char *digits = hex_text(id, length);
    snprintf(why, sizeof(why), "is another build than the one recorded, whose build id is %s",
             digits);
    free(digits);
    cr_assert_not_null(symbols_nameless(bench.symbols, 0));
    cr_expect_str_eq(symbols_nameless(bench.symbols, 0)->module->path, bench.path);
    cr_expect_str_eq(symbols_nameless(bench.symbols, 0)->why, why);
    cr_expect_null(symbols_nameless(bench.symbols, 1), "told once a module");

    cr_assert(run("objcopy --remove-section=.note.gnu.build-id '%s'", bench.path));
    id[length - 1] ^= 1;
    use_module(&bench, id, length);
    cr_expect_null(name_at(&bench, address, true),
                   "a file without build id is not the recorded one");
    close_bench(&bench);
}

static void expect_nameless(struct bench *bench, const char *path, const char *wrong)
{
    const struct symbol_frame *frames;

    snprintf(bench->path, sizeof(bench->path), "%s", path);
    use_module(bench, NULL, 0);
    cr_expect_eq(resolve(bench, 0x1234, true, &frames), 1);
    cr_expect_null(frames[0].function);
    cr_expect_null(frames[0].file);
    cr_expect_eq(frames[0].offset, 0x1234);
    if (wrong == NULL) {
        cr_expect_null(symbols_nameless(bench->symbols, 0), "%s", path);
        return;
    }
    cr_assert_not_null(symbols_nameless(bench->symbols, 0), "%s", path);
    cr_expect_str_eq(symbols_nameless(bench->symbols, 0)->why, wrong);
}

Test(symbols_files, only_regular_elf_files_are_opened)
{
    struct bench bench;
    char path[96];

    open_bench(&bench);
    expect_nameless(&bench, bench.directory, "is not a regular file");
    expect_nameless(&bench, "/dev/zero", "is not a regular file");
    expect_nameless(&bench, "/dev/tty", "is not a regular file");
    snprintf(path, sizeof(path), "%s/missing", bench.directory);
    expect_nameless(&bench, path, "No such file or directory");
    snprintf(path, sizeof(path), "%s/fifo", bench.directory);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_nameless(&bench, path, "is not a regular file");
    snprintf(path, sizeof(path), "%s/text", bench.directory);
    write_file(path, "#!/bin/sh\n", 10);
    expect_nameless(&bench, path, "is not an ELF executable or shared object");
    expect_nameless(&bench, "", NULL);
    expect_nameless(&bench, "[anonymous]", NULL);
    expect_nameless(&bench, "linux-vdso.so.1", NULL);
    close_bench(&bench);
}

Test(symbols_files, code_outside_every_module_is_nameless)
{
    struct bench bench;
    const struct symbol_frame *frames;
    struct code_frame frame = {.module = FRAME_NO_MODULE, .offset = 0x7f0000001000};

    open_bench(&bench);
    use_module(&bench, NULL, 0);
    cr_expect_eq(symbols_resolve(bench.symbols, frame, true, &frames), 1);
    cr_expect_null(frames[0].module);
    cr_expect_null(frames[0].path);
    cr_expect_null(frames[0].function);
    cr_expect_eq(frames[0].offset, 0x7f0000001000);
    cr_expect_null(symbols_nameless(bench.symbols, 0));
    close_bench(&bench);
}

/* Reads a whole file; *LENGTH bytes, to be freed. */
static uint8_t *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "r");
    struct stat status;

    cr_assert_not_null(file);
    cr_assert_eq(fstat(fileno(file), &status), 0);
    *length = (size_t)status.st_size;
    uint8_t *bytes = xmalloc(*length);
    cr_assert_eq(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

static void resolve_all_over(struct bench *bench)
{
    const struct symbol_frame *frames;

    use_module(bench, NULL, 0);
    for (uint64_t offset = 0; offset < 0x2000; offset += 61)
        cr_assert_geq(resolve(bench, offset, offset % 2 == 0, &frames), 1);
    resolve(bench, UINT64_MAX, false, &frames);
}

Test(symbols_files, broken_files_do_no_harm)
{
    struct bench bench;
    size_t length;
    uint32_t random = 1;

    open_bench(&bench);
    compile(&bench, "gcc", "-g", fixture);
    uint8_t *bytes = read_file(bench.path, &length);
    for (size_t cut = 0; cut < length; cut += 1 + length / 97) {
        write_file(bench.path, bytes, cut);
        resolve_all_over(&bench);
    }
    for (unsigned round = 0; round < 400; round++) {
        uint8_t *broken = memcpy(xmalloc(length), bytes, length);
        for (unsigned i = 0; i < 1 + round % 32; i++) {
            random = random * 1664525 + 1013904223;
            /* Odd rounds leave the headers at both ends whole, so that the damage lies deeper. */
            size_t at = round % 2 == 0 ? random % length : length / 4 + random % (length / 2);
            broken[at] ^= (uint8_t)(1 + (random >> 24));
        }
        write_file(bench.path, broken, length);
        resolve_all_over(&bench);
        free(broken);
    }
    free(bytes);
    close_bench(&bench);
}

Test(symbols_files, a_program_may_not_name_a_supplementary_debug_file)
{
    struct bench bench;
    const struct symbol_frame *frames;
    const char link[] = "/dev/tty\0build id of twenty by";
    char file[128];

    open_bench(&bench);
    compile(&bench, "gcc", "-g", fixture);
    use_module(&bench, NULL, 0);
    uint64_t address = reported(bench.path, "inlined");
    cr_expect_eq(resolve(&bench, address, true, &frames), 3);

    snprintf(file, sizeof(file), "%s/link", bench.directory);
    write_file(file, link, sizeof(link) - 1);
    cr_assert(run("objcopy --add-section .gnu_debugaltlink='%s' '%s'", file, bench.path));
    use_module(&bench, NULL, 0);
    cr_expect_eq(resolve(&bench, address, true, &frames), 1);
    cr_expect_str_eq(frames[0].function, "exported");
    cr_expect_null(frames[0].file);
    close_bench(&bench);
}

/* Says in PATH's table that the section is that large, and makes the file so. */
static void set_section_size(const char *path, const char *name, uint64_t size)
{
    int fd = open(path, O_RDWR);
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_RDWR, NULL);
    Elf_Scn *section = NULL;
    size_t names;
    GElf_Shdr header;

    cr_assert_eq(elf_getshdrstrndx(elf, &names), 0);
    elf_flagelf(elf, ELF_C_SET, ELF_F_LAYOUT);
    while ((section = elf_nextscn(elf, section)) != NULL) {
        cr_assert_not_null(gelf_getshdr(section, &header));
        if (strcmp(elf_strptr(elf, names, header.sh_name), name) == 0)
            break;
    }
    cr_assert_not_null(section);
    off_t table = elf64_getehdr(elf)->e_shoff, at = (off_t)elf_ndxscn(section) * 64;
    elf_end(elf);
    cr_assert_eq(pwrite(fd, &size, sizeof(size), table + at + offsetof(Elf64_Shdr, sh_size)), 8);
    cr_assert_eq(ftruncate(fd, (off_t)size + (1 << 20)), 0);
    close(fd);
}

/* A section of zeros, packed, in the file of the fixture or beside it. */
static bool add_zeros(const struct bench *bench, const char *size)
{
    return run("truncate -s %s '%s/zeros' && objcopy --add-section .debug_more='%s/zeros' '%s' && "
               "objcopy --compress-debug-sections=zlib '%s'",
               size, bench->directory, bench->directory, bench->path, bench->path);
}

Test(symbols_files, sections_that_unpack_to_more_than_can_be_are_left_alone)
{
    struct bench bench;

    open_bench(&bench);
    compile(&bench, "gcc", "-g", fixture);
    uint64_t address = reported(bench.path, "hidden");
    cr_assert(add_zeros(&bench, "8M"));
    use_module(&bench, NULL, 0);
    cr_expect_str_eq(name_at(&bench, address, true), "hidden", "some are what compilers make");
    cr_expect_null(symbols_nameless(bench.symbols, 0));

    compile(&bench, "gcc", "-g", fixture);
    cr_assert(add_zeros(&bench, "64M"));
    use_module(&bench, NULL, 0);
    cr_expect_null(name_at(&bench, address, true));
    cr_assert_not_null(symbols_nameless(bench.symbols, 0));
    cr_expect_str_eq(symbols_nameless(bench.symbols, 0)->why,
                     "its symbols and debug information take more memory than can be");
    close_bench(&bench);
}

/* Strips the program, which carries the symbols of its functions packed then; PACK is the command
 * that does. */
static bool strip_to_mini(struct bench *bench, const char *pack)
{
    return run("cd '%s' && objcopy -S --keep-symbol=hidden module mini && strip module && "
               "cat mini | (%s) >packed && objcopy --add-section .gnu_debugdata=packed module",
               bench->directory, pack);
}

Test(symbols_files, a_stripped_program_carries_names)
{
    struct bench bench;

    open_bench(&bench);
    compile(&bench, "gcc", "", fixture);
    const uint64_t address = reported(bench.path, "hidden");
    cr_assert(strip_to_mini(&bench, "xz"));
    use_module(&bench, NULL, 0);
    cr_expect_str_eq(name_at(&bench, address, true), "hidden");

    cr_assert(run("cd '%s' && objcopy --remove-section=.gnu_debugdata module", bench.directory));
    use_module(&bench, NULL, 0);
    cr_expect_null(name_at(&bench, address, true), "it was from there");
    close_bench(&bench);
}

Test(symbols_files, what_a_program_carries_may_be_anything)
{
    static const char *const packs[] = {
        "cat",                                         /* not packed */
        "xz | head -c 300",                            /* cut off */
        "head -c 160M /dev/zero | cat - mini | xz -0", /* larger than can be */
        "(echo no program && cat) | xz",               /* something else */
        "head -c 100 | xz",                            /* a header alone */
        "true",                                        /* nothing */
    };
    struct bench bench;

    open_bench(&bench);
    for (size_t i = 0; i < sizeof(packs) / sizeof(packs[0]); i++) {
        compile(&bench, "gcc", "", fixture);
        const uint64_t address = reported(bench.path, "hidden");
        cr_assert(strip_to_mini(&bench, packs[i]));
        use_module(&bench, NULL, 0);
        cr_expect_null(name_at(&bench, address, true), "%s", packs[i]);
        cr_expect_null(symbols_nameless(bench.symbols, 0), "the rest of the file is read");
    }
    close_bench(&bench);
}

Test(symbols_files, a_file_of_holes_is_left_alone)
{
    struct bench bench;

    open_bench(&bench);
    compile(&bench, "gcc", "-g", fixture);
    cr_assert(run("truncate -s 1K '%s/some' && objcopy --add-section .debug_some='%s/some' '%s'",
                  bench.directory, bench.directory, bench.path));
    set_section_size(bench.path, ".debug_some", UINT64_C(3) << 30);
    use_module(&bench, NULL, 0);
    cr_expect_null(name_at(&bench, 0x1234, true));
    cr_expect_not_null(symbols_nameless(bench.symbols, 0));
    close_bench(&bench);
}
