/*
 * top_target.h - which recording a process is written to.
 */
#ifndef LIFEGUARD_TOP_TARGET_H
#define LIFEGUARD_TOP_TARGET_H

#include "error.h"

/* The directory of the trace that process PID has mapped. NULL with *ERROR set when it has none, or
 * may not be asked. The caller owns it. */
char *top_target(long pid, struct error *error);

#endif
