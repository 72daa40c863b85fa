/* symbols_test.c - names of code addresses, on programs that are compiled here. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "analyzer/symbols/symbols.h"

#include "analyzer/symbols/elf.h"
#include "tests/unit/support/symbols_bench.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <elfutils/libdw.h>
#include <inttypes.h>
#include <string.h>

static void expect_frame(const struct symbol_frame *frame, const char *function, unsigned line,
                         bool inlined)
{
    cr_expect(same(frame->function, function), "%s, not %s", frame->function, function);
    cr_expect_eq(frame->line, line, "%s: line %u, not %u", function, frame->line, line);
    cr_expect_eq(frame->inlined, inlined, "%s", function);
    cr_assert_not_null(frame->file, "%s", function);
    cr_expect_not_null(strstr(frame->file, "/fixture.c"), "%s: in %s", function, frame->file);
    cr_expect_str_eq(frame->module, "module");
}

struct compilation {
    char compiler[16];
    char flags[64];
};

ParameterizedTestParameters(symbols, inlined_calls_and_lines)
{
    static struct compilation ways[] = {
        {"gcc", "-g -gdwarf-4"},   {"gcc", "-g -gdwarf-5"},   {"gcc", "-g -gz"},
        {"clang", "-g -gdwarf-4"}, {"clang", "-g -gdwarf-5"}, {"gcc", "-g -no-pie"},
    };

    return cr_make_param_array(struct compilation, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(struct compilation *way, symbols, inlined_calls_and_lines)
{
    struct bench bench;
    const struct symbol_frame *frames;
    uint64_t base = strstr(way->flags, "no-pie") != NULL ? 0x400000 : 0;

    open_bench(&bench);
    compile(&bench, way->compiler, way->flags, fixture);
    use_module(&bench, NULL, 0);

    uint64_t address = base + reported(bench.path, "inlined");
    cr_assert_eq(resolve(&bench, address, true, &frames), 3);
    expect_frame(&frames[0], "inner", 15, true);
    expect_frame(&frames[1], "middle", 18, true);
    expect_frame(&frames[2], "exported", 21, false);
    cr_expect_eq(frames[0].offset, address);
    cr_expect_eq(frames[2].offset, address);

    cr_assert_eq(resolve(&bench, base + reported(bench.path, "hidden"), true, &frames), 1);
    expect_frame(&frames[0], "hidden", 26, false);
    cr_assert_eq(resolve(&bench, base + reported(bench.path, "last"), true, &frames), 1);
    expect_frame(&frames[0], "ends_in_call", 28, false);
    close_bench(&bench);
}

Test(symbols, a_return_address_names_the_call_before_it)
{
    struct bench bench;

    open_bench(&bench);
    compile(&bench, "gcc", "", fixture);
    use_module(&bench, NULL, 0);
    uint64_t address = reported(bench.path, "last");
    cr_expect_str_eq(name_at(&bench, address, true), "ends_in_call");
    cr_expect(!same(name_at(&bench, address, false), "ends_in_call"));
    cr_expect_str_eq(name_at(&bench, address - 1, false), "ends_in_call");
    close_bench(&bench);
}

/* Bounds of function NUMBER in .eh_frame of ELF, encoded pc-relative in 4 bytes; false past all. */
static bool function_bounds(Elf *elf, size_t number, uint64_t *start, uint64_t *end)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    Dwarf_CFI_Entry entry;
    Dwarf_Off next;
    size_t names = 0;

    cr_assert_eq(elf_getshdrstrndx(elf, &names), 0);
    do {
        section = elf_nextscn(elf, section);
        cr_assert_not_null(section);
        cr_assert_not_null(gelf_getshdr(section, &header));
    } while (strcmp(elf_strptr(elf, names, header.sh_name), ".eh_frame") != 0);
    Elf_Data *data = elf_rawdata(section, NULL);
    for (Dwarf_Off at = 0;
         dwarf_next_cfi((void *)elf_getident(elf, NULL), data, true, at, &next, &entry) == 0;
         at = next) {
        if (dwarf_cfi_cie_p(&entry) || number-- > 0)
            continue;
        int32_t distance;
        uint32_t length;
        memcpy(&distance, entry.fde.start, sizeof(distance));
        memcpy(&length, entry.fde.start + sizeof(distance), sizeof(length));
        *start = header.sh_addr + (uint64_t)(entry.fde.start - (const uint8_t *)data->d_buf) +
                 (uint64_t)(int64_t)distance;
        *end = *start + length;
        return true;
    }
    return false;
}

/* Resolves every byte of every function in FULL and STRIPPED; counts the functions in KNOWN that
 * have a name in STRIPPED, and in UNKNOWN those that have one in FULL alone. */
static void compare_names(struct bench *full, struct bench *stripped, size_t *known,
                          size_t *unknown)
{
    struct elf_file file;
    uint64_t start, end;

    cr_assert_null(elf_file_open(&file, NULL, full->path));
    for (size_t i = 0; function_bounds(file.elf, i, &start, &end); i++) {
        const char *expected = name_at(full, start, false);
        const char *name = name_at(stripped, start, false);
        cr_expect(name == NULL || same(name, expected), "%s is taken for %s", expected, name);
        *known += name != NULL;
        *unknown += name == NULL && expected != NULL;
        for (uint64_t at = start; at < end; at++) {
            cr_expect(same(name_at(stripped, at, false), name), "%s+%" PRIu64, name, at - start);
            cr_expect(same(name_at(full, at, false), expected), "%s+%" PRIu64, expected,
                      at - start);
        }
        cr_expect(name == NULL || !same(name_at(stripped, end, false), name), "%s ends late", name);
    }
    elf_file_close(&file);
}

