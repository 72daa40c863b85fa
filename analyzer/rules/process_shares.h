/*
 * process_shares.h - what each process has of a finding.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_PROCESS_SHARES_H
#define ANALYZER_RULES_PROCESS_SHARES_H

#include <stddef.h>
#include <stdint.h>

struct process_share {
    int32_t pid;           /* 0: none */
    uint64_t count, bytes; /* as in struct finding */
    uint64_t held;         /* bytes */
};

/* A zeroed struct is an empty list. A process may have several shares. */
struct process_shares {
    struct process_share *items;
    size_t count;
};

void process_shares_add(struct process_shares *shares, struct process_share share);
void process_shares_add_all(struct process_shares *shares, const struct process_shares *from);
void process_shares_free(struct process_shares *shares);

/* One for each process; of more than MOST those with least are dropped. */
void process_shares_limit(struct process_shares *shares, size_t most);

/* All of the process that holds most; pid 0: there is none. Sorts SHARES. */
struct process_share process_shares_worst(struct process_shares *shares);

#endif
