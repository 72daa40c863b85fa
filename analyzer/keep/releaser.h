/*
 * releaser.h - a thread that looks at traces again and again, and gives back what it can. It does
 * not wait for who reads the recording, which may take long after a busy time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_RELEASER_H
#define ANALYZER_KEEP_RELEASER_H

#include "analyzer/keep/traces.h"

#include <stdint.h>

struct releaser;

/* Begins: a look at TRACES each DELAY_NS, or less often where they take long. What fails is told on
 * stderr, once. TRACES must outlive it. */
struct releaser *releaser_start(struct traces *traces, uint64_t delay_ns);

/* After a last look. False with *ERROR set: that failed with some traces, which are as they were.
 */
bool releaser_end(struct releaser *releaser, struct error *error);

#endif
