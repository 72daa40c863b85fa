/* Tests of preload/code/symtab.c: static functions by their names, in this program's own file. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/symtab.h"

#include <criterion/criterion.h>
#include <unistd.h>

static struct slice slice(const char *text)
{
    return (struct slice){text, strlen(text)};
}

__attribute__((noinline)) static int only_here(int n)
{
    return n + (int)getpid();
}

/* As link-time optimisation names what it has made global and static again. */
__attribute__((noinline)) static int made_private(int n) __asm__("private_one.lto_priv.0");
static int made_private(int n)
{
    return n - (int)getpid();
}

__attribute__((noinline)) static int made_private_by_clang(int n) __asm__("other_one.llvm.1234567");
static int made_private_by_clang(int n)
{
    return n * (int)getpid();
}

__attribute__((noinline)) static int part_of_one(int n) __asm__("split_one.part.0");
static int part_of_one(int n)
{
    return n ^ (int)getpid();
}

int exported_one(int n);
int exported_one(int n)
{
    return only_here(n) + made_private(n) + made_private_by_clang(n) + part_of_one(n);
}

Test(symtab, static_functions_are_found_by_their_names)
{
    struct symtab symtab;
    cr_assert(symtab_open(&symtab, "/proc/self/exe"));
    cr_expect_not_null(symtab_static(&symtab, slice("only_here")));
    cr_expect_not_null(symtab_static(&symtab, slice("private_one")));
    cr_expect_not_null(symtab_static(&symtab, slice("other_one")));
    cr_expect_null(symtab_static(&symtab, slice("only_her")));
    cr_expect_null(symtab_static(&symtab, slice("split_one")), "a part has other arguments");
    cr_expect_null(symtab_static(&symtab, slice("exported_one")), "it is not static");
    cr_expect_eq(exported_one(0) - exported_one(0), 0);
    symtab_close(&symtab);
    cr_expect_null(symtab.file);
}

Test(symtab, what_is_no_program_has_no_names)
{
    struct symtab symtab;
    char path[] = "/tmp/symtab_test.XXXXXX";
    const int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_expect_not(symtab_open(&symtab, path), "it is empty");
    Elf64_Ehdr elf = {.e_shoff = UINT64_MAX - 8, .e_shnum = UINT16_MAX};
    cr_assert_eq(write(fd, &elf, sizeof(elf)), (ssize_t)sizeof(elf));
    cr_expect_not(symtab_open(&symtab, path), "its sections lie beyond its end");
    cr_expect_null(symtab.file);
    cr_expect_not(symtab_open(&symtab, "/nowhere"));
    close(fd);
    unlink(path);
}
