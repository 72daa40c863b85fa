/*
 * host_beside SECONDS [filter] - begins units of work for so long while other threads map, unmap,
 * allocate, and make and destroy pools; one pool is lost. "filter": under a filter of system calls
 * that kills who opens a file or reads a process's memory. Ends with status 7.
 */
#include "pool.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#define MAPPED (4u << 20) /* bytes */
#define KEPT   64

#define KILL_AT(number)                                                                            \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static void forbid(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        KILL_AT(SYS_open),
        KILL_AT(SYS_openat),
        KILL_AT(SYS_process_vm_readv),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        exit(77);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool ends;
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

POOL_ENTRY pool *make_named(pool *parent, const char *name)
{
    pthread_mutex_lock(&lock);
    pool *made = make_sub_pool(parent);
    pr_pool_tag(made, name);
    palloc(made, 40);
    pthread_mutex_unlock(&lock);
    return made;
}

static void end(pool *pool)
{
    pthread_mutex_lock(&lock);
    destroy_pool(pool);
    pthread_mutex_unlock(&lock);
}

/* Pools that only memory refers to which comes and goes, and which is moved meanwhile. */
static void *move_pools(void *unused)
{
    pool **kept = NULL;
    while (!ends) {
        pool **next =
            mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (next == MAP_FAILED)
            exit(1);
        for (unsigned i = 0; i < KEPT; i++)
            next[i] = kept ? kept[i] : make_named(permanent_pool, "moved");
        end(next[0]);
        next[0] = make_named(permanent_pool, "moved");
        if (kept)
            munmap(kept, MAPPED);
        kept = next;
    }
    return unused;
}

static void *make_pools(void *unused)
{
    while (!ends) {
        pool *made = make_named(permanent_pool, "made");
        void *block = malloc(300000);
        memset(block, 0, 300000);
        end(make_named(made, "below"));
        free(block);
        end(made);
    }
    return unused;
}

/* What the stack has of it is overwritten. */
POOL_ENTRY void forget(void)
{
    volatile char room[16384];
    for (unsigned i = 0; i < sizeof(room); i++)
        room[i] = 0;
}

int main(int argc, char **argv)
{
    const time_t until = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
    pthread_t threads[2];
    init_pools();
    pr_event_generate("core.startup");
    if (argc > 2)
        forbid();
    make_named(permanent_pool, "lost");
    forget();
    if (pthread_create(&threads[0], NULL, move_pools, NULL) != 0 ||
        pthread_create(&threads[1], NULL, make_pools, NULL) != 0)
        return 1;
    while (time(NULL) < until) {
        pr_cmd_read();
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    ends = true;
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 7;
}
/* SPDX-License-Identifier: MIT */
