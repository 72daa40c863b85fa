/*
 * recorder_library.c - where the recorder is, which the command preloads into programs; see
 * recorder_library.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/record/recorder_library.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "liblifeguard.so"

/* Beside the command (as built), or where it is installed. */
char *recorder_library(struct error *error)
{
    static const char *const places[] = {"", "../lib/lifeguard/"};
    char self[PATH_MAX], path[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, sizeof(path), "%.*s/%s" LIBRARY, (int)(slash - self), self, places[i]);
        char *library = realpath(path, NULL);
        if (!library)
            continue;
        if (!strpbrk(library, " :"))
            return library;
        error_set(error, "%s: the loader preloads nothing with a space or colon in its path",
                  library);
        free(library);
        return NULL;
    }
    error_set(error, "%s is neither beside %s nor in ../lib/lifeguard", LIBRARY, self);
    return NULL;
}
