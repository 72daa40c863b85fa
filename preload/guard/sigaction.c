/*
 * sigaction.c - these take the place of the C library's for the program: what it does about a
 * signal that the recorder handles, too, is kept (disposition.h). All else goes to the C library's.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include "preload/code/next_function.h"
#include "preload/guard/disposition.h"

#include <stddef.h>

#define EXPORTED __attribute__((visibility("default")))

typedef void handler(int);
typedef handler *handler_setter(int number, handler *function);

handler_setter __sysv_signal;

/* Looked up before the program can be in a handler; by who comes earlier, then. */
static disposition_action *real_sigaction;
static handler_setter *real_signal, *real_sysv_signal;

__attribute__((constructor)) static void find_real(void)
{
    if (real_sigaction)
        return;
    real_signal = (handler_setter *)next_function("signal");
    real_sysv_signal = (handler_setter *)next_function("__sysv_signal");
    real_sigaction = (disposition_action *)next_function("sigaction");
}

EXPORTED int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    find_real();
    return disposition_change(number, action, old, real_sigaction);
}

static handler *set(int number, handler *function, int flags, bool blocks)
{
    struct sigaction action = {.sa_handler = function, .sa_flags = flags}, old;
    if (blocks) /* the first word has the signals up to 64 */
        action.sa_mask.__val[0] = 1ul << (number - 1);
    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

EXPORTED handler *signal(int number, handler *function)
{
    find_real();
    return disposition_keeps(number) ? set(number, function, SA_RESTART, true)
                                     : real_signal(number, function);
}

EXPORTED handler *__sysv_signal(int number, handler *function)
{
    find_real();
    return disposition_keeps(number)
               ? set(number, function, (int)(SA_RESETHAND | SA_NODEFER), false)
               : real_sysv_signal(number, function);
}
