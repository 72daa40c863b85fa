/* image_test.c - where the code of a function leads: its tail jump, its calls. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/callers.h"
#include "preload/code/image.h"
#include "tests/unit/support/test_code.h"

#define CALL(name) "call " #name "\n"

extern const uint64_t static_data, other_data;
extern function accesses_two, static_one, static_two, calls_three, calls_beside, jumps_and_calls,
    jumps_to_two, damaged, calls_itself, branches, branches_aside;

FUNCTION(static_one, "lea (%rdi,%rsi), %rax\n ret\n nop\n");
FUNCTION(static_two, "lea (%rdi,%rdx), %rax\n ret\n nop\n");
/* Through a register and through memory, calls are not direct, and not counted. */
FUNCTION(calls_three, "push %rbx\n .cfi_adjust_cfa_offset 8\n lea static_one(%rip), %rbx\n"
                      "call *%rbx\n" CALL(static_one) "test %eax, %eax\n jne 1f\n" CALL(static_two)
                          CALL(static_two) "1: pop %rbx\n .cfi_adjust_cfa_offset -8\n ret\n");
FUNCTION(calls_beside, "call static_one + 1\n ret\n");
FUNCTION(jumps_and_calls,
         CALL(static_two) "test %eax, %eax\n je 1f\n jmp 1f\n nop\n 1:" JMP_REL32(static_one));
FUNCTION(jumps_to_two,
         "test %edi, %edi\n jne 1f\n" JMP_REL32(static_one) "1: " JMP_REL32(static_two));
FUNCTION(calls_itself, "test %rdi, %rdi\n je 1f\n" CALL(calls_itself) "1: ret\n");
FUNCTION(branches, "test %rdi, %rdi\n jne calls_itself\n ret\n");
FUNCTION(branches_aside, "test %rdi, %rdi\n jne static_one\n ret\n");
/* A variable that is written later, one of 4 bytes, one that is constant, the address of one, and a
 * jump through one are no such accesses. */
FUNCTION(accesses_two,
         "cmpl $0, narrow(%rip)\n mov fixed(%rip), %rax\n lea static_data(%rip), %rax\n"
         "cmpq $0, static_data(%rip)\n je 1f\n mov %rdi, other_data(%rip)\n"
         "mov static_data(%rip), %rax\n 1: jmp *other_data(%rip)\n");
__asm__(".pushsection .data\n .balign 8\n static_data: .quad 1\n other_data: .quad 2\n"
        "narrow: .long 3\n .popsection\n"
        ".pushsection .rodata\n .balign 8\n fixed: .quad 4\n .popsection\n");
FUNCTION(damaged, CALL(static_one) ".byte 0x06\n" CALL(static_two) JMP_REL32(static_one));

static bool keep_first(struct image *image, void *data)
{
    *(struct image *)data = *image;
    return true;
}

static struct image this_program(void)
{
    struct image image;
    cr_assert(images_visit(keep_first, &image));
    return image;
}

static uint64_t call_of(function *code, uint32_t number)
{
    struct image image = this_program();
    return image_call(&image, address_of(code), size_of(code), number);
}

static uint64_t tail_of(function *code)
{
    struct image image = this_program();
    return image_tail_jump(&image, address_of(code), size_of(code));
}

Test(image, calls_are_counted_by_address)
{
    cr_expect_eq(call_of(calls_three, 1), address_of(static_one));
    cr_expect_eq(call_of(calls_three, 2), address_of(static_two));
    cr_expect_eq(call_of(calls_three, 3), address_of(static_two));
    cr_expect_eq(call_of(calls_three, 4), 0);
    cr_expect_eq(call_of(calls_three, UINT32_MAX), 0);
    cr_expect_eq(call_of(static_one, 1), 0);
}

Test(image, a_call_must_lead_to_the_start_of_a_function)
{
    cr_expect_eq(call_of(calls_beside, 1), 0);
}

Test(image, calls_are_no_jumps)
{
    cr_expect_eq(call_of(jumps_and_calls, 1), address_of(static_two));
    cr_expect_eq(call_of(jumps_and_calls, 2), 0);
    cr_expect_eq(tail_of(jumps_and_calls), address_of(static_one));
    cr_expect_eq(tail_of(calls_three), 0);
}

Test(image, jumps_to_more_than_one_place_are_none)
{
    cr_expect_eq(tail_of(jumps_to_two), 0);
}

static uint64_t branch_of(function *code)
{
    struct image image = this_program();
    return image_tail_branch(&image, address_of(code), size_of(code));
}

Test(image, a_branch_leads_to_what_calls_itself_alone)
{
    cr_expect_eq(branch_of(branches), address_of(calls_itself));
    cr_expect_eq(branch_of(branches_aside), 0);
    cr_expect_eq(branch_of(calls_itself), 0);
    cr_expect_eq(branch_of(jumps_and_calls), 0);
}

Test(image, what_is_no_instruction_ends_the_search)
{
    cr_expect_eq(call_of(damaged, 1), address_of(static_one));
    cr_expect_eq(call_of(damaged, 2), 0);
    cr_expect_eq(tail_of(damaged), 0);
}

Test(image, what_code_reaches_it_calls_or_jumps_to)
{
    cr_expect(image_reaches(address_of(calls_three), size_of(calls_three), address_of(static_two)));
    cr_expect(
        image_reaches(address_of(jumps_to_two), size_of(jumps_to_two), address_of(static_one)));
    cr_expect_not(
        image_reaches(address_of(calls_beside), size_of(calls_beside), address_of(static_one)));
    cr_expect_not(
        image_reaches(address_of(static_one), size_of(static_one), address_of(static_two)));
}

