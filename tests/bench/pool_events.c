/*
 * pool_events.c [-o FILE] - makes, names and ends pools, 16 frames deep: FILE, or the standard
 * output, gets a line of three numbers, the CPU ns that one of each took.
 *
 * SPDX-License-Identifier: MIT
 */
#define POOL_BLOCK_DATA 256

#include "../e2e/programs/pools.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FRAMES 12 /* below those of main, and of the C library */
#define BATCH  200
#define ROUNDS 2000

enum kind { MAKE, NAME, END, KINDS };

static pool *made[BATCH];

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

POOL_ENTRY static void one(enum kind kind, unsigned i)
{
    switch (kind) {
    case MAKE:
        made[i] = make_sub_pool(permanent_pool);
        return;
    case NAME:
        pr_pool_tag(made[i], "pool of a batch");
        return;
    default:
        destroy_pool(made[i]);
    }
}

POOL_ENTRY static unsigned batch(enum kind kind, unsigned frames)
{
    static volatile unsigned done;
    if (frames > 0)
        return batch(kind, frames - 1) + 1;
    for (unsigned i = 0; i < BATCH; i++)
        one(kind, i);
    return done++;
}

int main(int argc, char **argv)
{
    uint64_t spent[KINDS] = {0};
    FILE *out = argc > 2 && strcmp(argv[1], "-o") == 0 ? fopen(argv[2], "we") : stdout;
    permanent_pool = make_sub_pool(NULL);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            const uint64_t begun = now_ns();
            batch((enum kind)kind, FRAMES);
            if (round > 0) /* the first unwinds */
                spent[kind] += now_ns() - begun;
        }
    }
    if (!out)
        return 1;
    for (unsigned kind = 0; kind < KINDS; kind++)
        fprintf(out, "%f%c", (double)spent[kind] / (ROUNDS - 1) / BATCH,
                kind + 1 < KINDS ? ' ' : '\n');
    return fclose(out) != 0;
}
