/*
 * entry_test.c - from a patched function into the recorder and back: every register and argument
 * is there for both, and a backtrace finds its way through.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/trace/stream.h"
#include "preload/young/quick.h"
#include "tests/unit/support/detour_probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* All registers: as loaded, as the patched function found them, as they were after its return. */
struct registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rsp;
    uint64_t vectors[16]; /* xmm0-7 */
};

struct registers given, found, after;
function *callee;
extern const char returned[];
void call_prepared(void);
extern function dump_registers, dump_registers_too;

/* MOVE(name, offset in struct registers) for each; rax is the last. */
#define EACH_REGISTER(move)                                                                        \
    move("rbx", 8) move("rcx", 16) move("rdx", 24) move("rsi", 32) move("rdi", 40) move("rbp", 48) \
        move("r8", 56) move("r9", 64) move("r10", 72) move("r11", 80) move("r12", 88)              \
            move("r13", 96) move("r14", 104) move("r15", 112) move("rax", 0)
#define EACH_VECTOR(move)                                                                          \
    move("xmm0", 128) move("xmm1", 144) move("xmm2", 160) move("xmm3", 176) move("xmm4", 192)      \
        move("xmm5", 208) move("xmm6", 224) move("xmm7", 240)
#define LOAD(name, offset)         "mov given+" #offset "(%rip), %" name "\n"
#define LOAD_VECTOR(name, offset)  "movups given+" #offset "(%rip), %" name "\n"
#define FIND(name, offset)         "mov %" name ", found+" #offset "(%rip)\n"
#define FIND_VECTOR(name, offset)  "movups %" name ", found+" #offset "(%rip)\n"
#define AFTER(name, offset)        "mov %" name ", after+" #offset "(%rip)\n"
#define AFTER_VECTOR(name, offset) "movups %" name ", after+" #offset "(%rip)\n"

#define LOAD_ALL  EACH_VECTOR(LOAD_VECTOR) EACH_REGISTER(LOAD)
#define FIND_ALL  EACH_VECTOR(FIND_VECTOR) FIND("rsp", 120) EACH_REGISTER(FIND)
#define AFTER_ALL EACH_VECTOR(AFTER_VECTOR) AFTER("rsp", 120) EACH_REGISTER(AFTER)

FUNCTION(dump_registers, FIND_ALL "movabs $0x1122334455667788, %rax\n"
                                  "movabs $0x99aabbccddeeff00, %rdx\n ret\n");
FUNCTION(dump_registers_too, FIND_ALL "movabs $0x1122334455667788, %rax\n"
                                      "movabs $0x99aabbccddeeff00, %rdx\n ret\n");
FUNCTION(call_prepared,
         "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
         ".cfi_adjust_cfa_offset 48\n .cfi_offset rbx, -16\n .cfi_offset rbp, -24\n"
         ".cfi_offset r12, -32\n .cfi_offset r13, -40\n .cfi_offset r14, -48\n"
         ".cfi_offset r15, -56\n sub $8, %rsp\n .cfi_adjust_cfa_offset 8\n"
         "mov %rsp, given+120(%rip)\n" LOAD_ALL "call *callee(%rip)\n returned:\n" AFTER_ALL
         "add $8, %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n"
         "pop %rbx\n ret\n");

static void fill_given(void)
{
    uint64_t *words = (uint64_t *)&given;
    for (size_t i = 0; i < sizeof(given) / sizeof(*words); i++)
        words[i] = 0x0101010101010101 * (i + 1);
}

static void call_with_all_registers(function *wanted)
{
    fill_given();
    callee = wanted;
    call_prepared();
}

static void expect_kept(const struct registers *seen, const char *where)
{
    cr_expect_eq(seen->rbx, given.rbx, "rbx %s", where);
    cr_expect_eq(seen->rbp, given.rbp, "rbp %s", where);
    cr_expect_eq(seen->r12, given.r12, "r12 %s", where);
    cr_expect_eq(seen->r13, given.r13, "r13 %s", where);
    cr_expect_eq(seen->r14, given.r14, "r14 %s", where);
    cr_expect_eq(seen->r15, given.r15, "r15 %s", where);
}

/* What dump_registers() leaves as it was: a caller that a compiler has seen together with it may
 * count on that. */
