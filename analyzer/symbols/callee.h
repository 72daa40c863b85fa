/*
 * callee.h - what a call instruction calls, by the code of its module's file. x86-64.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_CALLEE_H
#define ANALYZER_SYMBOLS_CALLEE_H

#include "analyzer/symbols/sources.h"

#include <stddef.h>
#include <stdint.h>

/* The calls of one module. */
struct callees;

/* Never NULL: of a module whose file is not to be had, nothing is known. */
struct callees *callees_open(const struct symbol_sources *sources,
                             const struct code_module *module);
void callees_free(struct callees *callees);

/* The name of the function that the call before RETURN_ADDRESS, an address of the file, calls: by a
 * direct call, through the PLT or the GOT. With its length in *LENGTH; NULL where that is not
 * known. Valid as long as CALLEES. */
const char *callees_name(const struct callees *callees, uint64_t return_address, size_t *length);

#endif
