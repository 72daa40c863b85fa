/* symbols_bench.c - see symbols_bench.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/symbols_bench.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char fixture[] = "#include <stdio.h>\n"                       /* 1 */
                       "#include <stdlib.h>\n"                      /* 2 */
                       "extern const char __ehdr_start[];\n"        /* 3 */
                       "volatile int counter;\n"                    /* 4 */
                       "#define SHARED __attribute__((noinline))\n" /* 5 */
                       "#define INLINED static inline __attribute__((always_inline))\n"
                       "SHARED void report(const char *what)\n"                   /* 7 */
                       "{ printf(\"%s %lx\\n\", what, (unsigned long)((char *)\n" /* 8 */
                       "  __builtin_return_address(0) - __ehdr_start)); }\n"      /* 9 */
                       "SHARED _Noreturn void finish(void)\n"                     /* 10 */
                       "{ printf(\"last %lx\\n\", (unsigned long)((char *)\n"     /* 11 */
                       "  __builtin_return_address(0) - __ehdr_start)); exit(0); }\n"
                       "INLINED void inner(void)\n"   /* 13 */
                       "{ counter++;\n"               /* 14 */
                       "  report(\"inlined\"); }\n"   /* 15 */
                       "INLINED void middle(void)\n"  /* 16 */
                       "{ counter++;\n"               /* 17 */
                       "  inner(); }\n"               /* 18 */
                       "SHARED void exported(void)\n" /* 19 */
                       "{ counter++;\n"               /* 20 */
                       "  middle();\n"                /* 21 */
                       "  counter++; }\n"             /* 22 */
                       "void __exported(void) __attribute__((alias(\"exported\")));\n"
                       "void expo(void) __attribute__((weak, alias(\"exported\")));\n"
                       "static SHARED void hidden(void)\n"          /* 25 */
                       "{ report(\"hidden\"); counter++; }\n"       /* 26 */
                       "SHARED _Noreturn void ends_in_call(void)\n" /* 27 */
                       "{ counter++; finish(); }\n"                 /* 28 */
                       "int main(void)\n"
                       "{ exported(); hidden(); ends_in_call(); }\n";

bool run(const char *format, ...)
{
    char command[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    return system(command) == 0;
}

void open_bench(struct bench *bench)
{
    *bench = (struct bench){.directory = "/tmp/lifeguard-symbols-XXXXXX"};
    cr_assert_not_null(mkdtemp(bench->directory));
    snprintf(bench->path, sizeof(bench->path), "%s/module", bench->directory);
}

void use_module(struct bench *bench, const uint8_t *build_id, unsigned length)
{
    struct code_module module = {.path = bench->path, .build_id_length = length};

    symbols_free(bench->symbols);
    if (bench->stacks != NULL)
        stacks_free(bench->stacks);
    if (length != 0)
        memcpy(module.build_id, build_id, length);
    bench->stacks = stacks_new();
    bench->module = stacks_intern_module(bench->stacks, &module);
    bench->symbols = symbols_new(bench->stacks);
}

void close_bench(struct bench *bench)
{
    symbols_free(bench->symbols);
    if (bench->stacks != NULL)
        stacks_free(bench->stacks);
    cr_expect(run("rm -rf '%s'", bench->directory));
}

void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

void compile(struct bench *bench, const char *compiler, const char *flags, const char *source)
{
    char file[128];

    if (!run("command -v %s objcopy >/dev/null", compiler)) {
        close_bench(bench);
        cr_skip_test("%s or objcopy is not installed", compiler);
    }
    snprintf(file, sizeof(file), "%s/fixture.c", bench->directory);
    write_file(file, source, strlen(source));
    /* From within the directory: then clang numbers the file 0, as DWARF 5 has it. */
    cr_assert(run("cd '%s' && %s -O2 -Wl,--build-id=sha1 %s -o module fixture.c", bench->directory,
                  compiler, flags));
}

size_t resolve(struct bench *bench, uint64_t offset, bool return_address,
               const struct symbol_frame **frames)
{
    struct code_frame frame = {.module = bench->module, .offset = offset};

    return symbols_resolve(bench->symbols, frame, return_address, frames);
}

const char *name_at(struct bench *bench, uint64_t offset, bool return_address)
{
    const struct symbol_frame *frames;
    size_t count = resolve(bench, offset, return_address, &frames);

    cr_assert_geq(count, 1);
    return frames[count - 1].function;
}

uint64_t reported(const char *program, const char *what)
{
    char word[32];
    uint64_t address = 0, found = 0;
    FILE *pipe = popen(program, "r");

    cr_assert_not_null(pipe);
    while (fscanf(pipe, "%31s %" SCNx64, word, &address) == 2)
        if (strcmp(word, what) == 0)
            found = address;
    cr_assert_eq(pclose(pipe), 0);
    cr_assert_neq(found, 0, "%s was not reported", what);
    return found;
}

bool same(const char *name, const char *expected)
{
    return name == expected || (name != NULL && expected != NULL && strcmp(name, expected) == 0);
}
