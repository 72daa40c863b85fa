/*
 * sandbox.c - a filter of system calls that kills who makes another than is listed.
 *
 *   sandbox start allow|deny NUMBERS PROGRAM [ARG...]
 *       sets a filter, then becomes PROGRAM
 *   sandbox later NUMBERS prctl|syscall|libc-prctl|libc-syscall|fail THREAD|none
 *       uses pools, allows itself nothing else, by that function, looks at what was in a pool that
 * has ended, and uses more of them than there is room for in blocks that were claimed before; with
 * THREAD forks a child that uses pools, too. "fail": by prctl(), and other calls fail, and do not
 * kill
 *
 * NUMBERS are those of calls, separated by commas, to be allowed or denied.
 */
#define POOL_BLOCK_DATA 256

#include "pools.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define FILTER_MAX 1024

static struct sock_filter filter[FILTER_MAX];
static unsigned length;

static void add(struct sock_filter one)
{
    if (length == FILTER_MAX)
        exit(2);
    filter[length++] = one;
}

static void build(const char *numbers, unsigned listed, unsigned others)
{
    add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
    for (const char *at = numbers; *at; at += strcspn(at, ","), at += *at == ',') {
        add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)strtoul(at, NULL, 10),
                                         0, 1));
        add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed));
    }
    add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others));
}

/* As the C library has it, whoever stands in front of that: libraries that were loaded with
 * RTLD_DEEPBIND call it so. */
static void *function(const char *name, bool of_libc)
{
    return dlsym(of_libc ? dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD) : RTLD_DEFAULT, name);
}

static void set(const char *how)
{
    const struct sock_fprog program = {(unsigned short)length, filter};
    const bool of_libc = strncmp(how, "libc-", 5) == 0;
    int (*by_prctl)(int, ...) = (int (*)(int, ...))function("prctl", of_libc);
    long (*by_syscall)(long, ...) = (long (*)(long, ...))function("syscall", of_libc);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        exit(77);
    const long result = strstr(how, "syscall")
                            ? by_syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)
                            : by_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    if (result != 0)
        exit(77);
}

/* Each ROUND with a backtrace of its own, and pools, so that blocks of all kinds fill. */
static __attribute__((noinline)) void work(unsigned depth, unsigned round)
{
    if (depth > 0 && round & 1)
        work(depth - 1, round >> 1);
    else if (depth > 0)
        work(depth - 1, round >> 1);
    else {
        pool *made = make_sub_pool(permanent_pool);
        for (unsigned i = 0; i < 20; i++)
            palloc(made, 8);
        destroy_pool(made);
    }
    __asm__ volatile("" ::: "memory");
}

/* What is in a pool that is no more, and may be looked at all the same: nobody has its block. */
static const char *leave_dead(void)
{
    pool *made = make_sub_pool(permanent_pool);
    char *left = palloc(made, 64);
    memset(left, 'd', 64);
    destroy_pool(made);
    pool_free_blocks = NULL;
    return left;
}

static int later(char **arguments)
{
    permanent_pool = make_sub_pool(NULL);
    work(14, 1);
    const char *dead = leave_dead();
    const bool fails = strcmp(arguments[1], "fail") == 0;
    build(arguments[0], SECCOMP_RET_ALLOW,
          fails ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_KILL_PROCESS);
    set(arguments[1]);
    if (strcmp(arguments[2], "fork") == 0) {
        const pid_t child = fork();
        int status;
        if (child == 0) {
            work(14, 2);
            _exit(0);
        }
        if (waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    if (*(const volatile char *)dead != 'd')
        return 1;
    for (unsigned round = 0; round < 120000; round++)
        work(14, round);
    return write(1, "done\n", 5) != 5;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "later") == 0)
        return later(argv + 2);
    if (argc < 5 || strcmp(argv[1], "start") != 0)
        return 2;
    const bool allows = strcmp(argv[2], "allow") == 0;
    build(argv[3], allows ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS,
          allows ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ALLOW);
    set("prctl");
    execv(argv[4], argv + 4);
    return 127;
}
/* SPDX-License-Identifier: MIT */
