/*
 * host_seccomp - uses pools under a filter of system calls that kills who opens a file, loses one
 * pool, keeps the only pointer to another one in memory that it has mapped since, and ends with
 * status 7.
 */
#include "pool.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define MAPPED (1u << 20) /* bytes */

#define KILL_AT(number)                                                                            \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static void forbid_to_open(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        KILL_AT(SYS_open),
        KILL_AT(SYS_openat),
        KILL_AT(SYS_openat2),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        exit(77);
}

static volatile unsigned events, commands;

/* For the recorder: the marks of the description. */
POOL_ENTRY void pr_event_generate(const char *event)
{
    events += (unsigned char)*event;
}

POOL_ENTRY void pr_cmd_read(void)
{
    commands += events;
}

static pool *make_named(const char *name)
{
    pool *made = make_sub_pool(permanent_pool);
    pr_pool_tag(made, name);
    return palloc(made, 40) ? made : NULL;
}

POOL_ENTRY void work(pool **kept)
{
    for (unsigned i = 0; i < 3; i++) {
        pr_cmd_read();
        destroy_pool(make_named("command"));
    }
    *kept = make_named("kept");
    make_named("lost");
    pr_cmd_read();
}

/* What the stack has of it is overwritten. */
POOL_ENTRY void forget(void)
{
    volatile char room[4096];
    for (unsigned i = 0; i < sizeof(room); i++)
        room[i] = 0;
}

int main(void)
{
    init_pools();
    pr_event_generate("core.startup");
    forbid_to_open();
    pool **kept = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (kept == MAP_FAILED)
        return 1;
    work(kept);
    forget();
    pr_event_generate("core.shutdown");
    return 7;
}
/* SPDX-License-Identifier: MIT */
