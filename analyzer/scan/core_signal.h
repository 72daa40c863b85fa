/*
 * core_signal.h - the signal that a core file is of: of which process, and what was touched.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SCAN_CORE_SIGNAL_H
#define ANALYZER_SCAN_CORE_SIGNAL_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct core_signal {
    int32_t pid;
    int signal;
    bool has_address; /* it came of a fault: that of what was touched, or of the instruction */
    uint64_t address;
};

/* False with *ERROR set: FILE cannot be read, or tells no signal. What it tells is not checked. */
bool core_signal_read(const char *file, struct core_signal *to, struct error *error);

#endif
