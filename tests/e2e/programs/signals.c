/*
 * signals [onstack] [jump] MILLISECONDS - threads that make, use and destroy pools, interrupted at
 * random by signal handlers that do the same, and by each other's handlers in turn.
 *
 * onstack: handlers run on a stack of their own; in one thread that lies within the thread's own.
 * jump: handlers in the first thread leave by siglongjmp().
 * MILLISECONDS are of the processor's time. However many others it has to share the processor with,
 * it goes on until signals came often enough: a handler for each of them, a nested one for every
 * fourth, and a jump for every fiftieth. While they leave no time for anything but handlers, they
 * come half as often as before.
 * Prints what it did: "pools N destroyed N allocations N handlers N nested N jumps N".
 *
 * The pools are ProFTPD's by name and layout, and may be used in handlers: no locks, no malloc.
 */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#ifdef __clang__
#define POOL_ENTRY __attribute__((noinline, used))
#else
#define POOL_ENTRY __attribute__((noipa))
#endif

#define SLOTS      4096
#define WORKERS    3
#define STACK_SIZE (256u << 10)

typedef struct pool_rec {
    struct slot *first;
    void *others[7];
    const char *tag;
} pool;

/* A pool and its only block: what is allocated from it is counted, and never touched. */
struct slot {
    uintptr_t end, next;
    _Atomic uintptr_t first_avail;
    uintptr_t padding;
    pool pool;
};

_Static_assert(offsetof(struct slot, pool) == 0x20 && sizeof(pool) == 0x48, "ProFTPD's layout");

static struct slot slots[SLOTS];
static atomic_uint taken[SLOTS]; /* by which thread, see mine; 0: free */
static atomic_uint hint;

pool *permanent_pool;
static pool *shared;

static atomic_ulong pools, destroyed, allocations, handlers, nested, jumps;
static atomic_ulong interrupted;          /* rounds of what handlers interrupt */
static atomic_long pause_between = 20000; /* two signals by the killer, in nanoseconds */
static atomic_bool done;
static bool on_stack, jumping;
static pthread_t threads[WORKERS];
static __thread sigjmp_buf again;
static __thread volatile bool may_jump;
static __thread volatile unsigned depth;
static __thread unsigned mine = UINT_MAX; /* of the workers their number + 1 */

POOL_ENTRY pool *make_sub_pool(pool *parent)
{
    unsigned i, free;
    (void)parent;
    do {
        i = atomic_fetch_add(&hint, 1) % SLOTS;
        free = 0;
    } while (!atomic_compare_exchange_strong(&taken[i], &free, mine));
    struct slot *slot = &slots[i];
    slot->pool.first = slot;
    slot->end = (uintptr_t)&slot->pool + (UINT64_C(1) << 40);
    atomic_store(&slot->first_avail, (uintptr_t)(&slot->pool + 1));
    return &slot->pool;
}

static POOL_ENTRY void *alloc_pool(pool *from, size_t size, int exact)
{
    (void)exact;
    return (void *)atomic_fetch_add(&from->first->first_avail, (size + 7) / 8 * 8);
}

POOL_ENTRY void *palloc(pool *from, size_t size)
{
    return alloc_pool(from, size, 0);
}

POOL_ENTRY void pr_pool_tag(pool *named, const char *tag)
{
    named->tag = tag;
}

static POOL_ENTRY void end_pool(pool *ended)
{
    atomic_store(&taken[ended->first - slots], 0);
}

POOL_ENTRY void destroy_pool(pool *ended)
{
    if (ended)
        end_pool(ended);
}

/* What is counted has happened, even if a handler jumps away right after. */
static pool *make_counted(pool *parent)
{
    pool *made = make_sub_pool(parent);
    atomic_fetch_add(&pools, 1);
    return made;
}

static void allocate_counted(pool *from, size_t size)
{
    palloc(from, size);
    atomic_fetch_add(&allocations, 1);
}

static void destroy_counted(pool *ended)
{
    destroy_pool(ended);
    atomic_fetch_add(&destroyed, 1);
}

static void use_pools(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        pool *own = make_counted(shared);
        for (unsigned j = 0; j < 5; j++) {
            allocate_counted(own, 8 + i % 512);
            allocate_counted(shared, 16);
        }
        destroy_counted(own);
    }
}

