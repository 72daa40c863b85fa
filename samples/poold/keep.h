/*
 * keep.h - what commands put into session.pool, and who uses it when.
 */
#ifndef POOLD_KEEP_H
#define POOLD_KEEP_H

void keep_and_use_always(void);
void keep_and_use_at_the_end(void);

#endif
/* SPDX-License-Identifier: MIT */
