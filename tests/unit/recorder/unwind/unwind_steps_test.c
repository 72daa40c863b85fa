/*
 * unwind_steps_test.c - backtraces from a signal handler that comes at every single instruction:
 * of the C library, of another handler's return, and of patched functions with their stubs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/unit/support/unwind_compare.h"

#include "preload/code/detour.h"
#include "preload/code/eh_frame.h"
#include "preload/code/loaded_objects.h"
#include "tests/unit/support/stepped.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

TestSuite(unwind_steps, .init = begin, .fini = temp_trace_end);

static struct {
    unsigned steps, different, in_stub;
    const struct backtrace *outer; /* taken by the caller of run_stepped(); NULL: ask libunwind */
} stepping;

/* Libunwind knows no stubs: but a backtrace must lead through run_stepped() to what was before. */
static bool leads_out(const struct backtrace *backtrace, const struct backtrace *outer)
{
    const unsigned known = outer->depth - 2; /* without compare_here() and its caller */
    unsigned i = 0;
    while (i < backtrace->depth && (backtrace->frames[i] < (uint64_t)(uintptr_t)run_stepped ||
                                    backtrace->frames[i] >= (uint64_t)(uintptr_t)run_stepped_end))
        i++;
    return i + 2 + known == backtrace->depth &&
           memcmp(&backtrace->frames[i + 2], &outer->frames[2], known * sizeof(uint64_t)) == 0;
}

static void on_step(int number, siginfo_t *info, void *data)
{
    const ucontext_t *context = data;
    struct backtrace backtrace, reference;
    struct unwind_start start;
    (void)number, (void)info;
    reference.depth = 0;

    capture(&start);
    take(&start, &backtrace);
    backtrace = as_is(&backtrace);
    stepping.steps++;
    stepping.in_stub += detour_contains((uint64_t)context->uc_mcontext.gregs[REG_RIP]);
    bool right = stepping.outer ? leads_out(&backtrace, stepping.outer)
                                : libunwind_take(scratch_of(stream), &start, &reference) &&
                                      same(&backtrace, &reference);
    if (right)
        return;
    if (stepping.different++ < 3) {
        print("taken", &backtrace);
        print("expected", stepping.outer ? stepping.outer : &reference);
    }
}

static inline __attribute__((always_inline)) void step_through(void (*function)(void),
                                                               const struct backtrace *outer)
{
    const struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    stepping.outer = outer;
    stepping.steps = stepping.different = stepping.in_stub = 0;
    cr_assert_eq(sigaction(SIGTRAP, &action, NULL), 0);
    run_stepped(function);
    cr_expect_eq(stepping.different, 0, "%u of %u steps", stepping.different, stepping.steps);
}

static void format_numbers(void)
{
    char text[128];
    snprintf(text, sizeof(text), "%d %5.2f %s %-10lx|", 42, 3.25, "text", 0xabcdefl);
}

Test(unwind_steps, every_instruction_of_formatting)
{
    format_numbers(); /* binds what it calls */
    step_through(format_numbers, NULL);
    cr_expect_gt(stepping.steps, 1000, "%u steps", stepping.steps);
    cr_expect_eq(slow(), 0, "%lu of %u by libunwind", slow(), stepping.steps);
}

static int by_value_plain(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void sort_numbers(void)
{
    int numbers[] = {5, 2, 9, 1, 7, 3, 8, 6, 4, 0};
    qsort(numbers, 10, sizeof(numbers[0]), by_value_plain);
}

Test(unwind_steps, every_instruction_of_sorting)
{
    sort_numbers();
    step_through(sort_numbers, NULL);
    cr_expect_gt(stepping.steps, 500, "%u steps", stepping.steps);
    cr_expect_eq(slow(), 0, "%lu of %u by libunwind", slow(), stepping.steps);
}

static void look_up_symbol(void)
{
    cr_assert_not_null(dlsym(RTLD_DEFAULT, "snprintf"));
    free(malloc(100000));
}

Test(unwind_steps, every_instruction_of_a_symbol_look_up)
{
    step_through(look_up_symbol, NULL);
    cr_expect_gt(stepping.steps, 500, "%u steps", stepping.steps);
}

static void on_signal(int number)
{
    (void)number;
    begin_stepping();
}

Test(unwind_steps, every_instruction_of_the_return_from_a_handler)
{
    const struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

    cr_assert_eq(sigaction(SIGTRAP, &action, NULL), 0);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    cr_expect_geq(stepping.steps, 2, "%u steps", stepping.steps);
    cr_expect_eq(stepping.different, 0, "%u of %u steps", stepping.different, stepping.steps);
    cr_expect_eq(slow(), 0);
}

void patched_jump(void), patched_call(void), patched_frame(void);
__asm__(".pushsection .text\n"
        "add_two: .cfi_startproc\n lea (%rdi,%rsi), %rax\n ret\n .cfi_endproc\n"
        "patched_jump: .cfi_startproc\n xor %edx, %edx\n .byte 0xe9\n .long add_two - . - 4\n"
        ".cfi_endproc\n"
        "patched_call: .cfi_startproc\n push %rbx\n .cfi_def_cfa_offset 16\n"
        ".cfi_offset rbx, -16\n call add_two\n pop %rbx\n .cfi_def_cfa_offset 8\n"
        ".cfi_restore rbx\n ret\n .cfi_endproc\n"
        "patched_frame: .cfi_startproc\n push %rbp\n .cfi_def_cfa_offset 16\n"
        ".cfi_offset rbp, -16\n mov %rsp, %rbp\n .cfi_def_cfa_register rbp\n push %r12\n"
        ".cfi_offset r12, -24\n mov %rdi, %r12\n call add_two\n pop %r12\n pop %rbp\n"
        ".cfi_def_cfa rsp, 8\n ret\n .cfi_endproc\n"
        ".popsection\n");

static void patch(void *code, bool around, struct entry_context *context)
{
    struct loaded_object found;
    struct function_bounds bounds;
    loaded_setup();
    cr_assert(loaded_find((uint64_t)code, &found));
    cr_assert(eh_frame_function(found.eh_frame_hdr, (uint64_t)code, &bounds));
    const struct detour detour = {.address = bounds.start,
                                  .size = bounds.end - bounds.start,
                                  .enter = around ? entry_around : entry_before,
                                  .around = around,
                                  .context = context,
                                  .original = &context->original};
    cr_assert_null(detour_install(&detour));
}

static void step_through_stubs(bool around)
{
    static struct entry_context contexts[3];
    void (*const patched[])(void) = {patched_jump, patched_call, patched_frame};

    for (unsigned i = 0; i < 3; i++)
        patch(patched[i], around, &contexts[i]);
    detour_finish();
    compare_here();
    const struct backtrace outer = last;
    for (unsigned i = 0; i < 3; i++) {
        step_through(patched[i], &outer);
        cr_expect_gt(stepping.in_stub, 2);
        cr_expect_gt(stepping.steps, 50);
        cr_expect_eq(hooked, i + 1);
    }
}

Test(unwind_steps, every_instruction_before_a_patched_function)
{
    step_through_stubs(false);
}

Test(unwind_steps, every_instruction_around_a_patched_function)
{
    step_through_stubs(true);
}
