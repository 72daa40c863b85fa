/*
 * filter_code.h - a filter of system calls, as of seccomp(2), is asked what it does about one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_FILTER_CODE_H
#define PRELOAD_UTIL_FILTER_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;
struct seccomp_data;

/* Does the filter of COUNT instructions let the call that DATA tells of pass, or fail? Else it ends
 * who makes it, or asks somebody else. Async-signal-safe. */
bool filter_code_lets(const struct sock_filter *code, size_t count,
                      const struct seccomp_data *data);

/* Does it let that pass? */
bool filter_code_allows(const struct sock_filter *code, size_t count,
                        const struct seccomp_data *data);

#endif
