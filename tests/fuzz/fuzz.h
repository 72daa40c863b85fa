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

#define FUZZ_FILE "file" /* what is no trace, in fuzz_dir() */

/* A directory of this process alone, in memory, removed at exit. Ends the program on failure. */
const char *fuzz_dir(void);

/*
 * Makes the traces in fuzz_dir(), "1.trace", "2.trace" ..., those in INPUT, and no others: at most
 * MOST, of which the last one takes the rest. Their files are used again from run to run.
 */
void fuzz_write(const uint8_t *input, size_t size, unsigned most);

/*
 * From here on until the next call, a run that takes more than a second of the processor's time is
 * a crash: on a busy machine libFuzzer's own watch, which looks at the clock, finds what is none.
 */
void fuzz_watch_time(void);

/*
 * What takes long is done with some inputs, always the same ones. fuzz_is_one_of() tells whether an
 * input with that *HASH is among one in so MANY, and takes that out of *HASH.
 */
uint64_t fuzz_hash(const uint8_t *input, size_t size);
bool fuzz_is_one_of(unsigned many, uint64_t *hash);

#endif
