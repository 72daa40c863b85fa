/*
 * inflated.h - how much memory an ELF file's names and debug information take once they are read.
 * A recording may name any file: a small one can hold compressed sections without end, or be mostly
 * holes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_INFLATED_H
#define ANALYZER_SYMBOLS_INFLATED_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

#define INFLATED_MAX (UINT64_C(2) << 30) /* bytes, of all files of a run */

/* Adds what ELF's sections take to *BYTES. False, and nothing is added: the file cannot be an
 * honest one, or *BYTES would be more than INFLATED_MAX. Nothing is unpacked. */
bool inflated_allows(Elf *elf, uint64_t *bytes);

#endif