static void expect_left(void)
{
    cr_expect_eq(after.rcx, given.rcx);
    cr_expect_eq(after.rsi, given.rsi);
    cr_expect_eq(after.rdi, given.rdi);
    cr_expect_eq(after.r8, given.r8);
    cr_expect_eq(after.r9, given.r9);
    cr_expect_eq(after.r10, given.r10);
    cr_expect_eq(after.r11, given.r11);
    expect_kept(&after, "after the return");
}

/* A function's arguments, hidden ones among them: the chain in r10, the number of vectors in al. */
static void expect_arguments(const struct registers *seen)
{
    cr_expect_eq(seen->rdi, given.rdi);
    cr_expect_eq(seen->rsi, given.rsi);
    cr_expect_eq(seen->rdx, given.rdx);
    cr_expect_eq(seen->rcx, given.rcx);
    cr_expect_eq(seen->r8, given.r8);
    cr_expect_eq(seen->r9, given.r9);
    cr_expect_eq(seen->r10, given.r10);
    cr_expect_eq(seen->rax, given.rax);
    cr_expect_eq(memcmp(seen->vectors, given.vectors, sizeof(given.vectors)), 0);
}

static void expect_frame(const struct entry_frame *frame)
{
    const uint64_t arguments[] = {given.rdi, given.rsi, given.rdx, given.rcx, given.r8, given.r9};

    cr_expect_eq(memcmp(frame->arguments, arguments, sizeof(arguments)), 0);
    cr_expect_eq(frame->r10, given.r10);
    cr_expect_eq(frame->start.rbx, given.rbx);
    cr_expect_eq(frame->start.rbp, given.rbp);
    cr_expect_eq(frame->start.r12, given.r12);
    cr_expect_eq(frame->start.r13, given.r13);
    cr_expect_eq(frame->start.r14, given.r14);
    cr_expect_eq(frame->start.r15, given.r15);
    cr_expect_eq(frame->start.sp, given.rsp);
    cr_expect_eq(frame->start.ip, address_of(returned));
}

static void expect_result(void)
{
    cr_expect_eq(after.rax, 0x1122334455667788);
    cr_expect_eq(after.rdx, 0x99aabbccddeeff00);
    cr_expect_eq(after.rsp, given.rsp);
}

Test(entry, registers_before_a_function)
{
    struct probe probe = {0};

    install(dump_registers, false, &probe);
    detour_finish();
    call_with_all_registers(dump_registers);
    cr_expect_eq(probe.calls, 1);
    expect_frame(&probe.frame);
    cr_expect_eq(probe.frame.rax, given.rax);
    expect_arguments(&found);
    cr_expect_eq(found.r11, given.r11);
    cr_expect_eq(found.rsp, given.rsp - 8);
    expect_kept(&found, "at the entry");
    expect_left();
    expect_result();
}

Test(entry, a_call_that_is_recorded_at_once)
{
    struct probe before = {.tried = true}, around = {.tried = true};

    install(dump_registers, false, &before);
    install(dump_registers_too, true, &around);
    detour_finish();
    for (unsigned i = 0; i < 2; i++) {
        call_with_all_registers(i == 0 ? dump_registers : dump_registers_too);
        expect_arguments(&found);
        expect_kept(&found, "at the entry");
        expect_left();
        expect_result();
    }
    cr_expect_eq(before.calls + around.calls, 0);
}

static void install_young(const void *code, struct probe *probe)
{
    const struct detour detour = {.address = address_of(code),
                                  .size = size_of(code),
                                  .enter = entry_young,
                                  .context = probe,
                                  .original = &probe->entry.original};
    cr_assert_null(detour_install(&detour));
    detour_finish();
}

Test(entry, an_allocation_that_is_counted_or_told)
{
    struct probe probe = {0};

    install_young(dump_registers, &probe);
    for (unsigned told = 0; told < 2; told++) {
        young.tells = !told;
        call_with_all_registers(dump_registers);
        cr_expect_eq(probe.calls, told);
        cr_expect_eq(young.pool, given.rdi);
        cr_expect_eq(young.size, given.rsi);
        cr_expect_lt((uint64_t)(uintptr_t)young.frame, given.rsp);
        expect_arguments(&found);
        cr_expect_eq(found.r11, given.r11);
        cr_expect_eq(found.rsp, given.rsp - 8);
        expect_kept(&found, "at the entry");
        expect_left();
        expect_result();
    }
    expect_frame(&probe.frame);
    cr_expect_eq(probe.frame.rax, given.rax);
}

