/* stepped.h - the processor's trap flag: a signal, SIGTRAP, after each single instruction. */
/* SPDX-License-Identifier: MIT */
#ifndef LIFEGUARD_STEPPED_H
#define LIFEGUARD_STEPPED_H

/* Runs FUNCTION with the flag set. The code ends at run_stepped_end. */
void run_stepped(void (*function)(void));
extern const char run_stepped_end[];

/* Sets the flag and leaves it set. In a signal handler: the return from it clears it again. */
void begin_stepping(void);

#endif
