/* builtin.h - the API descriptions that come with lifeguard. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_API_BUILTIN_H
#define PRELOAD_API_BUILTIN_H

#include <stddef.h>

struct builtin_api {
    const char *name;
    const char *text, *end;
};

/* The description number INDEX, from 0; NULL past the last. */
const struct builtin_api *builtin_api(size_t index);

#endif
