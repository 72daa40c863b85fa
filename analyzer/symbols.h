/*
 * symbols.h - code addresses to names: module!function, file:line, inlined frames (elfutils).
 *
 * Names come from .symtab, .dynsym and DWARF of the module's file, if its build id is the recorded
 * one. A name that is not known is never guessed: an address beyond a symbol's size has none.
 */
#ifndef LIFEGUARD_SYMBOLS_H
#define LIFEGUARD_SYMBOLS_H

#include "stacks.h"

#include <stdbool.h>
#include <stddef.h>

struct symbol_frame {
    const char *module;    /* basename of the file; NULL where not known */
    const char *path;      /* whole path of the module; NULL where not known */
    const char *function;  /* NULL where not known */
    const char *file;      /* source file as DWARF has it; NULL where not known */
    const char *build_dir; /* what FILE is relative to where it is; NULL where not known */
    unsigned line;         /* 0 where not known */
    uint64_t offset;       /* of the code in the module's file (not in the function) */
    bool inlined;          /* this call was inlined into the next frame */
};

struct symbols;

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

/* "PATH: WHY" for each module whose file could not be used, PATH escaped with escape_text(), in the
 * order in which they were first asked for; index from 0, NULL past the last. */
const char *symbols_complaint(const struct symbols *symbols, size_t index);

#endif
