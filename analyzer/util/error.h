/* error.h - what went wrong, in one printable line for a person: file and place first. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_UTIL_ERROR_H
#define ANALYZER_UTIL_ERROR_H

struct error {
    char text[512];
};

__attribute__((format(printf, 2, 3))) void error_set(struct error *error, const char *format, ...);

#endif
