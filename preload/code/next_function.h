/*
 * next_function.h - the function that the program would call, were the recorder's own not before
 * it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_NEXT_FUNCTION_H
#define PRELOAD_CODE_NEXT_FUNCTION_H

/* NULL: there is none. Takes the loader's lock. */
void *next_function(const char *name);

#endif
