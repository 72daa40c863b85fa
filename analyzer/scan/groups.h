/* groups.h - unreachable pools that are alike, told as one. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_SCAN_GROUPS_H
#define ANALYZER_SCAN_GROUPS_H

#include "analyzer/scan/result.h"

/* Sorts `unreachable` of SCAN and divides it into groups: those of one name below pools of the same
 * names. */
void scan_group_unreachable(struct scan *scan);

#endif
