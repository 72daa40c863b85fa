/* process_shares.c - what each process has of a finding; see process_shares.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/process_shares.h"

#include "analyzer/util/memory.h"

#include <stdbool.h>
#include <stdlib.h>

void process_shares_add(struct process_shares *shares, struct process_share share)
{
    GROW_TO_POWER(shares->items, shares->count);
    shares->items[shares->count++] = share;
}

void process_shares_add_all(struct process_shares *shares, const struct process_shares *from)
{
    for (size_t i = 0; i < from->count; i++)
        process_shares_add(shares, from->items[i]);
}

void process_shares_free(struct process_shares *shares)
{
    free(shares->items);
    *shares = (struct process_shares){0};
}

static int by_pid(const void *left, const void *right)
{
    const struct process_share *a = left, *b = right;
    return (a->pid > b->pid) - (a->pid < b->pid);
}

static bool is_worse(const struct process_share *a, const struct process_share *b)
{
    if (a->held != b->held)
        return a->held > b->held;
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->count > b->count;
}

static int by_badness(const void *left, const void *right)
{
    return is_worse(left, right) ? -1 : is_worse(right, left);
}

void process_shares_limit(struct process_shares *shares, size_t most)
{
    struct process_shares kept = {0};
    if (shares->count)
        qsort(shares->items, shares->count, sizeof(*shares->items), by_pid);
    for (size_t i = 0; i < shares->count; i++) {
        const struct process_share *share = &shares->items[i];
        struct process_share *last = kept.count ? &kept.items[kept.count - 1] : NULL;
        if (!last || last->pid != share->pid) {
            process_shares_add(&kept, *share);
            continue;
        }
        last->count += share->count;
        last->bytes += share->bytes;
        last->held += share->held;
    }
    process_shares_free(shares);
    if (kept.count > most)
        qsort(kept.items, kept.count, sizeof(*kept.items), by_badness);
    for (size_t i = 0; i < kept.count && i < most; i++)
        process_shares_add(shares, kept.items[i]);
    process_shares_free(&kept);
}

struct process_share process_shares_worst(struct process_shares *shares)
{
    struct process_share worst = {0}, one = {0};
    if (shares->count)
        qsort(shares->items, shares->count, sizeof(*shares->items), by_pid);
    for (size_t i = 0; i < shares->count; i++) {
        const struct process_share *share = &shares->items[i];
        if (share->pid != one.pid)
            one = (struct process_share){.pid = share->pid};
        one.count += share->count;
        one.bytes += share->bytes;
        one.held += share->held;
        if (worst.pid == 0 || worst.pid == one.pid || is_worse(&one, &worst))
            worst = one;
    }
    return worst;
}
