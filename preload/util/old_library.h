/*
 * old_library.h - C libraries older than 2.34, under which nothing is recorded, but programs run.
 *
 * The loader ends a program before it starts where a library that is loaded with it asks for a
 * version of the C library's that is not there. So the recorder asks for early ones alone. What an
 * older C library has elsewhere, in libdl and libpthread, is NULL where those are not loaded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_OLD_LIBRARY_H
#define PRELOAD_UTIL_OLD_LIBRARY_H

#include <dlfcn.h>

/* NAME, a function that is declared, is that of VERSION; NULL where there is none. */
#define OF_VERSION(name, version)                                                                  \
    __asm__(".symver " #name "," #name "@" version);                                               \
    extern __typeof__(name) name __attribute__((weak))

OF_VERSION(dlopen, "GLIBC_2.2.5");
OF_VERSION(dlsym, "GLIBC_2.2.5");
OF_VERSION(dlvsym, "GLIBC_2.2.5");

/* The version of the C library, which is too old; NULL: it is not. */
const char *old_library(void);

#endif
