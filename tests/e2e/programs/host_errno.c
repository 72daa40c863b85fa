/*
 * host_errno [CALLS] - calls pool functions, each with another errno, and tells on stdout which of
 * them changed it: the first ones and many, by many ways, in threads, handlers and children.
 */
#include "pool.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERRNO_MAX 133

static __thread unsigned calls, changes;
static pool *handler_pool;
static volatile sig_atomic_t handled;

/* What FUNCTION does when it has an errno of its own to keep. */
#define KEEPS_ERRNO(call)                                                                          \
    do {                                                                                           \
        int before = (int)(calls++ % ERRNO_MAX) + 1;                                               \
        errno = before;                                                                            \
        call;                                                                                      \
        if (errno != before && changes++ < 5)                                                      \
            printf("%s: errno was %d, is %d\n", #call, before, errno);                             \
    } while (0)

/* Blocks come from malloc(), which may set errno; a pool with room does without. */
static void warm_up(pool *from)
{
    pool *large[32];
    for (unsigned i = 0; i < 32; i++) {
        large[i] = make_sub_pool(from);
        palloc(large[i], 300);
    }
    for (unsigned i = 0; i < 32; i++)
        destroy_pool(large[i]);
}

static KEEP_FRAME void use_pools(pool *parent, unsigned way)
{
    pool *made = NULL;
    if (way > 1) {
        if (way % 2)
            use_pools(parent, way / 2);
        else
            use_pools(parent, way / 2);
        return;
    }
    KEEPS_ERRNO(made = make_sub_pool(parent));
    KEEPS_ERRNO(pr_pool_tag(made, "a pool"));
    KEEPS_ERRNO(palloc(made, 40));
    KEEPS_ERRNO(pcalloc(made, 24));
    KEEPS_ERRNO(push_array(make_array(made, 1, 8)));
    KEEPS_ERRNO(destroy_pool(made));
}

static void on_signal(int signal)
{
    int error = errno;
    (void)signal;
    use_pools(handler_pool, (unsigned)handled++);
    errno = error;
}

static void *run_thread(void *parent)
{
    use_pools(parent, 1);
    return (void *)(uintptr_t)changes;
}

static void try_thread(void)
{
    pthread_t thread;
    void *changed = NULL;
    if (pthread_create(&thread, NULL, run_thread, permanent_pool) != 0)
        exit(2);
    pthread_join(thread, &changed);
    changes += (unsigned)(uintptr_t)changed;
}

/* In a child: does a fork, or the first call after it, change errno? */
static void try_child(const char *how, bool raw)
{
    int status = 0;
    fflush(stdout);
    errno = ENOTTY;
    pid_t child = raw ? (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) : fork();
    if (errno != ENOTTY && changes++ < 5)
        printf("%s: errno is %d\n", how, errno);
    if (child == 0) {
        unsigned before = changes;
        use_pools(permanent_pool, 1);
        fflush(stdout);
        _exit(changes != before);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        changes++;
        printf("%s: the child ended with %x\n", how, (unsigned)status);
    }
}

int main(int argc, char **argv)
{
    long wanted = argc > 1 ? atol(argv[1]) : 100000;
    init_pools();
    warm_up(permanent_pool);
    handler_pool = make_sub_pool(NULL);
    use_pools(permanent_pool, 1);
    try_thread();
    try_child("fork", false);
    try_child("clone", true);
    /* A handler's blocks must not come from the free list that it interrupted. */
    signal(SIGALRM, on_signal);
    for (unsigned i = 0; i < 100; i++)
        raise(SIGALRM);
    for (unsigned way = 1; calls < wanted; way++)
        use_pools(permanent_pool, way);
    void *handle = dlopen("libm.so.6", RTLD_NOW);
    KEEPS_ERRNO(dlclose(handle));
    printf("errno was changed %u times\n", changes);
    return changes != 0;
}
/* SPDX-License-Identifier: MIT */
