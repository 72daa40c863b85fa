/*
 * host_reload PLUGIN... - loads each PLUGIN, calls its run(), which returns its own address, and
 * unloads it, one after the other. Prints these addresses.
 */
#include "pool.h"

#include <dlfcn.h>
#include <stdio.h>

KEEP_FRAME int main(int argc, char **argv)
{
    init_pools();
    for (int i = 1; i < argc; i++) {
        void *handle = dlopen(argv[i], RTLD_NOW);
        if (!handle)
            return 1;
        void *(*run)(pool *) = (void *(*)(pool *))dlsym(handle, "run");
        printf("%p\n", run(make_sub_pool(permanent_pool)));
        dlclose(handle);
    }
    return 0;
}
/* SPDX-License-Identifier: MIT */
