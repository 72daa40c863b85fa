/*
 * births.h - in which units of work those were made that end, or are alive, at one moment. In
 * bounded memory and in any order: exact up to BIRTH_BUCKETS units apart, then in wider buckets.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_BIRTHS_H
#define ANALYZER_RULES_BIRTHS_H

#include "analyzer/rules/series.h"

#include <stdbool.h>
#include <stdint.h>

#define BIRTH_BUCKETS 64

/* Zeroed: none. */
struct births {
    uint32_t width;  /* units a bucket, 0: none was added */
    uint32_t first;  /* number of the first bucket: buckets begin at multiples of their width */
    uint32_t lowest; /* unit */
    uint32_t count[BIRTH_BUCKETS];
    uint64_t total;
};

void births_add(struct births *births, uint32_t unit);

/* In how many units, of wider buckets as many as there can be. */
uint32_t births_units(const struct births *births);

/* Whether there were as many in each third of units FIRST to LAST, or nearly. What comes and goes,
 * and is given back in the end, came late. */
bool births_are_spread(const struct births *births, uint32_t first, uint32_t last);

/* How many there were from unit FIRST on to unit LAST, had none of them ended: it has ended, too.
 * The caller frees it. There is one birth at least. */
struct series births_series(const struct births *births, uint32_t first, uint32_t last);

#endif
