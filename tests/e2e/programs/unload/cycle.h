/* cycle.h - a plugin is loaded, used and unloaded. */
#ifndef TESTS_E2E_PROGRAMS_UNLOAD_CYCLE_H
#define TESTS_E2E_PROGRAMS_UNLOAD_CYCLE_H

#include <dlfcn.h>
#include <stdio.h>

static int cycle(const char *plugin, void (*callback)(void))
{
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        puts(dlerror());
        return 1;
    }
    void (*run)(void (*)(void)) = (void (*)(void (*)(void)))dlsym(handle, "plugin_run");
    run(callback);
    return dlclose(handle);
}

#endif
/* SPDX-License-Identifier: MIT */
