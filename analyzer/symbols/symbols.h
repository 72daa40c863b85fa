/*
 * symbols.h - addresses to names: module!function, file:line, inlined frames (elfutils), and
 * module!variable+offset.
 *
 * Names come from .symtab, .dynsym and DWARF of the module's file and of its separate debug file,
 * if they are of the recorded build, or from what a stripped file carries packed (mini_debug.h). A
 * name that is not known is never guessed: an address beyond a symbol's size has none.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_SYMBOLS_H
#define ANALYZER_SYMBOLS_SYMBOLS_H

#include "analyzer/symbols/stacks.h"

#include <stdbool.h>
#include <stddef.h>

struct symbol_sources;

struct symbol_frame {
    const char *module;    /* basename of the file; NULL where not known */
    const char *path;      /* whole path of the module; NULL where not known */
    const char *function;  /* as the source has it, in C++ too; of a variable: its symbol, and
                              "+0xN" where it is N bytes behind that; NULL where not known */
    const char *symbol;    /* what the linker calls it, where that is another name; else NULL */
    const char *file;      /* source file as DWARF has it; NULL where not known */
    const char *build_dir; /* what FILE is relative to where it is; NULL where not known */
    unsigned line;         /* 0 where not known */
    uint64_t offset;       /* of the code in the module's file (not in the function) */
    bool inlined;          /* this call was inlined into the next frame */
    bool variable;         /* it is of a variable, not of code */
};

struct symbols;

/* What FRAME's function is known by, whatever its language: its symbol, or NULL. */
static inline const char *frame_symbol(const struct symbol_frame *frame)
{
    return frame->symbol != NULL ? frame->symbol : frame->function;
}

/* Where every struct symbols that is made from now on looks; what it refers to must stay. Without,
 * nowhere but in the recorded places and in /usr/lib/debug. */
void symbols_use(const struct symbol_sources *sources);

/* Resolves frames of STACKS, which must outlive it. Strings live as long as the struct symbols. */
struct symbols *symbols_new(const struct stacks *stacks);
void symbols_free(struct symbols *symbols);

/*
 * Resolves one physical frame into *FRAMES: one or more frames, innermost (inlined) first, valid as
 * long as SYMBOLS. RETURN_ADDRESS: the frame is a return address, so the call before it is named.
 * Returns how many, at least 1. Results are cached.
 */
size_t symbols_resolve(struct symbols *symbols, struct code_frame frame, bool return_address,
                       const struct symbol_frame **frames);

/* The function that the call before the return address FRAME calls, as a symbol of LENGTH bytes;
 * NULL where the code does not tell. Lives as long as the struct symbols. */
const char *symbols_callee(struct symbols *symbols, struct code_frame frame, size_t *length);

/* A module of which there are no names. */
struct nameless_module {
    const struct code_module *module;
    char *why; /* the end of the sentence "PATH: ..." */
};

/* Those that were asked for, in the order of the first time; index from 0, NULL past the last. */
const struct nameless_module *symbols_nameless(const struct symbols *symbols, size_t index);

#endif
