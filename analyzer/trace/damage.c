/*
 * damage.c - what is wrong with a trace, kept for whoever asks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/trace/internal.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void trace_damaged(struct trace *trace, uint64_t offset, const char *format, ...)
{
    if (trace->damage)
        return;
    char what[128], text[192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    snprintf(text, sizeof(text), "at offset %" PRIu64 ": %s", offset, what);
    trace->damage = xstrdup(text);
}
