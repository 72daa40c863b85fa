/*
 * mapped.h - tells the recorder what is mapped into its process, where it looks for pools in all of
 * that: from outside, where /proc is at hand, and tells which pages were never touched.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_MAPPED_H
#define ANALYZER_ATTACH_MAPPED_H

#include "analyzer/attach/recorder.h"

/* With all threads stopped; nothing where RECORDER does not ask for it. False: there is more than
 * has room in CALLER's memory, or it cannot be read, and it is told nothing. */
bool mapped_tell(const struct recorder *recorder, const struct caller *caller);

#endif
