/*
 * dwarf.h - source positions and inlined calls of a code address, from DWARF 2 to 5.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_DWARF_H
#define ANALYZER_SYMBOLS_DWARF_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls inlined into each other beyond this number are left out. */
#define DEBUG_FRAMES_MAX 64

/* Strings live as long as the struct debug_info; any bytes but NUL. */
struct debug_frame {
    const char *function;  /* NULL where not known */
    const char *symbol;    /* the linker's name, where it is another one; else NULL */
    const char *file;      /* NULL where not known */
    const char *build_dir; /* what FILE is relative to where it is; NULL where not known */
    unsigned line;         /* 0 where not known */
};

struct debug_info;

/*
 * Reads the DWARF of ELF, which must stay open as long; NULL where it has none. An ELF that is not
 * TRUSTED, a debug file of the system or the user's, may not refer to a supplementary file: it
 * could name any path, and would be opened. Ends the program when memory is out.
 */
struct debug_info *debug_info_new(Elf *elf, bool trusted);
void debug_info_free(struct debug_info *info);

/*
 * The function that holds ADDRESS is the last of FRAMES; before it come the calls inlined there,
 * innermost first. Returns how many; 0 where nothing is known.
 */
size_t debug_info_frames(struct debug_info *info, uint64_t address,
                         struct debug_frame frames[DEBUG_FRAMES_MAX]);

#endif
