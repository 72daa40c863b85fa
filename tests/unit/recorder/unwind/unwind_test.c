/*
 * unwind_test.c - the recorder's backtraces equal libunwind's frame by frame, and those of the C
 * library where it takes one too: in ordinary code and in odd code.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/unit/support/unwind_compare.h"

#include "preload/unwind/modules.h"

#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

static void begin_verifying(void)
{
    stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    unwind_setup(true);
}

TestSuite(unwind, .init = begin, .fini = temp_trace_end);
TestSuite(unwind_verifying, .init = begin_verifying, .fini = temp_trace_end);

static void expect_all_fast(void)
{
    cr_expect_gt(compared, 0);
    cr_expect_eq(slow(), 0, "%lu were left to libunwind", (unsigned long)slow());
    cr_expect_geq(trace_file_header()->unwound, compared);
}

Test(unwind, ordinary_code)
{
    compare_here();
    cr_expect_gt(last.depth, 4);
    cr_expect(!last.cut);
    expect_all_fast();
}

__attribute__((noinline)) static int recurse(unsigned more)
{
    if (more == 0)
        compare_here();
    else
        recurse(more - 1);
    __asm__ volatile("" ::: "memory"); /* no tail call */
    return (int)more;
}

Test(unwind, deeper_and_deeper)
{
    compare_here();
    unsigned base = last.depth;

    for (unsigned more = 0; more < 200; more++) {
        recurse(more);
        bool cut = base + more + 1 > TRACE_DEPTH_MAX;
        cr_expect_eq(last.cut, cut, "%u", more);
        cr_expect_eq(last.depth, cut ? TRACE_DEPTH_MAX : base + more + 1, "%u", more);
    }
    recurse(20000);
    cr_expect(last.cut);
    cr_expect_gt(trace_file_header()->cut, 0);
    expect_all_fast();
}

__attribute__((noinline)) static unsigned grow_frame(unsigned more)
{
    volatile char *space = alloca(16 + 8 * more);
    space[more] = 1;
    if (more == 0)
        compare_here();
    else
        grow_frame(more - 1);
    return (unsigned)space[more];
}

Test(unwind, frames_of_unknown_size)
{
    grow_frame(40);
    cr_expect_gt(last.depth, 40);
    expect_all_fast();
}

__attribute__((noinline)) static void last_of_tail_calls(int unused)
{
    (void)unused;
    compare_here();
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void tail_call(int more)
{
    if (more > 0)
        tail_call(more - 1);
    else
        last_of_tail_calls(more);
}

Test(unwind, tail_calls)
{
    tail_call(5);
    expect_all_fast();
}

static jmp_buf returns;

__attribute__((noinline, used)) static void never_return(void)
{
    compare_here();
    longjmp(returns, 1);
}

/* A call is the last instruction: its return address belongs to the next function's frame. */
void call_last(void);
__asm__(
    ".pushsection .text\n call_last: .cfi_startproc\n sub $136, %rsp\n .cfi_def_cfa_offset 144\n"
    "call never_return\n .cfi_endproc\n"
    "next_one: .cfi_startproc\n push %rbx\n .cfi_def_cfa_offset 16\n pop %rbx\n ret\n"
    ".cfi_endproc\n"
    ".popsection\n");

Test(unwind, a_call_that_does_not_return)
{
    if (setjmp(returns) == 0)
        call_last();
    cr_expect_gt(last.depth, 6);
    expect_all_fast();
}

/* rbp holds anything but a frame's address. */
void call_with_rbp(uint64_t rbp, void (*function)(void));
__asm__(".pushsection .text\n call_with_rbp: .cfi_startproc\n push %rbp\n .cfi_def_cfa_offset 16\n"
        ".cfi_offset rbp, -16\n mov %rdi, %rbp\n call *%rsi\n pop %rbp\n .cfi_def_cfa_offset 8\n"
        ".cfi_restore rbp\n ret\n .cfi_endproc\n"
        ".popsection\n");

Test(unwind, rbp_as_any_other_register)
{
    const uint64_t values[] = {0, 1, 0x123456789, UINT64_MAX, (uint64_t)&values, 1ull << 47};

    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        call_with_rbp(values[i], compare_here);
    cr_expect_eq(compared, sizeof(values) / sizeof(values[0]));
    expect_all_fast();
}

/* GCC addresses such a frame by a third register, saved where only an expression finds it. */
__attribute__((noinline)) static unsigned realign(unsigned more)
{
    _Alignas(64) volatile char line[64];
    volatile char *space = alloca(16 + 8 * more);
    line[0] = space[more] = 1;
    if (more == 0)
        compare_here();
    else
        realign(more - 1);
    return (unsigned)(line[0] + space[more]);
}

Test(unwind, realigned_frames)
{
    realign(5);
    cr_expect_gt(last.depth, 10);
}

/* Addresses of no code are taken for none that was seen, whichever bits they share with one: there
 * the backtrace ends, which is told. */
Test(unwind, addresses_of_no_code)
{
    struct unwind_start start;
    compare_here();
    uint64_t known = last.frames[1];
    const uint64_t none[] = {
        UINT64_MAX,         1,     1ull << 47, (1ull << 47) - 1, known | 1ull << 47,
        known | 1ull << 63, ~known};

    capture(&start);
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        start.ip = none[i];
        const uint64_t before = trace_file_header()->incomplete;
        unwind_take(stream, scratch_of(stream), &start);
        cr_expect_eq(trace_file_header()->incomplete, before + 1, "%#lx", (unsigned long)none[i]);
        cr_expect_eq(scratch_of(stream)->backtrace.depth, 1);
        cr_expect(scratch_of(stream)->backtrace.cut);
    }
}

