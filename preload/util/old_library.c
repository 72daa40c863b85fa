/* old_library.c - C libraries under which nothing is recorded; see old_library.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/old_library.h"

#include <gnu/libc-version.h>
#include <stddef.h>

#define MAJOR 2
#define MINOR 34

static unsigned read_number(const char **text)
{
    unsigned number = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        number = number * 10 + (unsigned)(**text - '0');
    return number;
}

const char *old_library(void)
{
    const char *version = gnu_get_libc_version(), *at = version;
    const unsigned major = read_number(&at);
    at += *at == '.';
    return major > MAJOR || (major == MAJOR && read_number(&at) >= MINOR) ? NULL : version;
}
