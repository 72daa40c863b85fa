/*
 * host_guard KIND - a program with SIGSEGV handlers of its own, or other habits that guarded pages
 * could disturb. Prints what it sees, which must be the same with them and without.
 *
 *     handlers    what it is told of its handlers, and how they run for faults that are its own
 *     own         touches memory that is not there, with no handler: ends by the signal
 *     killed      sends itself the signal
 *     abort       calls abort()
 *     trap        runs into int3, as an assertion does
 *     divide      divides by 0
 *     jump        calls a function whose address is none any more
 *     deep        uses up its stack
 *     logs        has a handler that does something with pools, and ends the process
 *     child       has a child that ends by the signal
 *     unasked     has one, and does not ask how it ended
 *     chroot      has another root directory, with nothing in it
 *     stale       touches data of a pool that it destroyed, then behind an allocation's end
 *     calls       has the kernel read and write what it must not
 *     threads     four threads touch data of pools that they destroyed
 *     fork        a child destroys what its parent keeps, and the other way round
 *     locked      locks its memory, also what is mapped later
 *     room        limits its address space, then allocates much
 *     no-code     asks that no memory becomes executable that was not
 *     places      prints where data of a pool is, data of a destroyed one, and that first pool
 *     fill        takes more than there are pages for
 */
#include "pool.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 50
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static sigjmp_buf after;
static volatile char *nowhere;
static char stack[1 << 16];

static void tell_mask(void)
{
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    printf("  blocked: SEGV %d USR1 %d USR2 %d\n", sigismember(&mask, SIGSEGV),
           sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    char here;
    (void)context;
    printf("  handler: signal %d, %s, %s stack\n", number,
           info->si_addr == (void *)nowhere ? "its address" : "another address",
           &here >= stack && &here < stack + sizeof(stack) ? "alternate" : "normal");
    tell_mask();
    siglongjmp(after, 1);
}

static void on_fault_plain(int number)
{
    printf("  plain handler: signal %d\n", number);
    tell_mask();
    siglongjmp(after, 1);
}

/* How it was, with flags and mask. */
static void tell_action(const char *when)
{
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    const char *handler = now.sa_handler == SIG_DFL          ? "default"
                          : now.sa_handler == SIG_IGN        ? "ignored"
                          : now.sa_handler == on_fault_plain ? "plain handler"
                          : now.sa_sigaction == on_fault     ? "handler"
                                                             : "somebody else's";
    printf("%s: %s, flags %x, mask USR1 %d\n", when, handler, (unsigned)now.sa_flags & 0xf8ffffffu,
           sigismember(&now.sa_mask, SIGUSR1));
}

static void touch_nowhere(void)
{
    if (sigsetjmp(after, 1) == 0)
        *nowhere = 1;
}

static void use_stale_data(const char *name)
{
    pool *dead = make_sub_pool(permanent_pool);
    volatile char *data = pcalloc(dead, 24);
    pr_pool_tag(dead, name);
    destroy_pool(dead);
    data[3] = 1;
}

static void handlers(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    sigaddset(&action.sa_mask, SIGUSR1);
    tell_action("at first");
    sigaction(SIGSEGV, &action, NULL);
    tell_action("handler");
    use_stale_data("with a handler");
    touch_nowhere();
    sigaltstack(&alternate, NULL);
    action.sa_flags |= SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &action, NULL);
    touch_nowhere();
    use_stale_data("with a handler and a stack");
    action.sa_flags |= (int)SA_RESETHAND;
    sigaction(SIGSEGV, &action, NULL);
    touch_nowhere();
    tell_action("reset");
    printf("before it was the default: %d\n", signal(SIGSEGV, on_fault_plain) == SIG_DFL);
    tell_action("by signal()");
    touch_nowhere();
    use_stale_data("with signal()");
    printf("and it was: %d\n", signal(SIGSEGV, SIG_IGN) == on_fault_plain);
    raise(SIGSEGV);
    tell_action("ignored");
    printf("not a signal: %d\n",
           signal(0, SIG_DFL) == SIG_ERR && sigaction(65, &action, NULL) == -1);
}

static void own(void)
{
    *nowhere = 1;
}

static void killed(void)
{
    kill(getpid(), SIGSEGV);
    puts("never printed");
}

static void trap(void)
{
    __asm__ volatile("int3");
    puts("never printed");
}

static volatile int zero;

static void divide(void)
{
    printf("%d\n", 1000 / zero);
}

static void jump(void)
{
    pool *own = make_sub_pool(permanent_pool);
    pr_pool_tag(own, "before the jump");
    ((void (*)(void))(uintptr_t)nowhere)();
    puts("never printed");
}

static int go_deep(volatile char *outer)
{
    volatile char here[4096];
    here[0] = *outer;
    return here[0] == 1 ? go_deep(here) + here[0] : 0;
}

static void deep(void)
{
    const struct rlimit limit = {1u << 20, 1u << 20};
    volatile char first = 1;
    setrlimit(RLIMIT_STACK, &limit);
    go_deep(&first);
}

static void log_and_end(int number)
{
    pool *mine = make_sub_pool(permanent_pool);
    pr_pool_tag(mine, "of the handler");
    for (int i = 0; i < 20; i++)
        palloc(mine, 8);
    printf("caught %d\n", number);
    _exit(3);
}

static void logs(void)
{
    pool *mine = make_sub_pool(permanent_pool);
    signal(SIGSEGV, log_and_end);
    pr_pool_tag(mine, "of the session");
    palloc(mine, 99);
    *nowhere = 1;
}

