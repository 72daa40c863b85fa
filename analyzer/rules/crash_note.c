/* crash_note.c - which signal came, where, and what was done before it; see crash_note.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sigabbrev_np */

#include "analyzer/rules/crash_note.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void crash_note_free(struct crash_note *note)
{
    for (size_t i = 0; note && i < note->event_count; i++)
        free(note->events[i].path);
    free(note);
}

const char *signal_text(int signal, char text[SIGNAL_TEXT])
{
    const char *name = sigabbrev_np(signal);
    if (name)
        snprintf(text, SIGNAL_TEXT, "SIG%s", name);
    else
        snprintf(text, SIGNAL_TEXT, "signal %d", signal);
    return text;
}

bool signal_is_crash(int signal)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL,  SIGFPE, SIGABRT,
                                  SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ};
    for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++) {
        if (crashes[i] == signal)
            return true;
    }
    return false;
}

const char *crash_register_name(unsigned number)
{
    static const char *const names[TRACE_REGISTERS] = {"r8",  "r9",  "r10", "r11", "r12", "r13",
                                                       "r14", "r15", "rdi", "rsi", "rbp", "rbx",
                                                       "rdx", "rax", "rcx", "rsp", "rip", "eflags"};
    return names[number];
}
