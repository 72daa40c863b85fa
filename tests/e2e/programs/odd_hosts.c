/*
 * odd_hosts.c - what programs do that is seldom seen, with pools: what they print and how they end
 * is to be the same with the recorder.
 *
 *   odd_hosts ifunc              calls pools by a function that the loader chose
 *   odd_hosts deepbind PLUGIN    loads PLUGIN before all others' symbols, and unloads it, many
 * times odd_hosts namespace PLUGIN   the same in a namespace of its own odd_hosts coroutine ends in
 * a coroutine, on a stack of 20 KB among other data odd_hosts pid N              forks N children,
 * one after the other, that have the same pid
 *
 * PLUGIN has int plugin_work(int), which returns three times what it is given.
 */
#include "pools.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define TIMES 20
#define PID   "499" /* that the kernel is told to have given last */

static void use_pools(unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        pool *made = make_sub_pool(permanent_pool);
        strcpy(palloc(made, 16), "used");
        destroy_pool(made);
    }
}

static void chosen(void)
{
    use_pools(TIMES);
}

__attribute__((used)) static void (*choose(void))(void)
{
    return chosen;
}

void by_loader(void) __attribute__((ifunc("choose")));

static int run_ifunc(void)
{
    for (unsigned i = 0; i < TIMES; i++)
        by_loader();
    return puts("called") < 0;
}

static int run_plugin(const char *plugin, bool in_namespace)
{
    int sum = 0;
    for (unsigned i = 0; i < TIMES; i++) {
        void *handle = in_namespace ? dlmopen(LM_ID_NEWLM, plugin, RTLD_NOW)
                                    : dlopen(plugin, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
        int (*work)(int) = handle ? (int (*)(int))dlsym(handle, "plugin_work") : NULL;
        if (!work)
            return 1;
        use_pools(1);
        sum += work((int)i);
        dlclose(handle);
        use_pools(1);
    }
    return printf("%d\n", sum) < 0;
}

static void end_there(void)
{
    use_pools(TIMES);
    puts("ends");
    exit(3);
}

static int run_coroutine(void)
{
    static char stack[20000];
    static ucontext_t first, coroutine;
    for (unsigned i = 0; i < TIMES; i++) /* nothing refers to it: it is looked for at the end */
        palloc(make_sub_pool(permanent_pool), 100);
    getcontext(&coroutine);
    coroutine.uc_stack.ss_sp = stack;
    coroutine.uc_stack.ss_size = sizeof(stack);
    makecontext(&coroutine, end_there, 0);
    return swapcontext(&first, &coroutine);
}

static int run_pid(int times)
{
    int same = 0, status;
    for (int i = 0; i < times; i++) {
        const int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
        if (last < 0 || write(last, PID, sizeof(PID) - 1) < 0 || close(last) != 0)
            return 77;
        const pid_t child = fork();
        if (child == 0) {
            use_pools(1);
            _exit(0);
        }
        same += child == atoi(PID) + 1 && waitpid(child, &status, 0) == child && status == 0;
        use_pools(1);
    }
    return printf("%d\n", same) < 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    permanent_pool = make_sub_pool(NULL);
    use_pools(TIMES);
    if (strcmp(what, "ifunc") == 0)
        return run_ifunc();
    if (strcmp(what, "coroutine") == 0)
        return run_coroutine();
    if (strcmp(what, "pid") == 0 && argc > 2)
        return run_pid(atoi(argv[2]));
    return argc > 2 ? run_plugin(argv[2], strcmp(what, "namespace") == 0) : 2;
}
/* SPDX-License-Identifier: MIT */
