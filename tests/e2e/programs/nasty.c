/*
 * nasty ROUNDS - uses pools from code whose stack is hard to walk. Prints "events N", what a
 * recorder of its pools should see. To be built with different compilers and options.
 */
#include "pools.h"

#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#define NOINLINE   __attribute__((noinline))
#define STACK_SIZE (256u << 10)

static atomic_ulong events;

/* A statement after a call keeps it from being a jump. */
static void not_last(void)
{
    __asm__ volatile("" ::: "memory");
}

/* Not known to the compiler, which would make a copy of the function for it. */
static const char *volatile tag = "nasty";

NOINLINE void use_pool(void);
NOINLINE void use_pool(void)
{
    pool *made = make_sub_pool(NULL);
    palloc(made, 24);
    pr_pool_tag(made, tag);
    palloc(made, 1000);
    destroy_pool(made);
    atomic_fetch_add(&events, 5);
}

static NOINLINE int recurse(int more)
{
    volatile char here[24] = {0};
    if (more == 0)
        use_pool();
    else
        here[0] = (char)recurse(more - 1);
    not_last();
    return here[0] + 1;
}

static NOINLINE int recurse_in_turn(int more, double x);

/* Many registers saved, so that there are many rows in the unwind table. */
static NOINLINE int recurse_with_registers(int more, double x)
{
    volatile long a = more, b = a + 1, c = b + 1, d = c + 1, e = d + 1;
    long u = a, v = b, w = c, y = d, z = e;
    int result = more ? recurse_in_turn(more - 1, x * 0.5) : recurse(0);
    return result + (int)(u + v * w - y * z);
}

static NOINLINE int recurse_in_turn(int more, double x)
{
    char text[64];
    snprintf(text, sizeof(text), "%d %f", more, x);
    if (more % 3 == 0)
        return recurse_with_registers(more, x) + text[0];
    return more ? recurse_with_registers(more - 1, x) + text[1] : recurse(1);
}

static NOINLINE int grow_frame(unsigned more)
{
    volatile char *space = alloca(16 + more * 24);
    space[more] = 1;
    use_pool();
    if (more)
        space[0] = (char)grow_frame(more - 1);
    return space[more];
}

static NOINLINE int array_of_unknown_size(unsigned size)
{
    volatile char array[size + 1], more[2 * size + 1];
    array[size] = more[size] = 1;
    use_pool();
    if (size > 3)
        array[0] = (char)array_of_unknown_size(size / 2);
    return array[size] + more[size];
}

static NOINLINE void tail(int more)
{
    if (more == 0)
        use_pool();
    else
        tail(more - 1);
}

static NOINLINE void jump_to(void (*function)(int), int more)
{
    function(more);
}

/* What does not return may be called last of all. */
static sigjmp_buf back;
_Noreturn static NOINLINE void never_return(int more)
{
    use_pool();
    siglongjmp(back, more + 1);
}

static NOINLINE void call_the_last(int more)
{
    if (more > 2)
        never_return(more);
    use_pool();
    never_return(1);
}

static NOINLINE void come_back(void)
{
    for (volatile int i = 0; i < 5; i++) {
        if (sigsetjmp(back, 1) == 0)
            call_the_last(i);
    }
}

static NOINLINE int realign(unsigned more)
{
    _Alignas(64) volatile char line[64];
    volatile char *space = alloca(16 + more);
    line[0] = space[more] = 1;
    use_pool();
    if (more)
        line[1] = (char)realign(more - 1);
    return line[0] + space[more];
}

static NOINLINE int realign_fixed(unsigned more)
{
    _Alignas(128) volatile char line[128];
    line[more] = 1;
    use_pool();
    return more ? realign_fixed(more - 1) + line[more] : line[0];
}

__attribute__((noinline, force_align_arg_pointer)) static int realign_entry(unsigned more)
{
    volatile char here[16] = {0};
    use_pool();
    return more ? realign_entry(more - 1) + here[0] : here[1];
}

