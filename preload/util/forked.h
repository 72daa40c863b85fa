/*
 * forked.h - what the child of a fork() changes before it goes on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_FORKED_H
#define PRELOAD_UTIL_FORKED_H

/* For variables that are zero at first: with the others they fill less than a page, which the
 * kernel copies for the child; in .bss each would lie in another one. Large ones belong elsewhere.
 */
#define FORKED __attribute__((section(".data")))

#endif
