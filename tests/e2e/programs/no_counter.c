/*
 * no_counter - uses pools where the time stamp counter may not be read any more.
 *
 *   no_counter strict | prctl
 *
 * strict: in the child of a fork, which takes the strict filter of system calls. prctl: by
 * PR_SET_TSC, with a child forked then; later it may be read again. Tells how the child ended.
 */
#include "pools.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void use_pools(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        pool *made = make_sub_pool(permanent_pool);
        palloc(made, 40);
        destroy_pool(made);
    }
}

static void await(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    printf("%d\n", status);
}

static void go_strict(void)
{
    const pid_t child = fork();
    if (child == 0) {
        use_pools(10);
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
        use_pools(1000);
        syscall(SYS_exit, 0);
    }
    await(child);
}

static void leave_counter(void)
{
    if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0)
        exit(2);
    use_pools(1000);
    const pid_t child = fork();
    if (child == 0) {
        use_pools(1000);
        _exit(0);
    }
    await(child);
    prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
}

int main(int argc, char **argv)
{
    permanent_pool = make_sub_pool(NULL);
    if (argc != 2)
        return 2;
    (strcmp(argv[1], "strict") == 0 ? go_strict : leave_counter)();
    use_pools(1000);
    return 0;
}
/* SPDX-License-Identifier: MIT */
