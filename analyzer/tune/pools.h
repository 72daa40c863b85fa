/*
 * pools.h - the pools of one process, in as many simulated heaps as there are settings: what its
 * events do to them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TUNE_POOLS_H
#define ANALYZER_TUNE_POOLS_H

#include "analyzer/replay/replay.h"
#include "analyzer/tune/heap.h"
#include "analyzer/util/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUNE_SETTINGS 16

/* How memory would be handed out. */
struct tune_setting {
    struct heap_rules rules;
    uint32_t place;    /* only pools made there are made with... ; 0: all are as they were */
    uint64_t with;     /* ... so many bytes */
    bool of_parameter; /* `rules.size` was asked for, or tried */
};

/* A pool as it is in all heaps. */
struct tune_pool {
    uint64_t address;  /* 0: it has ended */
    uint64_t asked;    /* bytes, rounded up as its system does */
    uint64_t with;     /* it was made with, 0: nothing */
    uint64_t recorded; /* bytes in its blocks when its memory was looked at; UINT64_MAX: not so */
    uint32_t parent, first_child, next_sibling, previous_sibling; /* numbers */
    uint32_t place;                                               /* number, from 1 */
    uint64_t serial;                                              /* never used again */
    bool known;     /* it was seen being made: its blocks are known */
    bool inherited; /* made by the parent of the process */
};

/* What the pools of one place have at a time. */
struct tune_sum {
    uint64_t pools, asked, held;
};

/* The same now and, if `moment` is the process's, then. */
struct tune_place_now {
    struct tune_sum now, then;
    uint64_t moment;
};

/* A pool's destruction, or clearing, is under way. */
struct tune_ending {
    uint64_t serial;
    uint32_t pool, stack, thread;
    bool clears;
};

struct tune_process {
    const struct tune_setting *settings;
    unsigned setting_count;
    /* Pool NUMBER ends or is cleared, or the process ends; it holds HELD bytes. */
    void (*ended)(void *data, uint32_t number, uint64_t held);
    void *data;
    struct heap heaps[TUNE_SETTINGS];
    uint64_t most[TUNE_SETTINGS]; /* bytes from malloc() at most; the first setting's... */
    uint64_t moment, most_tick;   /* ...at this moment, and then */
    uint64_t tick;                /* of the event that comes now */
    uint64_t asked_then, spare_then;
    uint64_t asked; /* by all that are there */
    struct tune_pool *pools;
    uint32_t pool_count, unused;
    uint64_t serial;             /* the last one given */
    struct keymap numbers, with; /* by address */
    uint64_t *withs;             /* of pools that are about to be made */
    size_t with_count;
    struct tune_place_now *places;
    size_t place_room;
    struct tune_ending *endings;
    size_t ending_count, ending_room;
};

struct tune_process *tune_process_new(const struct tune_setting *settings, unsigned count);
struct tune_process *tune_process_copy(const struct tune_process *from); /* as a fork does */
void tune_process_free(struct tune_process *process);

/* The pool at ADDRESS; 0: there is none. */
uint32_t tune_find(const struct tune_process *process, uint64_t address);

/* The pool at ADDRESS is about to be made with NUMBER. */
void tune_with(struct tune_process *process, uint64_t address, uint64_t number);
/* KNOWN: it was seen being made. Returns its number. */
uint32_t tune_make(struct tune_process *process, uint64_t address, uint64_t parent, uint32_t place,
                   bool known);
/* From POOL, which are ASKED bytes with what the system adds. */
void tune_take(struct tune_process *process, uint32_t pool, uint64_t asked,
               const struct heap_taken *taken);
void tune_give_back(struct tune_process *process, uint32_t pool, uint64_t object);
/* POOL's end, or that of all in it, begins at STACK in THREAD. */
void tune_begin_ending(struct tune_process *process, uint32_t pool, uint32_t stack, uint32_t thread,
                       bool clears);
/* Ends what is not under way any more in THREAD, as it is at STACK; 0: nothing is. */
void tune_settle(struct tune_process *process, const struct replay *replay, uint32_t stack,
                 uint32_t thread);

/* The process is at its end: all pools that are there are told to `ended`. */
void tune_end_all(struct tune_process *process);

/* What the pools of PLACE had at the process's worst moment. */
struct tune_sum tune_place_then(const struct tune_process *process, size_t place);

#endif