/* This program, which exports the function at CODE or, with BIND, defines it otherwise. */
static struct image program_with(function *code, unsigned bind, Elf64_Sym *symbol)
{
    struct image image = this_program();
    *symbol = (Elf64_Sym){.st_info = ELF64_ST_INFO(bind, STT_FUNC),
                          .st_shndx = 1,
                          .st_value = address_of(code) - image.bias};
    image.symbols = symbol;
    image.symbol_count = 1;
    image.gnu_hash = NULL;
    return image;
}

Test(image, what_is_exported_is_no_internal_function)
{
    Elf64_Sym symbol;
    struct image image = program_with(static_one, STB_GLOBAL, &symbol);
    cr_expect(image_exports(&image, address_of(static_one)));
    cr_expect_eq(image_tail_jump(&image, address_of(jumps_and_calls), size_of(jumps_and_calls)), 0);
    cr_expect_eq(image_tail_jump(&image, address_of(jumps_to_two), size_of(jumps_to_two)),
                 address_of(static_two));
    cr_expect_eq(image_call(&image, address_of(calls_three), size_of(calls_three), 1), 0);
    cr_expect_eq(image_call(&image, address_of(calls_three), size_of(calls_three), 2),
                 address_of(static_two));
    image = program_with(static_one, STB_LOCAL, &symbol); /* as in a symbol table */
    cr_expect_not(image_exports(&image, address_of(static_one)));
}

static uint64_t variable_of(function *code, uint32_t number)
{
    struct image image = this_program();
    return image_variable(&image, (struct image_symbol){address_of(code), size_of(code)}, number);
}

Test(image, variables_are_counted_as_they_are_accessed)
{
    cr_expect_eq(variable_of(accesses_two, 1), address_of(&static_data));
    cr_expect_eq(variable_of(accesses_two, 2), address_of(&other_data));
    cr_expect_eq(variable_of(accesses_two, 3), address_of(&static_data));
    cr_expect_eq(variable_of(accesses_two, 4), 0);
    cr_expect_eq(variable_of(accesses_two, UINT32_MAX), 0);
    cr_expect_eq(variable_of(damaged, 1), 0);
    cr_expect_eq(variable_of(static_one, 1), 0);
}

struct wanted {
    struct slice name;
    struct image image;
};

static bool defines(struct image *image, void *data)
{
    struct wanted *wanted = data;
    wanted->image = *image;
    return image_defines(image, &wanted->name, 1);
}

static struct image image_with(const char *name)
{
    struct wanted wanted = {.name = {name, strlen(name)}};
    cr_assert(images_visit(defines, &wanted), "%s", name);
    return wanted.image;
}

static uint64_t symbol_of(const struct image *image, const char *name)
{
    return image_symbol(image, (struct slice){name, strlen(name)}).address;
}

Test(image, names_are_found_where_the_loader_finds_them)
{
    const char *const names[] = {"getenv", "qsort", "regcomp", "tolower", "getaddrinfo"};
    struct image image = image_with("getenv");
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD); /* a sanitizer has some of its own */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect_eq(symbol_of(&image, names[i]), address_of(dlsym(libc, names[i])));
    dlclose(libc);
    cr_expect_eq(symbol_of(&image, "getenvy"), 0);
    cr_expect_eq(symbol_of(&image, "geten"), 0);
    cr_expect_eq(symbol_of(&image, ""), 0);
}

Test(image, one_that_was_loaded_is_the_same_by_the_loaders_list)
{
    struct image visited = image_with("getenv"), image;
    void *code = dlsym(RTLD_DEFAULT, "getenv");
    struct link_map *map;
    Dl_info info;
    cr_assert(dladdr1(code, &info, (void **)&map, RTLD_DL_LINKMAP));
    cr_assert(image_of_map(map, &image));
    cr_expect_eq(image.map, map);
    cr_expect_eq(image.bias, visited.bias);
    cr_expect_eq(image.eh_frame_hdr, visited.eh_frame_hdr);
    cr_expect_eq(symbol_of(&image, "getenv"), address_of(code));
}

Test(image, one_that_is_laid_out_otherwise_is_refused)
{
    const Elf64_Dyn texts[] = {{.d_tag = DT_TEXTREL}, {.d_tag = DT_NULL}},
                    none[] = {{.d_tag = DT_NULL}};
    struct image image;
    struct link_map map = {.l_name = "", .l_ld = (Elf64_Dyn *)texts};
    cr_expect_not(image_of_map(&map, &image));
    map.l_ld = (Elf64_Dyn *)none;
    cr_expect_not(image_of_map(&map, &image));
    map.l_ld = NULL;
    cr_expect_not(image_of_map(&map, &image));
}

Test(image, what_libraries_export_is_known_by_address)
{
    struct image image = image_with("getenv");
    const uint64_t address = symbol_of(&image, "getenv");
    cr_expect(image_exports(&image, address));
    cr_expect_not(image_exports(&image, address + 1));
    cr_expect_not(image_exports(&image, 0));
}

static bool uses(function *code, const uint64_t *variable)
{
    enum { MOST = 8 };
    struct image image = this_program();
    struct image_symbol users[MOST];
    const unsigned count = image_users(&image, address_of(variable), users, MOST);
    bool found = false;
    for (unsigned i = 0; i < count; i++)
        found |= users[i].address == address_of(code) && users[i].size == size_of(code);
    return found;
}

Test(image, users_of_a_variable_are_found_by_their_operands)
{
    cr_expect(uses(accesses_two, &static_data), "it is read, written and compared");
    cr_expect(uses(accesses_two, &other_data));
    cr_expect_not(uses(jumps_and_calls, &static_data));
    cr_expect_not(uses(damaged, &static_data), "not to the end, what comes cannot be read");
}
