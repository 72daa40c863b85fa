/* loading.h - whether the loader of this system takes the recorder at all. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RECORD_LOADING_H
#define ANALYZER_RECORD_LOADING_H

/* What the loader says where it is to preload LIBRARY into a program: a line, owned by the caller.
 * NULL: it does so and says nothing. */
char *loading_refusal(const char *library);

#endif
