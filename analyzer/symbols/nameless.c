/* nameless.c - a warning where functions have no names; see nameless.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/nameless.h"

#include "analyzer/symbols/debuginfod.h"
#include "analyzer/symbols/symbols.h"
#include "analyzer/util/error.h"

#include <stdio.h>

#define NAMELESS_PRINTED 8

void warn_unanswered(const char *command)
{
    const char *why;
    const size_t count = debuginfod_unanswered(&why);
    if (count)
        fprintf(stderr, "lifeguard %s: --debuginfod: no server answered for %zu file%s: %s\n",
                command, count, count == 1 ? "" : "s", why);
}

void warn_nameless(const char *command, const struct symbols *symbols)
{
    const struct nameless_module *nameless;
    size_t count = 0;
    for (; (nameless = symbols_nameless(symbols, count)); count++) {
        struct error error;
        error_set(&error, "%s: %s", nameless->module->path, nameless->why);
        if (count < NAMELESS_PRINTED)
            fprintf(stderr, "lifeguard %s: no names: %s\n", command, error.text);
    }
    if (count > NAMELESS_PRINTED)
        fprintf(stderr, "lifeguard %s: ... nor of %zu other modules\n", command,
                count - NAMELESS_PRINTED);
    warn_unanswered(command);
}
