/*
 * names.h - what the formats say alike: frames, and which finding an allocation belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_EXPORT_NAMES_H
#define ANALYZER_EXPORT_NAMES_H

struct analysis;
struct finding;
struct pool_profile;
struct symbol_frame;

/* The function, or "module+0xoffset" without one, escaped. The caller owns it. */
char *export_frame(const struct symbol_frame *frame);

/* The worst finding that each sample of PROFILE belongs to, by index; NULL: none. The caller frees
 * the array; findings are ANALYSIS's. */
const struct finding **export_findings(const struct analysis *analysis,
                                       const struct pool_profile *profile);

#endif
