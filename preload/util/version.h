/*
 * version.h - the version of lifeguard, of the recorder and of the command. This is the one place
 * where it is changed; the Makefile reads it, too, and tests/e2e/record/package.sh says which files
 * tell of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_VERSION_H
#define PRELOAD_UTIL_VERSION_H

#define LIFEGUARD_MAJOR 0
#define LIFEGUARD_MINOR 9
#define LIFEGUARD_PATCH 0

/* As one number, for comparisons and for traces: 16 bits of major, 8 of minor, 8 of patch. */
#define LIFEGUARD_NUMBER (LIFEGUARD_MAJOR << 16 | LIFEGUARD_MINOR << 8 | LIFEGUARD_PATCH)

#define LIFEGUARD_TEXT(number)   LIFEGUARD_QUOTED(number)
#define LIFEGUARD_QUOTED(number) #number
#define LIFEGUARD_VERSION                                                                          \
    LIFEGUARD_TEXT(LIFEGUARD_MAJOR)                                                                \
    "." LIFEGUARD_TEXT(LIFEGUARD_MINOR) "." LIFEGUARD_TEXT(LIFEGUARD_PATCH)

#endif
