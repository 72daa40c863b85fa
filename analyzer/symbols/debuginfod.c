/* debuginfod.c - debug files from servers (elfutils' libdebuginfod); see debuginfod.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/debuginfod.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t unanswered; /* files that were asked for */
static int trouble;       /* errno of the last of these */

/* As elfutils itself does: the library, and libcurl with it, is loaded only when it is used. */
struct client_library {
    void *(*begin)(void);
    int (*find_debuginfo)(void *client, const unsigned char *build_id, int length, char **path);
    void (*end)(void *client);
};

static bool load(struct client_library *library)
{
    void *handle = dlopen("libdebuginfod.so.1", RTLD_NOW);
    if (!handle)
        return false;
    *(void **)&library->begin = dlsym(handle, "debuginfod_begin");
    *(void **)&library->find_debuginfo = dlsym(handle, "debuginfod_find_debuginfo");
    *(void **)&library->end = dlsym(handle, "debuginfod_end");
    return library->begin && library->find_debuginfo && library->end;
}

const char *debuginfod_missing(void)
{
    struct client_library library;
    const char *urls = getenv("DEBUGINFOD_URLS");
    if (!urls || !*urls)
        return "DEBUGINFOD_URLS names no server";
    return load(&library) ? NULL : "libdebuginfod.so.1 cannot be loaded";
}

bool debuginfod_open(struct elf_file *file, const uint8_t *build_id, size_t length)
{
    struct client_library library;
    void *client = load(&library) ? library.begin() : NULL;
    if (!client)
        return false;
    int fd = library.find_debuginfo(client, build_id, (int)length, NULL);
    library.end(client);
    if (fd < 0 && fd != -ENOENT) { /* it is not that they have no such file */
        unanswered++;
        trouble = -fd;
    }
    return fd >= 0 && elf_file_open_fd(file, fd) == NULL;
}

size_t debuginfod_unanswered(const char **why)
{
    *why = strerror(trouble);
    return unanswered;
}
