/* demangle.c - C++ names as the source has them; see demangle.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/demangle.h"

#include "analyzer/util/memory.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LONGEST_SYMBOL 1024
#define LONGEST_NAME   4096

/* With a pack ("Dp") libiberty searches what it refers to ("S") without printing anything, and
 * each reference to a reference doubles that. */
#define MOST_REFERENCES_OF_PACKS 32

struct output {
    char text[LONGEST_NAME + 1];
    size_t length;
    jmp_buf full;
};

/* libiberty holds nothing on the heap while it calls this, and cannot be told to stop. */
static void append(const char *text, size_t length, void *data)
{
    struct output *output = data;
    if (length > LONGEST_NAME - output->length)
        longjmp(output->full, 1);
    memcpy(output->text + output->length, text, length);
    output->length += length;
}

static bool is_reasonable(const char *symbol)
{
    size_t references = 0;
    if (strncmp(symbol, "_Z", 2) != 0 || strnlen(symbol, LONGEST_SYMBOL + 1) > LONGEST_SYMBOL)
        return false;
    for (const char *at = symbol; (at = strchr(at, 'S')); at++)
        references++;
    return references <= MOST_REFERENCES_OF_PACKS || !strstr(symbol, "Dp");
}

char *demangle(const char *symbol)
{
    struct output output;
    output.length = 0;
    if (!is_reasonable(symbol) || setjmp(output.full) != 0 ||
        !cplus_demangle_v3_callback(symbol, DMGL_NO_OPTS, append, &output) || output.length == 0)
        return NULL;
    return xstrndup(output.text, output.length);
}
