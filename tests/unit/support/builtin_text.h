/* builtin_text.h - the description of ProFTPD, as a text to read and to damage. */
/* SPDX-License-Identifier: MIT */
#ifndef LIFEGUARD_BUILTIN_TEXT_H
#define LIFEGUARD_BUILTIN_TEXT_H

#include "preload/api/builtin.h"
#include "preload/api/slice.h"

static inline struct slice builtin_text(void)
{
    const struct builtin_api *builtin = builtin_api(0);
    return (struct slice){builtin->text, (size_t)(builtin->end - builtin->text)};
}

#endif
