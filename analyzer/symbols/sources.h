/*
 * sources.h - where the files are that names are taken from, and which of them are the
 * recorded ones.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_SOURCES_H
#define ANALYZER_SYMBOLS_SOURCES_H

#include "analyzer/symbols/elf.h"
#include "analyzer/symbols/stacks.h"

#include <stdbool.h>
#include <stddef.h>

#define DEBUG_DIRS_MAX 16

struct symbol_sources {
    const char *sysroot; /* recorded paths are below it; NULL: they are as they are */
    const char *debug_dirs[DEBUG_DIRS_MAX]; /* looked into before /usr/lib/debug */
    size_t debug_dir_count;
    bool debuginfod; /* the servers in DEBUGINFOD_URLS are asked, too: debuginfod_open() */
};

/* What the names of a module are read from. */
struct module_files {
    struct elf_file file;  /* the module itself; not open: missing, or another build */
    struct elf_file debug; /* its separate debug file; not open: there is none */
    bool trusted_debug;    /* `debug` is from a directory of the system or the user's choice */
};

/*
 * Finds and opens the files of MODULE, which has an absolute path: only of the recorded build, as
 * far as the recording can tell. NULL, or why no file could be opened, as the end of the sentence
 * "PATH: ..."; owned by the caller.
 */
char *module_files_open(struct module_files *files, const struct symbol_sources *sources,
                        const struct code_module *module);
void module_files_close(struct module_files *files);

/* A build id as it is written: "3af0...", empty for none. The caller owns it. */
char *hex_text(const uint8_t *bytes, size_t length);

#endif