static int by_value(const void *a, const void *b)
{
    compare_here();
    return *(const int *)a - *(const int *)b;
}

Test(unwind, called_back_by_the_c_library)
{
    int numbers[] = {5, 2, 9, 1, 7, 3, 8};

    qsort(numbers, 7, sizeof(numbers[0]), by_value);
    cr_expect_eq(numbers[6], 9);
    expect_all_fast();
}

static void *in_thread(void *unused)
{
    recurse(3);
    return unused;
}

Test(unwind, in_a_thread)
{
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, in_thread, NULL), 0);
    pthread_join(thread, NULL);
    cr_expect_geq(last.depth, 7);
    cr_expect_leq(last.depth, 8);
    expect_all_fast();
}

static void on_signal(int number)
{
    recurse(2);
    if (number == SIGUSR1)
        raise(SIGUSR2);
    __asm__ volatile("" ::: "memory");
}

static void handle_signals(int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
    cr_assert_eq(sigaction(SIGUSR2, &action, NULL), 0);
}

Test(unwind, in_a_signal_handler)
{
    handle_signals(0);
    compare_here();
    unsigned base = last.depth;
    raise(SIGUSR1);
    cr_expect_gt(last.depth, base + 10, "two handlers, one inside the other");
    expect_all_fast();
}

static void signal_on_other_stack(void)
{
    static char other[64 << 10];
    stack_t stack = {.ss_sp = other, .ss_size = sizeof(other)}, before;
    cr_assert_eq(sigaltstack(&stack, &before), 0);
    handle_signals(SA_ONSTACK);
    raise(SIGUSR1);
    sigaltstack(&before, NULL);
}

Test(unwind, in_a_signal_handler_on_its_own_stack)
{
    compare_here();
    unsigned base = last.depth;
    signal_on_other_stack();
    cr_expect_eq(compared, 3);
    cr_expect_gt(last.depth, base + 10);
}

static void *signal_in_thread(void *unused)
{
    raise(SIGUSR1);
    signal_on_other_stack();
    return unused;
}

Test(unwind, in_a_signal_handler_of_a_thread)
{
    pthread_t thread;

    handle_signals(0);
    cr_assert_eq(pthread_create(&thread, NULL, signal_in_thread, NULL), 0);
    pthread_join(thread, NULL);
    cr_expect_eq(compared, 4);
}

static ucontext_t here, there;

Test(unwind, on_a_stack_of_its_own)
{
    static char other[256 << 10];

    cr_assert_eq(getcontext(&there), 0);
    there.uc_stack = (stack_t){.ss_sp = other, .ss_size = sizeof(other)};
    there.uc_link = &here;
    makecontext(&there, compare_here, 0);
    cr_assert_eq(swapcontext(&here, &there), 0);
    cr_expect_eq(compared, 1);
    cr_expect_lt(last.depth, 4);
}

Test(unwind, rules_are_learnt_again)
{
    recurse(10);
    struct backtrace first = last;
    for (unsigned i = 0; i < 3; i++) {
        unwind_forget_rules();
        recurse(10);
    }
    cr_expect_eq(memcmp(first.frames + 1, last.frames + 1, 8 * (11 - 1)), 0);
    expect_all_fast();
}

