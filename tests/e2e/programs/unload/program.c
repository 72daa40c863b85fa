/*
 * program ROUNDS PLUGIN PLUGIN                    - two threads, each of which loads, uses and
 * unloads its plugin again and again program ROUNDS PLUGIN PLUGIN deepbind MANAGER   - the plugins
 * in turn, by a manager that is bound to the C library's dlclose() program ROUNDS PLUGIN PLUGIN
 * namespace MANAGER  - by one that has a C library of its own
 */
#include "../pools.h"
#include "cycle.h"

#include <pthread.h>
#include <string.h>

static int rounds;

static void use_pools(void)
{
    pool *made = make_sub_pool(NULL);
    palloc(made, 8);
    destroy_pool(made);
    __asm__ volatile(""); /* no tail call */
}

static void *run_thread(void *plugin)
{
    for (int i = 0; i < rounds; i++) {
        if (cycle(plugin, use_pools) != 0)
            exit(1);
    }
    return NULL;
}

static void run_threads(char **plugins)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_thread, plugins[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

static int run_manager(char **plugins, const char *how, const char *path)
{
    void *manager = strcmp(how, "namespace") == 0 ? dlmopen(LM_ID_NEWLM, path, RTLD_NOW)
                                                  : dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
    if (!manager) {
        puts(dlerror());
        return 1;
    }
    int (*run)(const char *, void (*)(void)) =
        (int (*)(const char *, void (*)(void)))dlsym(manager, "manager_cycle");
    for (int i = 0; i < 2 * rounds; i++) {
        if (run(plugins[i % 2], use_pools) != 0)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 6)
        return 2;
    rounds = atoi(argv[1]);
    permanent_pool = make_sub_pool(NULL);
    if (argc == 6)
        return run_manager(argv + 2, argv[4], argv[5]);
    run_threads(argv + 2);
    return 0;
}
/* SPDX-License-Identifier: MIT */
