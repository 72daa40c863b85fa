/* memory.c - see memory.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void memory_exhausted(void)
{
    fputs("lifeguard: out of memory\n", stderr);
    exit(2);
}

static void *checked(void *memory)
{
    if (memory == NULL)
        memory_exhausted();
    return memory;
}

/* A size of 0 may give NULL, which would look like exhaustion. */
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *xmalloc(size_t size)
{
    return checked(malloc(at_least_one(size)));
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(at_least_one(count), at_least_one(size)));
}

void *xrealloc(void *old, size_t size)
{
    return checked(realloc(old, at_least_one(size)));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    return checked(reallocarray(old, at_least_one(count), at_least_one(size)));
}

char *xstrdup(const char *text)
{
    return checked(strdup(text));
}

char *xstrndup(const char *text, size_t length)
{
    return checked(strndup(text, length));
}

char *xvasprintf(const char *format, va_list arguments)
{
    char *text;
    if (vasprintf(&text, format, arguments) < 0)
        memory_exhausted();
    return text;
}

char *xasprintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = xvasprintf(format, arguments);
    va_end(arguments);
    return text;
}