Test(unwind, every_frame_is_in_a_module_that_the_trace_tells)
{
    int numbers[] = {2, 1};

    qsort(numbers, 2, sizeof(numbers[0]), by_value);
    struct trace *trace = temp_trace_read();
    for (unsigned i = 0; i < last.depth; i++) {
        unsigned found = 0;
        for (size_t j = 0; j < trace_module_count(trace); j++) {
            const struct trace_module *module = &trace_module(trace, j)->fixed;
            found += last.frames[i] >= module->start && last.frames[i] < module->end;
        }
        cr_expect_eq(found, 1, "frame %u is in %u modules", i, found);
    }
    cr_expect_geq(trace_module_count(trace), 3, "the program, the C library, Criterion");
    trace_close(trace);
}

Test(unwind, the_recorder_itself_is_left_out)
{
    struct backtrace backtrace;
    struct unwind_start start;

    capture(&start);
    take(&start, &backtrace);
    unsigned all = backtrace.depth;
    modules_setup(); /* this program takes itself for the recorder */
    unwind_forget_rules();
    take(&start, &backtrace);
    cr_expect_lt(backtrace.depth, all);
    cr_expect_gt(backtrace.depth, 0);
    for (unsigned i = 0; i < backtrace.depth; i++)
        cr_expect(!modules_is_recorder(backtrace.frames[i]));
}

__attribute__((noinline)) static void one_way(void)
{
    compare_here();
}

/* Alike but for the address that compare_here() returns to. */
__attribute__((noinline)) static void other_way(void)
{
    compare_here();
    __asm__ volatile("");
}

Test(unwind, what_comes_again_is_recalled_and_told_from_what_only_looks_like_it)
{
    for (unsigned i = 0; i < 100; i++) {
        void (*way)(void) = i % 3 ? one_way : other_way;
        way();
    }
    cr_expect_geq(recalled, 98);
    cr_expect_eq(recalled_wrongly, 0);
}

Test(unwind, nothing_is_recalled_after_code_was_unloaded)
{
    for (unsigned i = 0; i < 10; i++) {
        unwind_forget_rules();
        one_way();
    }
    cr_expect_eq(recalled, 0);
}

Test(unwind_verifying, every_backtrace_is_compared)
{
    recurse(20);
    compare_here();
    cr_expect_eq(trace_file_header()->checked, 2);
    cr_expect_eq(trace_file_header()->differed, 0);
}

#define NONSENSE_SIZE (1u << 20) /* bytes, the lower part of a thread's stack */

static uint64_t some_code(void)
{
    return (uint64_t)(uintptr_t)labs - 0x8000 + (uint64_t)random() % 0x20000;
}

static uint64_t some_place(const uint64_t *stack)
{
    return (uint64_t)(stack + (size_t)random() % (NONSENSE_SIZE / 8));
}

/* Any stack pointer, any instruction: a backtrace that means nothing, but no fault. */
static void *unwind_nonsense(void *data)
{
    uint64_t *stack = data;
    struct backtrace backtrace;
    for (size_t i = 0; i < NONSENSE_SIZE / 8; i++)
        stack[i] = random() % 4 == 0 ? (uint64_t)random() * 0x100000001
                                     : (random() % 2 ? some_code() : some_place(stack));
    for (unsigned i = 0; i < 20000; i++) {
        struct unwind_start start = {.ip = some_code(), .sp = some_place(stack)};
        start.rbp = random() % 2 ? some_place(stack) : UINT64_MAX - (uint64_t)random() % 64;
        if (random() % 16 == 0)
            start.sp = (uint64_t)random() << 12;
        take(&start, &backtrace);
        cr_assert(backtrace.depth >= 1 && backtrace.depth <= TRACE_DEPTH_MAX);
        cr_assert_eq(backtrace.frames[0], start.ip);
    }
    return data;
}

Test(unwind, nonsense_does_not_fault)
{
    const size_t size = 2 * NONSENSE_SIZE;
    void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    void *result;

    srandom(1);
    pthread_attr_init(&attributes);
    cr_assert_eq(pthread_attr_setstack(&attributes, stack, size), 0);
    cr_assert_eq(pthread_create(&thread, &attributes, unwind_nonsense, stack), 0);
    pthread_join(thread, &result);
    cr_expect_eq(result, stack);
    cr_expect_lt(slow(), trace_file_header()->unwound);
}
