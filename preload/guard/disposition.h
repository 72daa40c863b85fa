/*
 * disposition.h - signals that the recorder handles, and that the program handles as if it were
 * the only one to do so.
 *
 * What the program asks for by sigaction() and signal() is kept, and told when it asks what it has.
 * The kernel is told its mask and flags, so that these hold in the recorder's handler, too, which
 * calls the program's. What the program tells the kernel without the C library is not seen.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_DISPOSITION_H
#define PRELOAD_GUARD_DISPOSITION_H

#include <signal.h>
#include <stdbool.h>

#define DISPOSITIONS_MAX 8 /* signals */

/* HANDLER comes first from now on, also before one that did before. While nothing else of the
 * program runs. ALWAYS: also for a fault while the program ignores the signal, which programs that
 * it then starts do not. False: it cannot be. */
bool disposition_keep(int signal, void (*handler)(int, siginfo_t *, void *), bool always);

/* A filter is about to forbid what that takes: the kernel has what the program has from here on. */
void disposition_leave(void);

/* In the child of a fork, whose other threads are gone. */
void disposition_forked(void);

bool disposition_keeps(int signal);

/* Of a signal that is kept: has the program a handler for it; does it ignore it? */
bool disposition_is_handled(int signal);
bool disposition_ignores(int signal);

/* In HANDLER, last: what the program has for it. Where that is the default, the signal comes again
 * when this returns, and does what it does. Async-signal-safe. */
void disposition_pass_on(int signal, siginfo_t *info, void *context);

/* As sigaction(), of SIGNAL if it is kept, by the real one REAL else. */
typedef int disposition_action(int signal, const struct sigaction *action, struct sigaction *old);
int disposition_change(int signal, const struct sigaction *action, struct sigaction *old,
                       disposition_action *real);

#endif
