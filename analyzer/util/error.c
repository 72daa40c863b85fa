/* error.c - what went wrong, in one printable line for a person; see error.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/error.h"

#include "analyzer/util/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names of files and what is in them may hold anything: a message must not move the cursor. */
void error_set(struct error *error, const char *format, ...)
{
    char raw[sizeof(error->text)];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    escape_text(raw, strlen(raw), error->text, sizeof(error->text));
}
