/* doubts_list.c - the doubts that are kept; see doubts_list.h. */
#define _GNU_SOURCE /* vasprintf */
#include "analyzer/gate/doubts_list.h"

#include "analyzer/util/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void doubts_add(struct doubts *doubts, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        memory_exhausted();
    if (doubts->count < DOUBTS_MAX)
        doubts->text[doubts->count++] = text;
    else
        free(text);
}

void doubts_free(struct doubts *doubts)
{
    for (size_t i = 0; i < doubts->count; i++)
        free(doubts->text[i]);
    doubts->count = 0;
}
