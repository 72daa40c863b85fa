/*
 * announce.h - the one line that the recorder says, as the program starts: that it records, or why
 * not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_ANNOUNCE_H
#define PRELOAD_UTIL_ANNOUNCE_H

/*
 * Writes "lifeguard: ", the COUNT texts of WORDS and a newline to descriptor 2, where somebody
 * reads that: it is a terminal, a pipe, or the journal's socket. Nothing where LIFEGUARD_QUIET is
 * 1, as under `lifeguard record`, or where it would have to wait. errno stays. Before main.
 */
void announce(const char *const *words, unsigned count);

#endif
