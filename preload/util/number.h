/*
 * number.h - decimal numbers. strtoull() is another function for each version of the C standard:
 * what is built with a newer C library would ask for that on every system.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_NUMBER_H
#define PRELOAD_UTIL_NUMBER_H

#include <stdint.h>

/* The number that TEXT begins with, 0 where it begins with no digit, UINT64_MAX where it is larger;
 * *END is what follows it. */
static inline uint64_t number_read(const char *text, const char **end)
{
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        const uint64_t digit = (uint64_t)(*text - '0');
        number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
    }
    *end = text;
    return number;
}

#endif
