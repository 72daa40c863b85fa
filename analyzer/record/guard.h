/*
 * guard.h - whatever ends this command, nothing that it started is left running.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_GUARD_H
#define ANALYZER_RECORD_GUARD_H

#include "analyzer/record/signal_relay.h"

/*
 * Runs BODY in a child process with signals held, BEFORE being the state to start others with, and
 * returns what BODY does: an exit status. Signals are handed on to the child. When one of the two
 * processes is killed the other one ends what is left; the child gets SIGTERM then.
 */
int record_guarded(int (*body)(void *context, const struct signal_state *before), void *context);

#endif
