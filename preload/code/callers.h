/*
 * callers.h - which functions of an image call a certain one, found by looking through all of its
 * code. For use before the code is patched.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_CALLERS_H
#define PRELOAD_CODE_CALLERS_H

#include "preload/code/image.h"

/*
 * The functions of IMAGE, MAX at most, whose code calls or jumps to TARGET. Returns how many. What
 * is a part of a function that lies apart, such as code that seldom runs, is none; nor is what
 * nothing is seen to call or to hold the address of.
 */
unsigned image_callers(const struct image *image, uint64_t target, struct image_symbol *callers,
                       unsigned max);

/* The same whose code has ADDRESS, that of a variable, as an operand relative to the instruction.
 */
unsigned image_users(const struct image *image, uint64_t address, struct image_symbol *users,
                     unsigned max);

#endif
