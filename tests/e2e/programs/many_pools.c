/*
 * many_pools - forks children of a process with many pools.
 *
 *   many_pools count POOLS
 *   many_pools (jail | filter | unseen) DIR
 *
 * count: nine children, each of which makes and keeps three pools, one of which nothing refers to,
 * and ends. Tells page faults, medians, of a child until fork() has returned in it, and until its
 * end.
 *
 * jail, filter: maps more than can be tried page by page after it was started, forks a child, which
 * keeps a pool and goes into the empty directory DIR, or sets a filter that kills for openat().
 *
 * unseen: the same with nothing mapped, and a filter that the C library is not asked for.
 */
#include "pools.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CHILDREN 9
#define LARGE    (UINT64_C(192) << 20) /* bytes */

static pool *volatile kept;
static volatile long *first_faults;

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static __attribute__((noinline)) void lose_pool(void)
{
    palloc(make_sub_pool(permanent_pool), 40);
}

static void live(void)
{
    *first_faults = faults();
    kept = make_sub_pool(permanent_pool);
    palloc(make_sub_pool(kept), 100);
    lose_pool();
    memset(__builtin_alloca(4096), 1, 4096); /* where its address was left */
    _exit(0);
}

static int by_size(const void *left, const void *right)
{
    const long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

static int count(unsigned long pools)
{
    long at_first[CHILDREN], in_all[CHILDREN];
    struct rusage used;
    int status;
    for (unsigned long i = 0; i < pools; i++)
        palloc(make_sub_pool(permanent_pool), 24);
    for (unsigned i = 0; i < CHILDREN; i++) {
        const pid_t child = fork();
        if (child == 0)
            live();
        if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0)
            return 1;
        at_first[i] = *first_faults;
        in_all[i] = used.ru_minflt;
    }
    qsort(at_first, CHILDREN, sizeof(long), by_size);
    qsort(in_all, CHILDREN, sizeof(long), by_size);
    printf("%ld %ld\n", at_first[CHILDREN / 2], in_all[CHILDREN / 2]);
    return 0;
}

static long call_kernel(long number, long a, long b, const void *c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

static long set_filter(bool unseen)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return unseen ? call_kernel(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter)
                  : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

static int lock_up(const char *how, const char *dir)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    int status;
    const bool unseen = strcmp(how, "unseen") == 0;
    if (!unseen && mmap(NULL, LARGE, PROT_READ, flags, -1, 0) == MAP_FAILED)
        return 1;
    const pid_t child = fork();
    if (child == 0) {
        kept = make_sub_pool(permanent_pool);
        if (strcmp(how, "jail") == 0 ? chroot(dir) : set_filter(unseen))
            _exit(1);
        if (!unseen) /* whoever may still hold it is looked for in files */
            lose_pool();
        memset(__builtin_alloca(4096), 1, 4096);
        _exit(0);
    }
    return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    first_faults =
        mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    permanent_pool = make_sub_pool(NULL);
    if (strcmp(argv[1], "count") == 0)
        return count(strtoul(argv[2], NULL, 10));
    return lock_up(argv[1], argv[2]);
}
/* SPDX-License-Identifier: MIT */
