/*
 * demangle.h - C++ names as the source has them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_DEMANGLE_H
#define ANALYZER_SYMBOLS_DEMANGLE_H

/*
 * "ns::Pool::make" for "_ZN2ns4Pool4makeEm": without the parameters. NULL where SYMBOL is no C++
 * name, or one that is long beyond use: short ones may stand for gigabytes. The caller owns it.
 */
char *demangle(const char *symbol);

#endif
