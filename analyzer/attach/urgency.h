/*
 * urgency.h - this process runs before others for a moment: while threads of another one are
 * stopped, what keeps this one from a processor keeps them from theirs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_URGENCY_H
#define ANALYZER_ATTACH_URGENCY_H

#include <stdint.h>

/* struct sched_attr of the kernel (sched_setattr(2)), as its first version has it. Not every C
 * library declares it. */
struct urgency {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

/* As far as this process may; *BEFORE is for urgency_end(). */
void urgency_begin(struct urgency *before);

/* As before. */
void urgency_end(const struct urgency *before);

#endif
