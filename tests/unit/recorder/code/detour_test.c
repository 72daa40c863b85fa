/*
 * detour_test.c - patched functions do what they did before, and the recorder sees each call.
 *
 * The functions are assembly, so that their first bytes are known.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/unit/support/detour_probe.h"

#include <stdio.h>
#include <string.h>

/* Helpers, never patched. */
FUNCTION(add_all, "lea (%rdi,%rsi), %rax\n add %rdx, %rax\n ret\n");
FUNCTION(get_return_address, "mov (%rsp), %rax\n ret\n");
FUNCTION(get_seven, "mov $7, %eax\n ret\n");
FUNCTION(far_branch, "mov $-2, %eax\n ret\n");
__asm__(".pushsection .data\n .balign 8\n word: .quad 77\n slot: .quad 0\n"
        "number: .double 12.5\n to_seven: .quad get_seven\n .popsection\n");

/* How ProFTPD's palloc and destroy_pool look. */
FUNCTION(tail_jump, "xor %edx, %edx\n" JMP_REL32(add_all));
FUNCTION(branch_over_tail_jump,
         "test %rdi, %rdi\n je 1f\n" JMP_REL32(add_all) "1: mov $-1, %rax\n ret\n");

FUNCTION(only_jump, JMP_REL32(add_all));
FUNCTION(short_jump, "jmp 1f\n .skip 20, 0xcc\n 1: lea 3(%rdi), %rax\n ret\n");
FUNCTION(long_branch, "test %edi, %edi\n .byte 0x0f, 0x84\n .long far_branch - . - 4\n"
                      "mov %edi, %eax\n ret\n");
FUNCTION(frame_setup, "push %rbp\n mov %rsp, %rbp\n push %r12\n mov %rdi, %r12\n"
                      "mov %r12, %rax\n pop %r12\n pop %rbp\n ret\n");
FUNCTION(marked_for_branches, "endbr64\n lea (%rdi,%rsi,2), %rax\n ret\n");

FUNCTION(call_last, "sub $8, %rsp\n call get_return_address\n call_last_next:\n"
                    "add $8, %rsp\n ret\n");
FUNCTION(call_first, "call get_return_address\n call_first_next: ret\n");
FUNCTION(call_memory, "sub $8, %rsp\n call *to_seven(%rip)\n add $8, %rsp\n ret\n");
FUNCTION(call_register, "mov %rdi, %rax\n call *%rax\n ret\n");

FUNCTION(load, "mov word(%rip), %rax\n ret\n");
FUNCTION(take_address, "lea word(%rip), %rax\n ret\n");
FUNCTION(compare, "cmpl $77, word(%rip)\n sete %al\n movzbl %al, %eax\n ret\n");
FUNCTION(store, "movl $5, slot(%rip)\n mov slot(%rip), %eax\n ret\n");
FUNCTION(load_vector, "cvttsd2si number(%rip), %rax\n ret\n");
FUNCTION(jump_memory, "endbr64\n jmp *to_seven(%rip)\n");

FUNCTION(five_bytes, "mov %edi, %eax\n nop\n nop\n ret\n .cfi_endproc\n"
                     "right_behind: .cfi_startproc\n mov $9, %eax\n ret\n");
FUNCTION(constant, "mov $42, %eax\n ret\n");
FUNCTION(loop_to_start, "lea 2(%rsi), %rsi\n dec %rdi\n jnz loop_to_start\n"
                        "mov %rsi, %rax\n ret\n");

/* Branches that reach no farther than 127 bytes. */
FUNCTION(branch_on_counter, "mov %rdi, %rcx\n jrcxz 1f\n mov $3, %eax\n ret\n"
                            "1: mov $4, %eax\n ret\n");
FUNCTION(branch_on_half_counter, "mov %edi, %ecx\n jecxz 1f\n mov $3, %eax\n ret\n"
                                 "1: mov $4, %eax\n ret\n");
FUNCTION(branch_on_loop, "mov %rdi, %rcx\n loop 1f\n mov $3, %eax\n ret\n"
                         "1: mov %rcx, %rax\n ret\n");

/* These cannot be patched. */
FUNCTION(four_bytes, "mov %edi, %eax\n nop\n ret\n");
FUNCTION(loop_inside, "xor %eax, %eax\n 1: inc %eax\n dec %edi\n jnz 1b\n ret\n");
FUNCTION(branch_inside, "test %edi, %edi\n je 1f\n 1: nop\n mov %edi, %eax\n ret\n");
FUNCTION(transaction, ".byte 0xc7, 0xf8\n .long far_branch - . - 4\n ret\n");
FUNCTION(breakpoint, "int3\n nop\n nop\n nop\n nop\n nop\n ret\n");
FUNCTION(breakpoint_behind, "endbr64\n int3\n nop\n nop\n ret\n");
FUNCTION(no_code, ".byte 0x06, 0x06, 0x06, 0x06, 0x06, 0x06\n");

