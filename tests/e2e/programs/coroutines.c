/*
 * coroutines.c - pools used on stacks that are not the thread's: of coroutines, each in turn.
 *
 *   coroutines KIND WHERE THREAD ROUNDS
 *
 * KIND: assembly (what calls the first function is abort(), as libcoro has it), zero (nothing calls
 * it), context (makecontext()), short (assembly, and each stack is given back and another one, of
 * another size, mapped at its end). WHERE: mapped (a guard page at each end), adjacent (mapped, and
 * none), heap, static. THREAD: main, other.
 *
 *   coroutines deep MIB THREAD ROUNDS
 *
 * The same on the thread's own stack, MIB deep.
 *
 *   coroutines nested CALLS THREAD ROUNDS
 *
 * ... as many calls deep, each with a frame pointer.
 */
#include "pools.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

#define COROUTINES 4
#define STACK      (64u << 10) /* bytes */
#define PAGE       4096u
#define EVENTS     100 /* pools of a round */

static char static_stacks[COROUTINES][STACK];
static const char *kind, *where;
static unsigned long rounds;

/* A switch from one stack to another: what has to be kept is on them. */
struct context {
    void **sp;
    char *stack;
    ucontext_t other;
};
void transfer(struct context *from, struct context *to);
__asm__(".text\n.type transfer, @function\ntransfer:\n.cfi_startproc\n"
        "push %rbp\n.cfi_adjust_cfa_offset 8\n.cfi_offset %rbp, -16\n"
        "push %rbx\n.cfi_adjust_cfa_offset 8\npush %r12\n.cfi_adjust_cfa_offset 8\n"
        "push %r13\n.cfi_adjust_cfa_offset 8\npush %r14\n.cfi_adjust_cfa_offset 8\n"
        "push %r15\n.cfi_adjust_cfa_offset 8\nmov %rsp, (%rdi)\nmov (%rsi), %rsp\n"
        "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\n"
        ".cfi_def_cfa_offset 8\nret\n.cfi_endproc\n.size transfer, .-transfer\n");

static struct context home, coroutines[COROUTINES];
static unsigned current;

__attribute__((noinline)) static void work(void)
{
    for (unsigned i = 0; i < EVENTS; i++) {
        pool *made = make_sub_pool(permanent_pool);
        palloc(made, 32);
        destroy_pool(made);
    }
    __asm__ volatile("" ::: "memory");
}

static void run_coroutine(void)
{
    for (;;) {
        work();
        if (strcmp(kind, "context") == 0)
            swapcontext(&coroutines[current].other, &home.other);
        else
            transfer(&coroutines[current], &home);
    }
}

static char *map_stack(size_t size, bool guards)
{
    const size_t guard = guards ? PAGE : 0;
    char *start =
        mmap(NULL, size + 2 * guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        exit(1);
    if (guards) {
        mprotect(start, guard, PROT_NONE);
        mprotect(start + guard + size, guard, PROT_NONE);
    }
    return start + guard;
}

static char *stack_for(unsigned number)
{
    if (strcmp(where, "heap") == 0)
        return malloc(STACK);
    return strcmp(where, "static") == 0 ? static_stacks[number]
                                        : map_stack(STACK, strcmp(where, "mapped") == 0);
}

static void prepare(struct context *made, char *stack, size_t size)
{
    made->stack = stack;
    made->sp = (void **)(void *)(stack + size);
    *--made->sp = strcmp(kind, "zero") == 0 ? NULL : (void *)abort;
    *--made->sp = (void *)run_coroutine;
    for (unsigned i = 0; i < 6; i++)
        *--made->sp = NULL;
    if (strcmp(kind, "context") != 0)
        return;
    getcontext(&made->other);
    made->other.uc_stack.ss_sp = stack;
    made->other.uc_stack.ss_size = size;
    makecontext(&made->other, run_coroutine, 0);
}

static void switch_to(struct context *next)
{
    if (strcmp(kind, "context") == 0)
        swapcontext(&home.other, &next->other);
    else
        transfer(&home, next);
}

/* Stacks that end ever earlier, and where they ended there is nothing. */
static void run_short(void)
{
    char *start = map_stack(2 * STACK, true);
    for (unsigned long i = 0; i < rounds; i++) {
        const size_t size = 2 * STACK - i % (2 * STACK / PAGE - 2) * PAGE;
        mprotect(start, 2 * STACK, PROT_READ | PROT_WRITE);
        mprotect(start + size, 2 * STACK - size, PROT_NONE);
        prepare(&coroutines[0], start, size);
        switch_to(&coroutines[0]);
    }
}

static void run_all(void)
{
    for (unsigned i = 0; i < COROUTINES; i++)
        prepare(&coroutines[i], stack_for(i), STACK);
    for (unsigned long i = 0; i < rounds; i++) {
        for (current = 0; current < COROUTINES; current++)
            switch_to(&coroutines[current]);
    }
}

__attribute__((noinline)) static void run_deep(unsigned long mib)
{
    volatile char room[1u << 20];
    room[0] = (char)mib;
    for (unsigned long i = 0; mib == 0 && i < rounds; i++)
        work();
    if (mib > 0)
        run_deep(mib - 1);
    room[1] = room[0];
}

/* A frame of a size that is not known needs one. */
__attribute__((noinline)) static void run_nested(unsigned long calls)
{
    volatile char room[calls % 8 + 1];
    room[0] = (char)calls;
    for (unsigned long i = 0; calls == 0 && i < rounds; i++)
        work();
    if (calls > 0)
        run_nested(calls - 1);
    room[0]++;
}

static void *run(void *unused)
{
    if (strcmp(kind, "nested") == 0)
        run_nested(strtoul(where, NULL, 10));
    else if (strcmp(kind, "deep") == 0)
        run_deep(strtoul(where, NULL, 10));
    else if (strcmp(kind, "short") == 0)
        run_short();
    else
        run_all();
    return unused;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    kind = argv[1];
    where = argv[2];
    rounds = strtoul(argv[4], NULL, 10);
    permanent_pool = make_sub_pool(NULL);
    if (strcmp(argv[3], "main") == 0) {
        run(NULL);
    } else {
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        if (strcmp(kind, "deep") == 0)
            pthread_attr_setstacksize(&attributes, (strtoul(where, NULL, 10) + 2) << 20);
        if (pthread_create(&thread, &attributes, run, NULL) != 0)
            return 1;
        pthread_join(thread, NULL);
    }
    puts("done");
    return 0;
}
/* SPDX-License-Identifier: MIT */
