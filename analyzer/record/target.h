/*
 * target.h - what can be known of a program before it runs: whether it can be recorded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_TARGET_H
#define ANALYZER_RECORD_TARGET_H

/* Why the loader will not preload the recorder into PROGRAM (as execvp() finds it), in words; NULL
 * when nothing speaks against it. Static. */
const char *record_target_obstacle(const char *program);

/* The library that must come first of all in PROGRAM, before the recorder, as it takes the place of
 * the C library's functions: AddressSanitizer's, by the name that PROGRAM needs it by. NULL: it
 * needs none. The caller owns it. */
char *record_target_first_library(const char *program);

#endif
