/*
 * doubts_hooks.h - adds to the doubts: described functions that are not hooked, and events that do
 * not fit the others.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_DOUBTS_HOOKS_H
#define ANALYZER_GATE_DOUBTS_HOOKS_H

struct doubts;
struct recording;

void doubts_of_hooks(struct doubts *doubts, const struct recording *recording);

#endif
