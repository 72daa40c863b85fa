/*
 * nameless.h - a warning where functions have no names: of which modules, and why.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_NAMELESS_H
#define ANALYZER_SYMBOLS_NAMELESS_H

struct symbols;

/* Prints on stderr, for COMMAND, the modules of SYMBOLS that names were wanted of in vain. */
void warn_nameless(const char *command, const struct symbols *symbols);

/* The same of servers that did not answer when debug files were wanted of them (--debuginfod). */
void warn_unanswered(const char *command);

#endif
