/*
 * symbols_bench.h - a module compiled for one test of analyzer/symbols/symbols.h, in a directory of
 * its own.
 *
 * Everything here fails the running Criterion test where something does not work.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_SYMBOLS_BENCH_H
#define LIFEGUARD_SYMBOLS_BENCH_H

#include "analyzer/symbols/symbols.h"

/*
 * A program with a static function, an exported one with two inlined calls and two aliases, and one
 * that ends in a call. It prints its own return addresses, so what is expected comes from the
 * running program and not from a second reading of the same tables.
 */
extern const char fixture[];

/* A directory of this test, and one module there. */
struct bench {
    char directory[64];
    char path[96];
    struct stacks *stacks;
    struct symbols *symbols;
    uint32_t module;
};

/* Runs a shell command; true when it succeeded. */
__attribute__((format(printf, 1, 2))) bool run(const char *format, ...);

void open_bench(struct bench *bench);
void close_bench(struct bench *bench);

/* Names the module by its path, as a recording with BUILD_ID would. */
void use_module(struct bench *bench, const uint8_t *build_id, unsigned length);

void write_file(const char *path, const void *bytes, size_t length);

/* Compiles SOURCE into bench->path; skips the test where there is no such compiler. */
void compile(struct bench *bench, const char *compiler, const char *flags, const char *source);

size_t resolve(struct bench *bench, uint64_t offset, bool return_address,
               const struct symbol_frame **frames);

/* Name of the physical function, NULL where not known. */
const char *name_at(struct bench *bench, uint64_t offset, bool return_address);

/* The return address, as in the file, that PROGRAM prints for WHAT. */
uint64_t reported(const char *program, const char *what);

/* Equal strings, or both NULL. */
bool same(const char *name, const char *expected);

#endif