__attribute__((noinline)) static void on_signal(int number)
{
    atomic_fetch_add(&handlers, 1);
    if (depth++ > 0)
        atomic_fetch_add(&nested, 1);
    use_pools(3);
    allocate_counted(permanent_pool, (size_t)number);
    if (number == SIGUSR1)
        raise(SIGUSR2);
    depth--;
    if (may_jump && depth == 0) {
        atomic_fetch_add(&jumps, 1);
        may_jump = false; /* else the handlers that come as soon as it unblocks them pile up */
        siglongjmp(again, 1);
    }
}

static void use_stack(void *stack)
{
    const stack_t own = {.ss_sp = stack, .ss_size = STACK_SIZE};
    if (on_stack && sigaltstack(&own, NULL) != 0)
        abort();
}

/* The slots of the pools that the jump left behind, or there would be none left in the end: what
 * handlers take meanwhile they have given back when this goes on. */
static void take_back(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        unsigned owner = mine;
        atomic_compare_exchange_strong(&taken[i], &owner, 0);
    }
}

__attribute__((noinline)) static void work(void)
{
    for (; !atomic_load(&done); atomic_fetch_add(&interrupted, 1))
        use_pools(10);
}

static void *run_worker(void *data)
{
    static char stacks[WORKERS][STACK_SIZE];
    char within[STACK_SIZE]; /* higher than what is interrupted */
    uintptr_t number = (uintptr_t)data;
    mine = (unsigned)number + 1;
    use_stack(number == 1 ? within : stacks[number]);
    bool first = sigsetjmp(again, 1) == 0;
    depth = 0;
    take_back();
    if (first || !atomic_load(&done))
        may_jump = jumping && number == 0;
    work();
    may_jump = false;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    use_stack(stacks[number]);
    return NULL;
}

/* Kills the other threads, which come to no harm. */
static void *run_killer(void *unused)
{
    unsigned seed = 1;
    while (!atomic_load(&done)) {
        const struct timespec pause = {.tv_nsec = atomic_load(&pause_between)};
        pthread_kill(threads[rand_r(&seed) % WORKERS], rand_r(&seed) % 2 ? SIGUSR1 : SIGUSR2);
        nanosleep(&pause, NULL);
    }
    return unused;
}

static void handle_signals(void)
{
    static const int numbers[] = {SIGALRM, SIGPROF, SIGUSR1, SIGUSR2};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = on_stack ? SA_ONSTACK : 0};
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
}

static void set_timers(long microseconds)
{
    const struct itimerval every = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &every, NULL);
    setitimer(ITIMER_PROF, &every, NULL);
}

static bool has_done(unsigned long milliseconds)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (unsigned long)used.tv_sec * 1000 + (unsigned long)used.tv_nsec / 1000000 >=
               milliseconds &&
           atomic_load(&handlers) >= milliseconds && atomic_load(&nested) >= milliseconds / 4 &&
           atomic_load(&interrupted) >= milliseconds / 10 &&
           (!jumping || atomic_load(&jumps) >= milliseconds / 50);
}

/* Until the time and the signals are enough. Where a handler takes longer than the time between two
 * signals, there is nothing but handlers. */
static void wait_until_done(unsigned long milliseconds)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    long microseconds =
        jumping ? 200 : 50; /* a handler that is interrupted all the time never jumps */
    unsigned long before = 0;
    set_timers(microseconds);
    while (!has_done(milliseconds)) {
        nanosleep(&pause, NULL);
        unsigned long now = atomic_load(&interrupted);
        if (now == before && microseconds < 10000) {
            set_timers(microseconds *= 2);
            atomic_store(&pause_between, 2 * atomic_load(&pause_between));
        }
        before = now;
    }
    set_timers(0);
}

/* The main thread only waits: with its signals blocked they go to the workers. */
static void run(unsigned long milliseconds)
{
    pthread_t killer;
    sigset_t all, before;
    sigfillset(&all);
    handle_signals();
    for (uintptr_t i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, run_worker, (void *)i);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&killer, NULL, run_killer, NULL);
    wait_until_done(milliseconds);
    atomic_store(&done, true);
    pthread_join(killer, NULL);
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc - 1; i++) {
        on_stack |= strcmp(argv[i], "onstack") == 0;
        jumping |= strcmp(argv[i], "jump") == 0;
    }
    permanent_pool = make_counted(NULL);
    shared = make_counted(permanent_pool);
    pr_pool_tag(shared, "shared");
    run(argc > 1 ? strtoul(argv[argc - 1], NULL, 10) : 1000);
    printf("pools %lu destroyed %lu allocations %lu handlers %lu nested %lu jumps %lu\n", pools,
           destroyed, allocations, handlers, nested, jumps);
    return 0;
}
/* SPDX-License-Identifier: MIT */
