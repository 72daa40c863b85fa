/*
 * package.h - which package of the distribution a program is of, as this host's package manager
 * knows it (dpkg, else rpm).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_PACKAGE_H
#define ANALYZER_SYMBOLS_PACKAGE_H

#include "analyzer/symbols/stacks.h"

#include <stdbool.h>

struct package {
    char *name, *version;
};

/* False: MODULE's file is not here, is another build by now, or is of no package. Else the caller
 * frees both strings. */
bool package_find(const struct code_module *module, struct package *package);

#endif