/* on_o, on_no ... */
__asm__(".pushsection .text\n"
        ".irp condition, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g\n"
        ".balign 16\n on_\\condition: .cfi_startproc\n"
        "cmp %rsi, %rdi\n j\\condition 1f\n xor %eax, %eax\n ret\n 1: mov $1, %eax\n ret\n"
        ".cfi_endproc\n .endr\n .popsection\n");

extern function tail_jump, branch_over_tail_jump, only_jump, short_jump, long_branch, frame_setup,
    marked_for_branches, call_last, call_first, call_memory, call_register, load, take_address,
    compare, store, load_vector, jump_memory, five_bytes, right_behind, constant, loop_to_start,
    four_bytes, loop_inside, branch_inside, branch_on_counter, branch_on_half_counter,
    branch_on_loop, transaction, no_code, breakpoint, breakpoint_behind, get_seven, on_o, on_no,
    on_b, on_ae, on_e, on_ne, on_be, on_a, on_s, on_ns, on_p, on_np, on_l, on_ge, on_le, on_g;
extern const char call_last_next[], call_first_next[];
extern long word;

static const struct {
    const char *name;
    function *code;
} simple[] = {
#define SIMPLE(name)                                                                               \
    {                                                                                              \
#name, name                                                                                \
    }
    SIMPLE(tail_jump),
    SIMPLE(branch_over_tail_jump),
    SIMPLE(only_jump),
    SIMPLE(short_jump),
    SIMPLE(long_branch),
    SIMPLE(frame_setup),
    SIMPLE(load),
    SIMPLE(marked_for_branches),
    SIMPLE(call_last),
    SIMPLE(call_first),
    SIMPLE(call_memory),
    SIMPLE(take_address),
    SIMPLE(compare),
    SIMPLE(store),
    SIMPLE(load_vector),
    SIMPLE(jump_memory),
    SIMPLE(five_bytes),
    SIMPLE(constant),
    SIMPLE(on_o),
    SIMPLE(on_no),
    SIMPLE(on_b),
    SIMPLE(on_ae),
    SIMPLE(on_e),
    SIMPLE(on_ne),
    SIMPLE(on_be),
    SIMPLE(on_a),
    SIMPLE(on_s),
    SIMPLE(on_ns),
    SIMPLE(on_p),
    SIMPLE(on_np),
    SIMPLE(on_l),
    SIMPLE(on_ge),
    SIMPLE(on_le),
    SIMPLE(on_g),
    SIMPLE(branch_on_counter),
    SIMPLE(branch_on_half_counter),
    SIMPLE(branch_on_loop),
};

#define SIMPLE_COUNT (sizeof(simple) / sizeof(simple[0]))

static const long operands[][3] = {{0, 0, 0},         {1, 2, 3},  {2, 1, 0},
                                   {-1, 1, 5},        {1, -1, 9}, {0x7fffffffffffffff, -1, 0},
                                   {1L << 63, 1, 77}, {3, 0, 1}};

#define OPERANDS (sizeof(operands) / sizeof(operands[0]))

/* All of SIMPLE before and after they are patched: same results, one call of the hook each. */
static void expect_unchanged(bool around)
{
    static long expected[SIMPLE_COUNT][OPERANDS];
    static struct probe probes[SIMPLE_COUNT];

    for (size_t i = 0; i < SIMPLE_COUNT; i++)
        for (size_t j = 0; j < OPERANDS; j++)
            expected[i][j] = simple[i].code(operands[j][0], operands[j][1], operands[j][2]);
    for (size_t i = 0; i < SIMPLE_COUNT; i++)
        cr_expect_null(try_install(simple[i].code, around, &probes[i]), "%s", simple[i].name);
    detour_finish();
    for (size_t i = 0; i < SIMPLE_COUNT; i++) {
        for (size_t j = 0; j < OPERANDS; j++) {
            long result = simple[i].code(operands[j][0], operands[j][1], operands[j][2]);
            const struct entry_frame *frame = &probes[i].frame;
            cr_expect_eq(result, expected[i][j], "%s: %ld", simple[i].name, result);
            cr_expect_eq(probes[i].calls, j + 1, "%s", simple[i].name);
            cr_expect_eq(memcmp(frame->arguments, operands[j], sizeof(operands[j])), 0, "%s",
                         simple[i].name);
            cr_expect(!around || (long)frame->result == result, "%s", simple[i].name);
            cr_expect_eq(probes[i].after, around);
            cr_expect(probes[i].aligned, "%s", simple[i].name);
        }
    }
}

Test(detour, before_every_kind_of_function)
{
    expect_unchanged(false);
}

Test(detour, around_every_kind_of_function)
{
    expect_unchanged(true);
}

Test(detour, a_moved_call_pushes_the_address_that_the_tables_know)
{
    struct probe last = {0}, first = {0};

    install(call_last, false, &last);
    install(call_first, false, &first);
    detour_finish();
    cr_expect_eq(call_last(0, 0, 0), (long)address_of(call_last_next));
    cr_expect_eq(call_first(0, 0, 0), (long)address_of(call_first_next));
}

