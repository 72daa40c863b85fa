/*
 * host_plugin PLUGIN - loads PLUGIN (see plugin.cc), lets it throw exceptions through pool
 * functions, unloads it, and loads it again: three times. Tells on stdout what it saw, and which
 * library unwinds for the plugin.
 */
#include "pool.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void report_loader(const char *what)
{
    const char *trouble = dlerror();
    printf("%s: %s\n", what, trouble ? trouble : "no error");
}

/* In a child that the recorder has not been told of. */
static void unload_in_clone(void *handle)
{
    int status = 0;
    fflush(stdout);
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0)
        _exit(dlclose(handle));
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        printf("a clone that unloads ended with %x\n", (unsigned)status);
}

static int visit(const char *plugin, int mode)
{
    void *handle = dlopen(plugin, mode);
    report_loader("dlopen");
    if (!handle)
        return 2;
    int (*throw_and_catch)(void) = (int (*)(void))dlsym(handle, "throw_and_catch");
    const char *(*unwinder)(void) = (const char *(*)(void))dlsym(handle, "unwinder");
    void (*make_pools)(void) = (void (*)(void))dlsym(handle, "make_pools");
    report_loader("dlsym");
    make_pools();
    printf("caught %d\n", throw_and_catch());
    printf("unwound by %s\n", unwinder());
    unload_in_clone(handle);
    printf("dlclose: %d\n", dlclose(handle));
    report_loader("dlclose");
    make_sub_pool(permanent_pool);
    printf("dlopen of nothing: %d\n", dlopen("/nowhere.so", RTLD_NOW) != NULL);
    report_loader("dlopen of nothing");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    init_pools();
    int status = visit(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (status == 0)
        status = visit(argv[1], RTLD_LAZY | RTLD_GLOBAL);
    if (status == 0)
        status = visit(argv[1], RTLD_LAZY | RTLD_LOCAL);
    return status;
}
/* SPDX-License-Identifier: MIT */
