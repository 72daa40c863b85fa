/* fuzz_input.c - an input as the traces of a recording (fuzz.h). */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "preload/trace/format.h"

#include <stdio.h>
#include <string.h>

/* Where the trace that starts at FROM ends: at the next page that starts as a trace does. */
static size_t trace_end(const uint8_t *input, size_t from, size_t size)
{
    size_t at = from + TRACE_PAGE;
    while (at + sizeof(TRACE_MAGIC) <= size && memcmp(input + at, TRACE_MAGIC, sizeof(TRACE_MAGIC)))
        at += TRACE_PAGE;
    return at + sizeof(TRACE_MAGIC) <= size ? at : size;
}

void fuzz_write(const uint8_t *input, size_t size, unsigned most)
{
    char name[16];
    unsigned number = 0;
    size_t at = 0;
    fuzz_files_remove();
    do {
        const size_t end = ++number < most ? trace_end(input, at, size) : size;
        snprintf(name, sizeof(name), "%u" TRACE_SUFFIX, number);
        fuzz_file(name, input + at, end - at);
        at = end;
    } while (at < size);
}

/* Threads of a run would cost more than the run. */
unsigned __wrap_threads_useful(void);
unsigned __wrap_threads_useful(void)
{
    return 1;
}