/* By hand: rbp holds no frame; the frame moves; what saves registers is not where compilers do. */
void through_other_rbp(void (*function)(void), uint64_t rbp);
void through_moving_frame(void (*function)(void));
void through_no_table(void (*function)(void));
__asm__(".pushsection .text\n"
        "through_other_rbp: .cfi_startproc\n push %rbp\n .cfi_def_cfa_offset 16\n"
        " .cfi_offset rbp, -16\n mov %rsi, %rbp\n call *%rdi\n pop %rbp\n .cfi_def_cfa_offset 8\n"
        " .cfi_restore rbp\n ret\n .cfi_endproc\n"
        "through_moving_frame: .cfi_startproc\n push %rbx\n .cfi_def_cfa_offset 16\n"
        " .cfi_offset rbx, -16\n mov %rdi, %rbx\n call *%rbx\n"
        " sub $4096, %rsp\n .cfi_adjust_cfa_offset 4096\n mov %rbp, 8(%rsp)\n"
        " .cfi_offset rbp, -4104\n xor %ebp, %ebp\n call *%rbx\n mov 8(%rsp), %rbp\n"
        " .cfi_restore rbp\n .cfi_remember_state\n add $4096, %rsp\n .cfi_adjust_cfa_offset -4096\n"
        " pop %rbx\n .cfi_def_cfa_offset 8\n ret\n .cfi_restore_state\n ud2\n .cfi_endproc\n"
        "through_no_table: push %rbp\n mov %rsp, %rbp\n call *%rdi\n pop %rbp\n ret\n"
        ".popsection\n");

static NOINLINE void by_hand(void)
{
    const uint64_t values[] = {0, 1, UINT64_MAX, (uint64_t)(uintptr_t)values, 1ull << 47};
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        through_other_rbp(use_pool, values[i]);
    through_moving_frame(use_pool);
    through_no_table(use_pool);
}

static int by_value(const void *a, const void *b)
{
    use_pool();
    return *(const int *)a - *(const int *)b;
}

static NOINLINE void called_back(void)
{
    int numbers[] = {5, 2, 9, 1};
    qsort(numbers, 4, sizeof(numbers[0]), by_value);
}

static void on_signal(int number)
{
    recurse(2);
    if (number == SIGUSR1)
        raise(SIGUSR2);
    realign(1);
    not_last();
}

static NOINLINE void handle_signals(int flags)
{
    static __thread char other[STACK_SIZE];
    const stack_t stack = {.ss_sp = other, .ss_size = sizeof(other)},
                  none = {.ss_flags = SS_DISABLE};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaltstack(flags & SA_ONSTACK ? &stack : &none, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR1);
    not_last();
    sigaltstack(&none, NULL);
}

/* A fault is not at a call, and the instruction may be its function's first. */
static NOINLINE void fault(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    sigaction(SIGTRAP, &action, NULL);
    __asm__ volatile("int3" ::: "memory");
}

static ucontext_t here, there;

static void in_coroutine(void)
{
    recurse(3);
    swapcontext(&there, &here);
    called_back();
    not_last();
}

static NOINLINE void coroutines(void)
{
    static char other[STACK_SIZE];
    getcontext(&there);
    there.uc_stack = (stack_t){.ss_sp = other, .ss_size = sizeof(other)};
    there.uc_link = &here;
    makecontext(&there, in_coroutine, 0);
    swapcontext(&here, &there);
    use_pool();
    swapcontext(&here, &there);
}

static NOINLINE void everything(void)
{
    static const int depths[] = {0, 1, 10, 60, 120, 130, 1000};
    for (unsigned i = 0; i < sizeof(depths) / sizeof(depths[0]); i++)
        recurse(depths[i]);
    recurse_in_turn(20, 0.7);
    grow_frame(10);
    array_of_unknown_size(100);
    jump_to(tail, 5);
    realign(4);
    realign_fixed(4);
    realign_entry(4);
    by_hand();
    called_back();
    handle_signals(0);
    handle_signals(SA_ONSTACK);
    fault();
}

static void *in_thread(void *unused)
{
    everything();
    return unused;
}

int main(int argc, char **argv)
{
    permanent_pool = make_sub_pool(NULL);
    atomic_fetch_add(&events, 1);
    for (int rounds = argc > 1 ? atoi(argv[1]) : 1; rounds > 0; rounds--) {
        pthread_t thread;
        everything();
        come_back();
        coroutines();
        if (pthread_create(&thread, NULL, in_thread, NULL) != 0)
            return 1;
        pthread_join(thread, NULL);
    }
    printf("events %lu\n", events);
    return 0;
}
/* SPDX-License-Identifier: MIT */
