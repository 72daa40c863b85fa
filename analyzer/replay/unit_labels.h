/*
 * unit_labels.h - what each command or restart of a process was about, as far as that was recorded:
 * its verb, its path, its signal. In bounded memory: a byte a unit.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_UNIT_LABELS_H
#define ANALYZER_REPLAY_UNIT_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNIT_LABELS_MAX 255 /* different ones of a process and kind; any further is not kept */
#define LABELLED_KINDS  2   /* commands and restarts, numbered as in enum api_mark_kind */
#define UNITS_LABELLED  (1u << 22) /* of a process and kind; those behind them have none */

/* Zeroed: none. */
struct unit_labels {
    uint32_t before; /* units that had begun before the process */
    uint8_t *of;     /* by unit: the number of its label, from 1; 0: none */
    size_t count, capacity;
    const char **names; /* by number, less one: raw bytes, whoever sent them; not owned */
    size_t name_count, name_capacity;
};

/* UNIT is about NAME, which stays, and is the same pointer for the same words. The first one told
 * of a unit counts, or with ANEW the last one. Ends the program when memory is out. */
void unit_labels_note(struct unit_labels *labels, uint32_t unit, const char *name, bool anew);

/* The number of the label of UNIT; 0: it has none. */
static inline unsigned unit_label_number(const struct unit_labels *labels, uint32_t unit)
{
    const uint32_t index = unit - labels->before - 1;
    return unit > labels->before && index < labels->count ? labels->of[index] : 0;
}

/* Its name; NULL for 0. */
const char *unit_label_name(const struct unit_labels *labels, unsigned number);

/* How many units from FIRST to LAST have the label of that number. */
uint32_t unit_labels_count(const struct unit_labels *labels, unsigned number, uint32_t first,
                           uint32_t last);

void unit_labels_free(struct unit_labels *labels); /* its contents */

/* How many units of each label there are, in processes together. Zeroed: none. */
struct label_sums {
    struct label_sum {
        const char *name;
        uint64_t units;
    } * items; /* owned */
    size_t count, capacity;
    uint64_t others; /* of labels beyond UNIT_LABELS_MAX */
};

void label_sums_add(struct label_sums *sums, const struct unit_labels *labels);
void label_sums_join(struct label_sums *into, struct label_sums *from); /* FROM is empty then */
void label_sums_sort(struct label_sums *sums); /* the most frequent first */
void label_sums_free(struct label_sums *sums); /* its contents */

#endif
