/*
 * total.h - what a recording's traces have taken of the limit that they have together, see
 * struct trace_total.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_TOTAL_H
#define ANALYZER_KEEP_TOTAL_H

#include <stdint.h>

/* BEFORE bytes of the traces in the directory DIR take only AFTER bytes now. Nothing where they
 * have no limit. */
void total_give_back(int dir, uint64_t before, uint64_t after);

/* How often one of them got no more room. */
uint64_t total_refused(int dir);

#endif