Test(symbols, a_stripped_program_has_no_wrong_neighbour)
{
    struct bench full, stripped;
    size_t known = 0, unknown = 0;

    open_bench(&full);
    open_bench(&stripped);
    compile(&full, "gcc", "-rdynamic -fno-asynchronous-unwind-tables -funwind-tables", fixture);
    cr_assert(run("objcopy --strip-all '%s' '%s'", full.path, stripped.path));
    use_module(&full, NULL, 0);
    use_module(&stripped, NULL, 0);

    compare_names(&full, &stripped, &known, &unknown);
    cr_expect_geq(known, 5, "report, finish, exported, ends_in_call, main: %zu", known);
    cr_expect_geq(unknown, 1, "hidden");
    uint64_t address = reported(full.path, "hidden");
    cr_expect_str_eq(name_at(&full, address, true), "hidden");
    cr_expect_null(name_at(&stripped, address, true));
    close_bench(&full);
    close_bench(&stripped);
}

Test(symbols, of_nested_functions_the_smallest_is_taken)
{
    static const char nested[] = "__asm__(\".globl outer, part; .type outer, @function;\"\n"
                                 "\".type part, @function; outer: .skip 8, 0x90; \"\n"
                                 "\"part: .skip 2, 0x90; .size part, . - part; \"\n"
                                 "\".skip 8, 0x90; .size outer, . - outer; .skip 8, 0x90\");\n";
    struct bench bench;

    open_bench(&bench);
    compile(&bench, "gcc", "-shared -nostdlib -Wl,-Ttext=0x1000", nested);
    use_module(&bench, NULL, 0);
    for (uint64_t address = 0xff0; address < 0x1020; address++) {
        const char *expected = address < 0x1000 || address >= 0x1012   ? NULL
                               : address < 0x1008 || address >= 0x100a ? "outer"
                                                                       : "part";
        cr_expect(same(name_at(&bench, address, false), expected), "%#" PRIx64, address);
    }
    close_bench(&bench);
}

Test(symbols, of_several_names_the_same_one_is_always_taken)
{
    struct bench bench;

    open_bench(&bench);
    compile(&bench, "gcc", "-rdynamic", fixture);
    use_module(&bench, NULL, 0);
    uint64_t address = reported(bench.path, "inlined");
    cr_expect_str_eq(name_at(&bench, address, true), "exported",
                     "the weak `expo` and `__exported` come after it");
    cr_assert(run("objcopy -N exported '%s' && objcopy --strip-all '%s'", bench.path, bench.path));
    use_module(&bench, NULL, 0);
    cr_expect_str_eq(name_at(&bench, address, true), "exported");
    close_bench(&bench);
}

Test(symbols, a_version_is_no_part_of_a_name)
{
    struct bench bench;

    open_bench(&bench);
    compile(&bench, "gcc", "", fixture);
    uint64_t address = reported(bench.path, "hidden");
    cr_assert(run("objcopy --redefine-sym hidden=hidden@@V1.2 '%s'", bench.path));
    use_module(&bench, NULL, 0);
    cr_expect_str_eq(name_at(&bench, address, true), "hidden");
    close_bench(&bench);
}

Test(symbols, results_are_cached)
{
    struct bench bench;
    const struct symbol_frame *first, *again, *other;

    open_bench(&bench);
    compile(&bench, "gcc", "-g", fixture);
    use_module(&bench, NULL, 0);
    uint64_t address = reported(bench.path, "inlined");
    size_t count = resolve(&bench, address, true, &first);
    cr_assert(run("rm '%s'", bench.path));
    cr_expect_eq(resolve(&bench, address, true, &again), count);
    cr_expect_eq(first, again);
    resolve(&bench, address, false, &other);
    cr_expect_neq(first, other, "a return address is another question");
    close_bench(&bench);
}

static const char cplusplus[] =
    "#include <cstdio>\n"
    "extern \"C\" const char __ehdr_start[];\n"
    "#define SHARED __attribute__((noinline))\n"
    "SHARED void report(const char *what)\n"
    "{ std::printf(\"%s %lx\\n\", what, (unsigned long)((char *)\n"
    "  __builtin_return_address(0) - __ehdr_start)); }\n"
    "volatile int counter;\n"
    "namespace pools {\n"
    "template <typename T> struct Pool {\n"
    "  __attribute__((always_inline)) void take(T)\n"
    "  { counter++; report(\"inlined\"); counter++; }\n"
    "};\n"
    "namespace {\n"
    "SHARED void hidden(int n) { Pool<int> pool; pool.take(n); report(\"hidden\"); counter++; }\n"
    "} }\n"
    "int main() { pools::hidden(1); }\n";

Test(symbols, names_of_c_plus_plus_are_those_of_the_source)
{
    struct bench bench;
    const struct symbol_frame *frames;

    open_bench(&bench);
    compile(&bench, "g++", "-g -x c++", cplusplus);
    uint64_t hidden = reported(bench.path, "hidden"), inlined = reported(bench.path, "inlined");
    use_module(&bench, NULL, 0);
    cr_assert_eq(resolve(&bench, inlined, true, &frames), 2);
    cr_expect_str_eq(frames[0].function, "pools::Pool<int>::take");
    cr_expect_str_eq(frame_symbol(&frames[0]), "_ZN5pools4PoolIiE4takeEi");
    cr_expect(frames[0].inlined);
    cr_expect_str_eq(frames[1].function, "pools::(anonymous namespace)::hidden");
    cr_expect_eq(strncmp(frame_symbol(&frames[1]), "_ZN5pools12_GLOBAL__N_16hidden", 30), 0);

    cr_assert(run("strip -g '%s'", bench.path));
    use_module(&bench, NULL, 0);
    cr_expect_str_eq(name_at(&bench, hidden, true), "pools::(anonymous namespace)::hidden");
    close_bench(&bench);
}
