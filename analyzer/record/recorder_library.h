/* recorder_library.h - where the recorder is, which the command preloads into programs. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RECORD_RECORDER_LIBRARY_H
#define ANALYZER_RECORD_RECORDER_LIBRARY_H

#include "analyzer/util/error.h"

/* Its absolute path, owned by the caller; NULL with *ERROR set: it is not there, or its path is one
 * that the loader preloads nothing from. */
char *recorder_library(struct error *error);

#endif
