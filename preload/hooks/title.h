/*
 * title.h - the process's title: what a program that serves clients writes over its arguments for
 * ps(1), such as who it serves.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_TITLE_H
#define PRELOAD_HOOKS_TITLE_H

#include "preload/trace/stream.h"

/* Before main: ARGV is what it will get, whose place the title takes. */
void title_setup(int argc, char **argv);

/* The same for a program that runs, whose arguments were at PLACE, of SIZE bytes: it may have
 * written a title there. */
void title_take(const char *place, size_t size);

/* A unit of work begins: writes the title to STREAM where it is a new one. What a title tells after
 * its second ": " is what the client asks for just now, and is left out. Async-signal-safe. */
void title_note(struct stream *stream);

#endif