static void child(void)
{
    fflush(stdout);
    if (fork() == 0)
        own();
    int status = 0;
    wait(&status);
    printf("%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void stale(void)
{
    pool *own = make_sub_pool(permanent_pool);
    volatile char *data = palloc(own, 40);
    use_stale_data("stale");
    pr_pool_tag(own, "too short");
    data[40] = 1;
    puts("it goes on");
}

static void unasked(void)
{
    signal(SIGCHLD, SIG_IGN);
    fflush(stdout);
    if (fork() == 0)
        own();
    printf("no child: %d\n", wait(NULL) == -1);
}

static char *dead_data(const char *name)
{
    pool *dead = make_sub_pool(permanent_pool);
    char *data = palloc(dead, 24);
    strcpy(data, "/dev/null");
    pr_pool_tag(dead, name);
    destroy_pool(dead);
    return data;
}

static void calls(void)
{
    int ends[2];
    struct iovec vector = {dead_data("written by writev"), 10};
    pool *own = make_sub_pool(permanent_pool);
    char *data = palloc(own, 40);
    printf("pipe %d\n", pipe(ends));
    strcpy(data, "of a pool that lives");
    pr_pool_tag(own, "too short");
    printf("write %zd\n", write(ends[1], dead_data("written"), 10));
    printf("read %zd\n", read(ends[0], dead_data("read"), 10));
    printf("writev %zd\n", writev(ends[1], &vector, 1));
    printf("open %d\n", open(dead_data("opened"), O_RDONLY) >= 0);
    printf("beyond %zd\n", write(ends[1], data, 48));
    printf("its own %zd\n", write(ends[1], data, 40));
    printf("nothing %zd\n", write(ends[1], dead_data("not touched"), 0));
    printf("nowhere %zd\n", write(ends[1], (const void *)nowhere, 1));
}

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *unused)
{
    volatile char *data[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&one);
        pool *dead = make_sub_pool(permanent_pool);
        data[i] = pcalloc(dead, 64);
        pr_pool_tag(dead, "of a thread");
        destroy_pool(dead);
        pthread_mutex_unlock(&one);
        data[i][8] = 1;
    }
    return unused;
}

static void threads(void)
{
    pthread_t others[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&others[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(others[i], NULL);
    puts("done");
}

static void fork_and_destroy(void)
{
    pool *shared = make_sub_pool(permanent_pool);
    char *data = pcalloc(shared, 32);
    pr_pool_tag(shared, "shared by a fork");
    strcpy(data, "the parent's");
    for (int in_child = 0; in_child < 2; in_child++) {
        fflush(stdout);
        const pid_t child = fork();
        if ((child == 0) == in_child) {
            destroy_pool(shared);
            *(volatile char *)data = 'x';
        } else {
            data[4] = 'P';
            printf("%s\n", data);
        }
        if (child == 0) {
            fflush(stdout);
            _exit(0);
        }
        waitpid(child, NULL, 0);
        shared = make_sub_pool(permanent_pool);
        data = pcalloc(shared, 32);
        strcpy(data, "the parent's");
    }
}

/* Pools that stay and pools that go, all of whose bytes are used. */
static void take_much(unsigned pools)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < pools; i++) {
        pool *mine = make_sub_pool(permanent_pool);
        for (size_t size = 1; size < 10000; size = size * 3 + 1) {
            char *data = pcalloc(mine, size);
            memset(data, (int)i, size);
            sum += (unsigned char)data[size - 1];
        }
        if (i % 4)
            destroy_pool(mine);
    }
    printf("sum %lu\n", sum);
}

static void locked(void)
{
    printf("locked: %d\n", mlockall(MCL_CURRENT | MCL_FUTURE));
    take_much(100);
    stale();
}

static void room(void)
{
    const struct rlimit limit = {200u << 20, 200u << 20};
    printf("limited: %d\n", setrlimit(RLIMIT_AS, &limit));
    take_much(400);
    stale();
}

static void no_code(void)
{
    prctl(PR_SET_MDWE, 1, 0, 0, 0);
    take_much(100);
    stale();
}

static void in_chroot(void)
{
    char dir[] = "/tmp/host_guard.XXXXXX";
    const int in = mkdtemp(dir) && chdir(dir) == 0 && rmdir(dir) == 0;
    printf("in it %d, chroot %d\n", in, chroot("."));
    take_much(100);
    stale();
}

static void fill(void)
{
    take_much(8000);
}

/* Where something is that lives, that does not, and a pool. */
static void places(void)
{
    pool *dead = make_sub_pool(permanent_pool), *alive = make_sub_pool(permanent_pool);
    pr_pool_tag(dead, "dead");
    pr_pool_tag(alive, "alive");
    printf("%p", pcalloc(alive, 100));
    printf(" %p", pcalloc(dead, 24));
    printf(" %p\n", (void *)alive);
    destroy_pool(dead);
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    {"handlers", handlers}, {"own", own},       {"killed", killed},   {"abort", abort},
    {"trap", trap},         {"divide", divide}, {"jump", jump},       {"deep", deep},
    {"logs", logs},         {"child", child},   {"unasked", unasked}, {"chroot", in_chroot},
    {"calls", calls},       {"stale", stale},   {"threads", threads}, {"fork", fork_and_destroy},
    {"locked", locked},     {"room", room},     {"no-code", no_code}, {"fill", fill},
    {"places", places},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    init_pools();
    nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            printf("%s\n", argv[1]);
            kinds[i].run();
            return 0;
        }
    }
    return 2;
}
/* SPDX-License-Identifier: MIT */