Test(detour, a_call_by_a_register)
{
    struct probe probe = {0};

    install(call_register, false, &probe);
    detour_finish();
    cr_expect_eq(call_register((long)address_of(get_seven), 0, 0), 7);
    cr_expect_eq(probe.calls, 1);
}

Test(detour, the_next_function_stays_as_it_is)
{
    struct probe probe = {0};

    function *volatile behind = right_behind; /* the compiler takes two objects never to touch */
    cr_assert_eq(address_of(behind), address_of(five_bytes) + 5);
    install(five_bytes, false, &probe);
    detour_finish();
    cr_expect_eq(right_behind(0, 0, 0), 9);
    cr_expect_eq(five_bytes(3, 0, 0), 3);
    cr_expect_eq(probe.calls, 1);
}

Test(detour, a_loop_to_the_entry)
{
    struct probe probe = {0};

    install(loop_to_start, false, &probe);
    detour_finish();
    cr_expect_eq(loop_to_start(5, 100, 0), 110);
    cr_expect_geq(probe.calls, 1);
}

/* Refused with a reason, and left exactly as it was. */
static void expect_refused(function *code, const char *reason, long argument, long result)
{
    struct probe probe = {0};
    unsigned char bytes[64];

    memcpy(bytes, (const void *)(uintptr_t)code, size_of(code));
    const char *why = try_install(code, false, &probe);
    cr_expect(why && strcmp(why, reason) == 0, "%s, not %s", why ? why : "done", reason);
    cr_expect_eq(memcmp(bytes, (const void *)(uintptr_t)code, size_of(code)), 0, "%s", reason);
    if (code != no_code && code != transaction)
        cr_expect_eq(code(argument, 0, 0), result, "%s", reason);
    cr_expect_eq(probe.calls, 0);
    cr_expect_eq(probe.entry.original, 0);
}

Test(detour, what_cannot_be_patched)
{
    expect_refused(four_bytes, "it is shorter than a jump", 5, 5);
    expect_refused(loop_inside, "it jumps into its own first instructions", 5, 5);
    expect_refused(branch_inside, "it jumps into its own first instructions", 5, 5);
    expect_refused(transaction, "its first instructions could not be moved", 0, 0);
    expect_refused(no_code, "its first instructions could not be decoded", 0, 0);
}

/* Moved, it would come back to where nobody expects it. */
Test(detour, what_has_a_breakpoint)
{
    static const char why[] = "a debugger or a probe has a breakpoint at its beginning";
    struct probe probe = {0};
    cr_expect_str_eq(try_install(breakpoint, false, &probe), why);
    cr_expect_str_eq(try_install(breakpoint_behind, false, &probe), why);
}

Test(detour, a_refusal_does_not_spoil_the_next)
{
    struct probe refused = {0}, probe = {0};

    cr_expect_not_null(try_install(loop_inside, false, &refused));
    install(tail_jump, false, &probe);
    detour_finish();
    cr_expect_eq(tail_jump(1, 2, 3), 3);
    cr_expect_eq(probe.calls, 1);
}

static unsigned count_mappings(const char *permissions)
{
    char line[512];
    unsigned found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof(line), maps))
        found += strstr(line, permissions) != NULL;
    fclose(maps);
    return found;
}

Test(detour, nothing_stays_writable_and_executable)
{
    struct probe probe = {0};

    install(tail_jump, false, &probe);
    detour_finish();
    cr_expect_eq(count_mappings(" rwxp "), 0);
    cr_expect_eq(tail_jump(1, 2, 3), 3);
}

Test(detour, stubs_are_told_apart_from_other_code)
{
    struct probe probe = {0};
    uint64_t original = 0;
    unsigned pushed = 1;

    cr_expect(!detour_contains(address_of(tail_jump)));
    cr_expect(!detour_locate(address_of(tail_jump), &original, &pushed));
    install(tail_jump, false, &probe);
    detour_finish();
    cr_expect(detour_contains(probe.entry.original));
    cr_expect(!detour_contains(address_of(tail_jump)));
    cr_assert(detour_locate(probe.entry.original, &original, &pushed));
    cr_expect_eq(original, address_of(tail_jump));
    cr_expect_eq(pushed, 0);
}

Test(detour, the_places_of_what_is_gone_are_used_again)
{
    struct probe gone = {0}, next = {0};
    uint64_t original, place;
    unsigned pushed;

    install(tail_jump, false, &gone);
    detour_finish();
    place = gone.entry.original;
    detour_forget(address_of(tail_jump));
    cr_expect(!detour_locate(place, &original, &pushed));
    install(short_jump, false, &next);
    detour_finish();
    cr_expect(detour_locate(next.entry.original, &original, &pushed));
    cr_expect_eq(original, address_of(short_jump));
    cr_expect(next.entry.original - place < 256 || place - next.entry.original < 256);
    cr_expect_eq(count_mappings(" rwxp "), 0);
}