/* What is counted at once, of the pool that the call takes from. */
static struct young_pool last;
static bool busy;
static const char alone = 1;
static uint32_t known;

static void begin_quick(void)
{
    fill_given();
    last = (struct young_pool){.address = given.rdi, .most = 1000, .look_at = 3, .part = 7};
    known = 1;
    young_quick.busy = &busy;
    young_quick.alone = &alone;
    young_quick.known = &known;
    streams_epoch = 1;
    quick_note(&last);
}

static void take_quick(uint64_t size, bool counts)
{
    const uint32_t count = last.allocations, bytes = last.bytes;
    const uint64_t rounded = (size + 7) / 8 * 8;
    young.pool = 0;
    fill_given();
    given.rsi = size;
    callee = dump_registers;
    call_prepared();
    cr_expect_eq(young.pool, counts ? 0 : given.rdi, "%lu", (unsigned long)size);
    cr_expect_eq(last.allocations, count + counts);
    cr_expect_eq(last.bytes, bytes + (counts ? rounded : 0));
    cr_expect(!busy && !stream_self.latest);
    expect_arguments(&found);
    cr_expect_eq(found.r11, given.r11);
    cr_expect_eq(found.rsp, given.rsp - 8);
    expect_kept(&found, "at the entry");
    expect_left();
    expect_result();
}

Test(entry, an_allocation_that_is_counted_at_once)
{
    struct probe probe = {0};

    install_young(dump_registers, &probe);
    young.tells = true;
    begin_quick();
    take_quick(13, true);
    take_quick(985, false); /* more than it may hold */
    take_quick(984, true);
    take_quick(0, false); /* it is to be looked at */
    last.look_at = 100;
    take_quick(0, true);
    take_quick(UINT64_MAX, false);
    cr_expect_eq(last.allocations, 3);
    cr_expect_eq(last.bytes, 1000);
}

Test(entry, an_allocation_that_is_not_counted_at_once)
{
    struct probe probe = {0};

    install_young(dump_registers, &probe);
    young.tells = true;
    begin_quick();
    known = 2;
    take_quick(8, false);
    known = 1;
    streams_epoch = 2;
    take_quick(8, false);
    streams_epoch = 1;
    young_quick.alone = (const char[]){0};
    take_quick(8, false);
    young_quick.alone = &alone;
    quick_forget();
    take_quick(8, false);
    quick_note(&last);
    take_quick(8, true);
}

Test(entry, registers_around_a_function)
{
    struct probe probe = {0};

    install(dump_registers, true, &probe);
    detour_finish();
    call_with_all_registers(dump_registers);
    cr_expect_eq(probe.calls, 1);
    expect_frame(&probe.frame);
    expect_arguments(&found);
    cr_expect_eq(found.rsp % 16, 8, "the stack is not aligned");
    expect_kept(&found, "at the entry");
    expect_left();
    expect_result();
    cr_expect_eq(probe.frame.result, after.rax);
    cr_expect_eq(probe.frame.result2, after.rdx);
}

/* To be run at once. ENTER is one of entry.h. */
static void install_around(const void *code, void (*enter)(void), struct probe *probe)
{
    const struct detour detour = {.address = address_of(code),
                                  .size = size_of(code),
                                  .enter = enter,
                                  .around = true,
                                  .context = probe,
                                  .original = &probe->entry.original};
    cr_assert_null(detour_install(&detour));
    detour_finish();
}

Test(entry, registers_before_and_after_a_function)
{
    struct probe probe = {0};

    install_around(dump_registers, entry_twice, &probe);
    call_with_all_registers(dump_registers);
    cr_expect_eq(probe.calls, 2);
    cr_expect(probe.after && probe.aligned);
    expect_frame(&probe.frame);
    cr_expect_eq(probe.frame.kept[ENTRY_KEPT - 1], address_of(&probe), "the frame is another");
    cr_expect_eq(probe.frame.known, 1);
    expect_arguments(&found);
    cr_expect_eq(memcmp(found.vectors, given.vectors, sizeof(given.vectors)), 0);
    cr_expect_eq(found.rsp % 16, 8, "the stack is not aligned");
    expect_kept(&found, "at the entry");
    expect_left();
    expect_result();
    cr_expect_eq(probe.frame.result, after.rax);
    cr_expect_eq(probe.frame.result2, after.rdx);
}

