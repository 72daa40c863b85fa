/*
 * attach_target.c - a program for the tests of lifeguard attach, with a pool system of its own
 * (attach_target.api).
 *
 *   attach_target [WAY...]
 *
 * Its first thread sleeps in poll(). A WAY is what another one does, again and again:
 *
 *   fill       stands within the first bytes of a function that is to be hooked
 *   sleep, poll, epoll, select, futex, receive, signal
 *              waits 200 ms by that, and must not be told that something interrupted it
 *   work       makes pools, takes from them, ends them
 *   begin      the same in threads that begin and end
 *   take       takes from a pool, and does nothing else
 *   lend       stands in vfork() until the child is killed, once
 *
 * In front of these may be what is done to the process, which ends with 3 where that cannot be:
 *
 *   filter     a filter of system calls, which allows all that there are, is on it
 *   tight      one that ends it for socketpair(2)
 *   mdwe       no memory may become executable (PR_SET_MDWE)
 *   headless   its first thread ends, and SIGTERM ends it at once
 *
 *   fail=NUMBERS
 *              ... does nothing yet, see below
 *
 * SIGUSR1 has it set a filter that ends it for calls that the recorder makes otherwise, or has
 * calls of these NUMBERS, with commas between, fail with EPERM; then it prints "filtered".
 *
 * Prints "ready" when all have begun. SIGTERM ends it: it prints "wrong N WAY" for each that was
 * not as it should be, and "calls N".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 200
#define FILLED  (32u << 20)
#define FILLING 7

struct pool {
    char data[64];
};

struct pool *target_create(void);
void *target_take(struct pool *pool, size_t size);
void target_end(struct pool *pool);
/* Fills COUNT bytes at POOL with what is in rax. */
void target_fill(void *pool, size_t size, size_t count);

__asm__(".text\n"
        ".p2align 4\n"
        ".globl target_fill\n"
        ".type target_fill, @function\n"
        "target_fill:\n"
        ".cfi_startproc\n"
        "    movq %rdx, %rcx\n" /* three bytes, and two */
        "    rep stosb\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size target_fill, .-target_fill\n");

__attribute__((noinline)) struct pool *target_create(void)
{
    return calloc(1, sizeof(struct pool));
}

__attribute__((noinline)) void *target_take(struct pool *pool, size_t size)
{
    pool->data[size % sizeof(pool->data)]++;
    return pool->data;
}

__attribute__((noinline)) void target_end(struct pool *pool)
{
    pool->data[0] = 0;
    free(pool);
}

static atomic_int begun, wrong;
static atomic_ulong calls;
static atomic_bool ending;
static bool headless;
static const char *failing;
static volatile sig_atomic_t told, filtered;

static void fill(void)
{
    static __thread char *buffer;
    if (!buffer)
        buffer = malloc(FILLED);
    memset(buffer, 0, FILLED);
    void *at = buffer;
    size_t size = 1, count = FILLED;
    uint64_t with = FILLING;
    __asm__ volatile("call target_fill"
                     : "+D"(at), "+S"(size), "+d"(count), "+a"(with)
                     :
                     : "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
    for (size_t i = 0; i < FILLED; i++)
        wrong += buffer[i] != FILLING;
}

static void expect(bool as_it_should)
{
    wrong += !as_it_should;
}

static void wait_asleep(void)
{
    const struct timespec time = {.tv_nsec = WAIT_MS * 1000000};
    expect(nanosleep(&time, NULL) == 0);
}

static void wait_poll(void)
{
    expect(poll(NULL, 0, WAIT_MS) == 0);
}

static void wait_epoll(void)
{
    static __thread int fd = -1;
    struct epoll_event event;
    if (fd < 0)
        fd = epoll_create1(0);
    expect(epoll_wait(fd, &event, 1, WAIT_MS) == 0);
}

static void wait_select(void)
{
    struct timeval time = {.tv_usec = WAIT_MS * 1000};
    expect(select(0, NULL, NULL, NULL, &time) == 0);
}

static void wait_futex(void)
{
    const struct timespec time = {.tv_nsec = WAIT_MS * 1000000};
    static uint32_t word;
    expect(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0) == -1 &&
           errno == ETIMEDOUT);
}

static void wait_receive(void)
{
    static __thread int pair[2] = {-1, -1};
    const struct timeval time = {.tv_usec = WAIT_MS * 1000};
    char byte;
    if (pair[0] < 0) {
        expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    }
    expect(recv(pair[0], &byte, 1, 0) == -1 && errno == EAGAIN);
}

static void wait_signal(void)
{
    const struct timespec time = {.tv_nsec = WAIT_MS * 1000000};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    expect(sigtimedwait(&set, NULL, &time) == -1 && errno == EAGAIN);
}

static void work(void)
{
    struct pool *pool = target_create();
    for (size_t i = 0; i < 100; i++)
        expect(target_take(pool, i) != NULL);
    target_end(pool);
}

