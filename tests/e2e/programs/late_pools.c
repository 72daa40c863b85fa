/* late_pools.c - has no pools of its own, and uses those of the LIBRARY that it loads. */
#include <dlfcn.h>
#include <stddef.h>

int main(int argc, char **argv)
{
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!library)
        return 1;
    void *(*make)(void *) = (void *(*)(void *))dlsym(library, "make_sub_pool");
    void *(*take)(void *, size_t) = (void *(*)(void *, size_t))dlsym(library, "palloc");
    void *used = make(NULL);
    for (unsigned i = 0; i < 100; i++)
        take(used, 8);
    return 0;
}
/* SPDX-License-Identifier: MIT */
