/*
 * result.h - the pools of one system in a process or core file, and what is wrong with them: those
 * that nothing refers to, and what refers to those that have ended.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SCAN_RESULT_H
#define ANALYZER_SCAN_RESULT_H

#include "analyzer/scan/systems.h"
#include "preload/walk/mark.h"

/* A reference to a free block. */
struct scan_dangler {
    uint64_t at, to;
    uint32_t pool;       /* that `at` lies in the data of; WALK_NONE: it is a variable */
    char *variable;      /* then: "IMAGE!NAME" or "IMAGE", owned */
    uint64_t offset;     /* of `at` in that variable or image, or behind the header of its block */
    uint64_t in_block;   /* of `to` behind the header of the free block */
    uint64_t block_size; /* bytes that the free block has for its user */
};

/* Unreachable pools that are alike: of one name below pools of the same names. */
struct scan_group {
    const uint32_t *pools; /* indices, upper ones only */
    size_t count;          /* of them */
    size_t alike;          /* pools that are so called there, reachable or not */
    uint64_t used, held;   /* bytes, with all below */
    uint64_t below;        /* pools below them */
};

struct scan {
    const struct scan_system *system;
    struct walk walk;
    char **names;          /* of each pool, its label or name, any bytes; NULL: it has none */
    uint32_t *unreachable; /* upper ones, sorted into groups */
    size_t unreachable_count;
    struct scan_group *groups; /* the largest first */
    size_t group_count;
    struct scan_dangler *danglers;
    size_t dangler_count;
    uint64_t used, held; /* bytes, by all pools */
    uint64_t
        absent; /* bytes of memory that the core file lacks: what refers to a pool may be there */
    bool cut;   /* ... as its end is missing */
    bool owned; /* pools need nothing but a parent: none is told to be unreachable */
    uint32_t broken;        /* pools that are not as described */
    unsigned roots_missing; /* that hold no pool, or whose variable is not there */
    bool free_known;        /* the free blocks were found */
    bool registers_known;   /* all of each thread: a process that runs does not show them */
    uint64_t took_ns;       /* the last walk, with the marking */
    uint64_t scanned;       /* bytes of memory that were looked through for references */
    void *room;
    size_t room_size;
};

#endif
