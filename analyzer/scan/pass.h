/* pass.h - one walk and marking of a process or core file. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_SCAN_PASS_H
#define ANALYZER_SCAN_PASS_H

#include "analyzer/scan/systems.h"
#include "preload/walk/mark.h"

struct scan_pass {
    struct walk walk;
    struct walk_verdict verdict;
    unsigned roots_found, roots_missing;
    bool free_known; /* the free blocks were found */
    uint64_t took_ns;
    void *room; /* the walk's */
    size_t room_size;
};

/* Ended with scan_pass_end(). */
void scan_pass_run(struct scan_pass *pass, struct scan_target *target,
                   const struct scan_system *system);
void scan_pass_end(struct scan_pass *pass);

#endif
