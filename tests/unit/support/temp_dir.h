/* temp_dir.h - a directory for a test's traces. */
/* SPDX-License-Identifier: MIT */
#ifndef LIFEGUARD_TEMP_DIR_H
#define LIFEGUARD_TEMP_DIR_H

#include <stddef.h>

/* A fresh directory under the system's temporary one, and its end with all files in it. */
char *temporary_directory(void);
void remove_directory(char *dir);
void write_trace_file(const char *path, const void *bytes, size_t length);

#endif