static void take(void)
{
    static __thread struct pool *pool;
    if (!pool)
        pool = target_create();
    for (size_t i = 0; i < 100000; i++)
        target_take(pool, i);
}

static void *work_once(void *unused)
{
    work();
    return unused;
}

static void begin_thread(void)
{
    pthread_t thread;
    expect(pthread_create(&thread, NULL, work_once, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

static void lend(void)
{
    static __thread bool lent;
    if (lent) {
        wait_asleep();
        return;
    }
    lent = true;
    const pid_t child = vfork();
    if (child == 0) {
        for (;;)
            pause();
    }
    expect(child > 0 && waitpid(child, NULL, 0) == child);
}

#define ENDED_FOR(call)                                                                            \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),                                               \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static void set_code(struct sock_filter *code, size_t count)
{
    const struct sock_fprog program = {.len = (unsigned short)count, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
        exit(3);
}

static void set_filter(void)
{
    enum { NONE = 0x40000000 }; /* from here on there are none */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NONE, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    set_code(code, sizeof(code) / sizeof(*code));
}

static void set_tight(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ENDED_FOR(SYS_socketpair), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    set_code(code, sizeof(code) / sizeof(*code));
}

#define FAILING_MAX 64

static void set_failing(const char *numbers)
{
    static struct sock_filter code[2 * FAILING_MAX + 2];
    size_t count = 0;
    code[count++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (const char *at = numbers; *at && count < 2 * FAILING_MAX; at += *at == ',') {
        char *end;
        code[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                     (unsigned)strtoul(at, &end, 10), 0, 1);
        code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
        at = end;
    }
    code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    set_code(code, count);
}

static void set_later(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ENDED_FOR(SYS_mremap),
        ENDED_FOR(SYS_prlimit64),
        ENDED_FOR(SYS_clock_gettime),
        ENDED_FOR(SYS_getrusage),
        ENDED_FOR(SYS_process_vm_readv),
        ENDED_FOR(SYS_memfd_create),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    set_code(code, sizeof(code) / sizeof(*code));
}

static void set_mdwe(void)
{
    enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1 };
    if (prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
        exit(3);
}

static void set_headless(void)
{
    headless = true;
}

struct way {
    const char *name;
    void (*once)(void);
    int wrong;
};

static struct way ways[] = {
    {"fill", fill, 0},
    {"sleep", wait_asleep, 0},
    {"poll", wait_poll, 0},
    {"epoll", wait_epoll, 0},
    {"select", wait_select, 0},
    {"futex", wait_futex, 0},
    {"receive", wait_receive, 0},
    {"signal", wait_signal, 0},
    {"work", work, 0},
    {"begin", begin_thread, 0},
    {"take", take, 0},
    {"lend", lend, 0},
};

static void *run(void *argument)
{
    const struct way *way = argument;
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    if (headless) /* nobody else is there to take it */
        pthread_sigmask(SIG_UNBLOCK, &end, NULL);
    begun++;
    while (!ending) {
        const int before = wrong;
        way->once();
        calls++;
        if (wrong != before)
            fprintf(stderr, "wrong %s: %s\n", way->name, strerror(errno));
    }
    return NULL;
}

/* What is no WAY of a thread, but of all. */
static bool set_whole(const char *name)
{
    static const struct {
        const char *name;
        void (*set)(void);
    } all[] = {{"filter", set_filter},
               {"tight", set_tight},
               {"mdwe", set_mdwe},
               {"headless", set_headless}};
    if (strncmp(name, "fail=", 5) == 0) {
        failing = name + 5;
        return true;
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if (strcmp(name, all[i].name) == 0) {
            all[i].set();
            return true;
        }
    }
    return false;
}

static struct way *find(const char *name)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    fprintf(stderr, "no way: %s\n", name);
    exit(2);
}

static void take_signal(int signal)
{
    if (signal == SIGUSR1)
        filtered = 1;
    else if (headless)
        _exit(0);
    else
        told = 1;
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    sigset_t all, before;
    while (argc > 1 && set_whole(argv[1])) {
        argc--;
        argv++;
    }
    sigfillset(&all);
    signal(SIGTERM, take_signal);
    signal(SIGUSR1, take_signal);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 1; i < argc && i < 64; i++)
        pthread_create(&threads[i], NULL, run, find(argv[i]));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (begun < argc - 1)
        usleep(1000);
    puts("ready");
    fflush(stdout);
    if (headless)
        pthread_exit(NULL);
    while (!told) {
        target_end(target_create());
        poll(NULL, 0, 50);
        if (filtered == 1) {
            failing ? set_failing(failing) : set_later();
            filtered = 2;
            puts("filtered");
            fflush(stdout);
        }
    }
    ending = true;
    for (int i = 1; i < argc && i < 64; i++)
        pthread_join(threads[i], NULL);
    printf("wrong %d\ncalls %lu\n", wrong, calls);
    return wrong != 0;
}
/* SPDX-License-Identifier: MIT */
