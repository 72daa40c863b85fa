/* doubts_list.c - the doubts that are kept; see doubts_list.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/doubts_list.h"

#include "analyzer/util/memory.h"

#include <stdarg.h>
#include <stdlib.h>

void doubts_add(struct doubts *doubts, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = xvasprintf(format, arguments);
    va_end(arguments);
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
