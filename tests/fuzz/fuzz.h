/*
 * fuzz.h - what the fuzz targets share. An input is one or several traces one after the other, as
 * they are in their files; each starts at a multiple of TRACE_PAGE. A finding can so be cut into
 * files and given to the command.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_FUZZ_H
#define LIFEGUARD_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_TRACES_MAX 4 /* in one input */

#define FUZZ_DIR  "/fuzz" /* a directory that is nowhere but in fuzz_files.c */
#define FUZZ_FILE "file"  /* what is no trace, in there */

/* A file NAME in FUZZ_DIR, which has the SIZE bytes at BYTES: they stay the caller's, and are there
 * until the file is removed. */
void fuzz_file(const char *name, const uint8_t *bytes, size_t size);

/* There is no file any more; a crash where one is still open. */
void fuzz_files_remove(void);

/*
 * Makes the traces in FUZZ_DIR, "1.trace", "2.trace" ..., those in INPUT, and there is no other
 * file: at most MOST, of which the last one takes the rest.
 */
void fuzz_write(const uint8_t *input, size_t size, unsigned most);

/*
 * A run with an input of SIZE bytes. Between the two it may take time and memory for that size
 * (fuzz_budget.c). fuzz_end() returns 0, as who runs an input does.
 */
void fuzz_begin(size_t size);
int fuzz_end(void);

/*
 * What takes long is done with some inputs, always the same ones. fuzz_is_one_of() tells whether an
 * input with that *HASH is among one in so MANY, and takes that out of *HASH.
 */
uint64_t fuzz_hash(const uint8_t *input, size_t size);
bool fuzz_is_one_of(unsigned many, uint64_t *hash);

#endif