/* Of a function that calls itself often, what each call keeps counts. */
Test(entry, the_stack_that_a_call_around_a_function_takes)
{
    struct probe around = {0}, twice = {0};

    install(dump_registers, true, &around);
    install_around(dump_registers_too, entry_twice, &twice);
    call_with_all_registers(dump_registers);
    cr_expect_leq(given.rsp - 8 - found.rsp, 80);
    call_with_all_registers(dump_registers_too);
    cr_expect_leq(given.rsp - 8 - found.rsp, 128);
}

/* The caller may know that the function leaves all but the result as it was. */
Test(entry, a_call_that_is_served)
{
    struct probe probe = {.asks = true, .serves = 0x123456789000};

    install_around(dump_registers, entry_instead, &probe);
    memset(&found, 0, sizeof(found));
    call_with_all_registers(dump_registers);
    cr_expect_eq(probe.calls, 1);
    cr_expect(probe.aligned && !probe.after);
    expect_frame(&probe.frame);
    cr_expect_eq(found.rsp, 0, "the function does not run");
    expect_left();
    cr_expect_eq(after.rax, 0x123456789000);
    cr_expect_eq(after.rdx, given.rdx);
    cr_expect_eq(after.rsp, given.rsp);
    cr_expect_eq(memcmp(after.vectors, given.vectors, sizeof(given.vectors)), 0);
}

Test(entry, a_call_that_is_not_served)
{
    struct probe probe = {0};

    install_around(dump_registers, entry_instead, &probe);
    for (unsigned asked = 0; asked < 2; asked++) {
        probe.asks = asked;
        probe.calls = 0;
        call_with_all_registers(dump_registers);
        cr_expect_eq(probe.calls, 1 + asked);
        cr_expect(probe.after && probe.aligned);
        expect_frame(&probe.frame);
        expect_arguments(&found);
        expect_kept(&found, "at the entry");
        expect_left();
        expect_result();
        cr_expect_eq(probe.frame.result, after.rax);
    }
}

/* Of what is told before the function runs, nothing comes after. */
Test(entry, a_call_that_is_served_or_told_before)
{
    struct probe probe = {.asks = true, .serves = 0x123456789000};

    install_around(dump_registers, entry_or_before, &probe);
    memset(&found, 0, sizeof(found));
    call_with_all_registers(dump_registers);
    cr_expect_eq(probe.calls, 1);
    cr_expect(probe.aligned);
    expect_frame(&probe.frame);
    cr_expect_eq(found.rsp, 0, "the function does not run");
    expect_left();
    cr_expect_eq(after.rax, 0x123456789000);
    cr_expect_eq(after.rsp, given.rsp);
    probe.serves = 0;
    for (unsigned asked = 0; asked < 2; asked++) {
        probe.asks = asked;
        probe.calls = 0;
        call_with_all_registers(dump_registers);
        cr_expect_eq(probe.calls, asked);
        expect_frame(&probe.frame);
        expect_arguments(&found);
        expect_kept(&found, "at the entry");
        cr_expect_eq(found.rsp, given.rsp - 8, "as if the caller had called it");
        expect_left();
        cr_expect_eq(after.rsp, given.rsp);
        cr_expect_eq(memcmp(after.vectors, given.vectors, sizeof(given.vectors)), 0);
    }
}

/* How many frames there are from the hooked function's caller on; 0: it is not among them. */
static int frames_of_caller(void *const *trace, int depth, const struct probe *probe)
{
    int i = 0;
    while (i < depth && address_of(trace[i]) != probe->frame.start.ip)
        i++;
    return depth - i;
}

extern function call_unaligned, call_unaligned_too;
FUNCTION(call_unaligned, "call dump_registers\n ret\n");
FUNCTION(call_unaligned_too, "call dump_registers_too\n ret\n");

