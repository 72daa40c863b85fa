/* text.c - a text that is written into memory; see text.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/text.h"

#include "analyzer/util/memory.h"

FILE *text_open(struct text *text)
{
    text->out = open_memstream(&text->bytes, &text->length);
    if (!text->out)
        memory_exhausted();
    return text->out;
}

char *text_close(struct text *text)
{
    if (fclose(text->out) != 0)
        memory_exhausted();
    return text->bytes;
}
