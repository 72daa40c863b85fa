/*
 * small_stacks.c - how much of the stack pool functions take, and whether small ones do.
 *
 *   small_stacks measure    prints the bytes that calls take: a thread's first, and the ninth
 *   small_stacks thread     a thread with the smallest stack there is, of which it takes a part
 *   small_stacks handler SIZE WHAT  a signal handler on SIZE bytes, or +N: N more than the kernel
 * takes, with other data right below, uses pools, and then does WHAT: returns, forks a child that
 * uses pools, too, or ends the process (status 3); prints how many bytes of what is below were
 * overwritten small_stacks stepwise   uses pools when a line comes, until there are no more
 *   small_stacks nested N   a tree of pools N deep is destroyed, each within the call for the one
 * above
 */
#include "pools.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK    (256u << 10) /* bytes */
#define PATTERN  0xaa
#define OWN      4096
#define HANDLERS 65536
#define ENDED    3

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static unsigned char *stack;

static __attribute__((noinline)) void use_pools(void)
{
    pool *made = make_sub_pool(permanent_pool);
    palloc(made, 8);
    pr_pool_tag(made, "small");
    destroy_pool(made);
    __asm__ volatile("" ::: "memory");
}

/* Through a frame that no table tells of. */
void through_unknown(void (*function)(void));
__asm__(".text\n.type through_unknown, @function\nthrough_unknown:\npush %rbp\nmov %rsp, %rbp\n"
        "call *%rdi\npop %rbp\nret\n.size through_unknown, .-through_unknown\n");

/* Bytes below this frame that CALL writes to. */
static __attribute__((noinline)) long measure(void (*call)(void))
{
    unsigned char *here = __builtin_frame_address(0);
    unsigned char *end = here - 512; /* what is between is this function's */
    for (unsigned char *at = stack; at < end; at++)
        *at = PATTERN;
    call();
    unsigned char *at = stack;
    while (at < end && *at == PATTERN)
        at++;
    return here - at;
}

static void *run_measured(void *unused)
{
    const long first = measure(use_pools);
    long usual = 0;
    for (int i = 0; i < 8; i++) /* a backtrace is remembered when it was seen more than once */
        usual = measure(use_pools);
    printf("%ld %ld\n", first, usual);
    return unused;
}

static void *run_small(void *unused)
{
    volatile char own[OWN];
    own[0] = own[OWN - 1] = 1;
    through_unknown(use_pools);
    use_pools();
    return own[0] ? unused : NULL;
}

static int run_thread(void *(*function)(void *), size_t size)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (size == STACK) {
        stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pthread_attr_setstack(&attributes, stack, STACK);
    } else {
        pthread_attr_setstacksize(&attributes, size);
    }
    return pthread_create(&thread, &attributes, function, NULL) != 0 ||
           pthread_join(thread, NULL) != 0;
}

static struct {
    unsigned char below[4096];
    char handlers[HANDLERS];
} memory __attribute__((aligned(4096)));

static const char *then;
static int child;

static unsigned count_overwritten(void)
{
    unsigned overwritten = 0;
    for (unsigned i = 0; i < sizeof(memory.below); i++)
        overwritten += memory.below[i] != PATTERN;
    return overwritten;
}

static void handle(int number)
{
    (void)number;
    through_unknown(use_pools);
    use_pools();
    if (*then == 'f')
        child = fork();
    if (*then == 'f' && child == 0) {
        use_pools();
        _exit(count_overwritten() ? 1 : ENDED);
    }
    if (*then == 'e') { /* nobody could look after that */
        mprotect(memory.below, sizeof(memory.below), PROT_NONE);
        _exit(ENDED);
    }
}

static size_t size_of(const char *text)
{
    const size_t number = strtoul(text, NULL, 10);
    return *text == '+' ? getauxval(AT_MINSIGSTKSZ) + number : number;
}

static int run_handler(const char *size, const char *what)
{
    const stack_t handlers = {.ss_sp = memory.handlers, .ss_size = size_of(size)};
    const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    int status = ENDED << 8;
    then = what;
    for (unsigned i = 0; i < 50; i++) /* that nothing refers to: it is looked for in all memory */
        palloc(make_sub_pool(permanent_pool), 100);
    memset(memory.below, PATTERN, sizeof(memory.below));
    if (sigaltstack(&handlers, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0)
        return 1;
    raise(SIGUSR1);
    if (*then == 'f' && waitpid(child, &status, 0) != child)
        return 1;
    printf("%u\n", count_overwritten());
    return status != ENDED << 8;
}

static int run_nested(unsigned long depth)
{
    pool *top = make_sub_pool(permanent_pool), *at = top;
    for (unsigned long i = 0; i < depth; i++)
        at = make_sub_pool(at);
    destroy_pool(top);
    return 0;
}

static int run_stepwise(void)
{
    char line[2];
    while (fgets(line, sizeof(line), stdin)) {
        for (unsigned i = 0; i < 3000; i++)
            use_pools();
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    permanent_pool = make_sub_pool(NULL);
    if (strcmp(what, "measure") == 0)
        return run_thread(run_measured, STACK);
    if (strcmp(what, "thread") == 0)
        return run_thread(run_small, PTHREAD_STACK_MIN);
    if (strcmp(what, "stepwise") == 0)
        return run_stepwise();
    if (strcmp(what, "nested") == 0 && argc > 2)
        return run_nested(strtoul(argv[2], NULL, 10));
    return argc > 3 ? run_handler(argv[2], argv[3]) : 2;
}
/* SPDX-License-Identifier: MIT */