/* As compilers call what they know to need no more. */
Test(entry, a_caller_with_an_unaligned_stack)
{
    struct probe before = {0}, twice = {0};

    install(dump_registers, false, &before);
    install_around(dump_registers_too, entry_twice, &twice);
    cr_expect_eq(call_unaligned(1, 2, 3), 0x1122334455667788);
    cr_expect_eq(found.rsp % 16, 0, "the stack is aligned");
    cr_expect_eq(before.calls, 1);
    cr_expect(before.aligned);
    cr_expect_gt(frames_of_caller(before.trace, before.depth, &before), 1);
    cr_expect_eq(call_unaligned_too(1, 2, 3), 0x1122334455667788);
    cr_expect_eq(found.rsp % 16, 0, "the stack is aligned");
    cr_expect_eq(twice.calls, 2);
    cr_expect(twice.aligned);
    cr_expect_gt(frames_of_caller(twice.trace, twice.depth, &twice), 1);
}

__attribute__((noinline)) static int format(char *to, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    int length = vsprintf(to, text, arguments);
    va_end(arguments);
    return length;
}

Test(entry, a_variadic_function_with_doubles)
{
    int (*volatile call)(char *, const char *, ...) = format;
    struct probe probe = {0};
    char text[128];

    install(call, false, &probe);
    detour_finish();
    call(text, "%d %g %s %g %g %g %g %g %g %g %g %ld %d %d", 1, 0.5, "x", 1.5, 2.5, 3.5, 4.5, 5.5,
         6.5, 7.5, 8.5, -1L, 2, 3);
    cr_expect_str_eq(text, "1 0.5 x 1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5 -1 2 3");
    cr_expect_eq(probe.calls, 1);
    cr_expect_eq(probe.frame.rax & 0xff, 8);
}

__attribute__((noinline)) static long many(long a, long b, long c, long d, long e, long f, long g,
                                           long h)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}

Test(entry, arguments_on_the_stack)
{
    long (*volatile call)(long, long, long, long, long, long, long, long) = many;
    struct probe probe = {0};

    install(call, false, &probe);
    detour_finish();
    cr_expect_eq(call(1, 2, 3, 4, 5, 6, 7, 8), 204);
    cr_expect_eq(probe.calls, 1);
}

static long (*volatile call_again)(long);

__attribute__((noinline)) static long factorial(long n)
{
    return n < 2 ? 1 : n * call_again(n - 1);
}

Test(entry, a_function_that_calls_itself)
{
    struct probe probe = {0};

    call_again = factorial;
    install(factorial, true, &probe);
    detour_finish();
    cr_expect_eq(call_again(10), 3628800);
    cr_expect_eq(probe.calls, 10);
    cr_expect_eq(probe.frame.arguments[0], 10, "the outermost call returns last");
    cr_expect_eq(probe.frame.result, 3628800);
}

extern function constant, add;
FUNCTION(constant, "mov $42, %eax\n ret\n");
FUNCTION(add, "lea (%rdi,%rsi), %rax\n nop\n ret\n");

Test(entry, the_tables_lead_from_the_hook_to_the_caller)
{
    struct probe before = {0}, around = {0};

    install(constant, false, &before);
    install(add, true, &around);
    detour_finish();
    constant(0, 0, 0);
    int frames = frames_of_caller(before.trace, before.depth, &before);
    cr_expect_gt(frames, 1);
    add(1, 2, 3);
    cr_expect_eq(frames_of_caller(around.trace, around.depth, &around), frames);
}

Test(entry, the_tables_lead_from_a_look_at_young_pools_to_the_caller)
{
    struct probe probe = {0};

    install_young(constant, &probe);
    constant(0, 0, 0);
    const int frames = frames_of_caller(probe.trace, probe.depth, &probe);
    cr_expect_gt(frames, 1);
    cr_expect_eq(frames_of_caller(young.trace, young.depth, &probe), frames);
}

static void *inner_trace[64];
static int inner_depth;

__attribute__((noinline)) static long take_trace(long value)
{
    inner_depth = backtrace(inner_trace, 64);
    return value;
}

Test(entry, the_tables_lead_from_inside_a_function_to_its_caller)
{
    long (*volatile call)(long) = take_trace;
    struct probe probe = {0};

    install(call, true, &probe);
    detour_finish();
    cr_expect_eq(call(3), 3);
    cr_expect_gt(frames_of_caller(inner_trace, inner_depth, &probe), 0);
}
