/*
 * call_tree.h - a tree of calls up to 64 levels high, for programs that allocate at its end.
 *
 * To be included once, after struct walk and `static inline unsigned leaf(struct walk *)` are
 * defined. Each level has a function with a small frame and one with a larger; each calls both of
 * the next level, from two places: four ways a level, chosen by two bits of walk->path, the lowest
 * next to the leaf.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_CALL_TREE_H
#define BENCH_CALL_TREE_H

#include <stdint.h>

#ifdef __clang__
#define KEEP_FRAME __attribute__((noinline, disable_tail_calls))
#else
#define KEEP_FRAME __attribute__((noipa, optimize("no-optimize-sibling-calls")))
#endif

#define LEVELS  64
#define CHOICES 4
#define PATTERN UINT64_C(0x1b4e2d8793c6b10d) /* some mixed path */

static inline unsigned choice(const struct walk *walk, unsigned level)
{
    uint64_t path = level <= 32 ? walk->path : PATTERN;

    return (path >> 2 * ((level - 1) % 32)) % CHOICES;
}

/* What is added keeps the calls apart, and from being jumps. */
#define DESCEND(level, below)                                                                      \
    switch (choice(walk, level)) {                                                                 \
    case 0:                                                                                        \
        return a##below(walk) + 1;                                                                 \
    case 1:                                                                                        \
        return b##below(walk) + 2;                                                                 \
    case 2:                                                                                        \
        return a##below(walk) + 3;                                                                 \
    default:                                                                                       \
        return b##below(walk) + 4;                                                                 \
    }

#define LEVEL(level, below)                                                                        \
    static KEEP_FRAME unsigned a##level(struct walk *walk)                                         \
    {                                                                                              \
        DESCEND(level, below)                                                                      \
    }                                                                                              \
    static __attribute__((unused)) KEEP_FRAME unsigned b##level(struct walk *walk)                 \
    {                                                                                              \
        uint64_t local[4];                                                                         \
                                                                                                   \
        __asm__ volatile("" : : "r"(local)); /* takes the room */                                  \
        DESCEND(level, below)                                                                      \
    }

static KEEP_FRAME unsigned a0(struct walk *walk)
{
    return leaf(walk) + 1;
}

static KEEP_FRAME unsigned b0(struct walk *walk)
{
    return leaf(walk) + 2;
}

// clang-format off
LEVEL(1, 0) LEVEL(2, 1) LEVEL(3, 2) LEVEL(4, 3) LEVEL(5, 4) LEVEL(6, 5) LEVEL(7, 6) LEVEL(8, 7)
LEVEL(9, 8) LEVEL(10, 9) LEVEL(11, 10) LEVEL(12, 11) LEVEL(13, 12) LEVEL(14, 13) LEVEL(15, 14)
LEVEL(16, 15) LEVEL(17, 16) LEVEL(18, 17) LEVEL(19, 18) LEVEL(20, 19) LEVEL(21, 20) LEVEL(22, 21)
LEVEL(23, 22) LEVEL(24, 23) LEVEL(25, 24) LEVEL(26, 25) LEVEL(27, 26) LEVEL(28, 27) LEVEL(29, 28)
LEVEL(30, 29) LEVEL(31, 30) LEVEL(32, 31) LEVEL(33, 32) LEVEL(34, 33) LEVEL(35, 34) LEVEL(36, 35)
LEVEL(37, 36) LEVEL(38, 37) LEVEL(39, 38) LEVEL(40, 39) LEVEL(41, 40) LEVEL(42, 41) LEVEL(43, 42)
LEVEL(44, 43) LEVEL(45, 44) LEVEL(46, 45) LEVEL(47, 46) LEVEL(48, 47) LEVEL(49, 48) LEVEL(50, 49)
LEVEL(51, 50) LEVEL(52, 51) LEVEL(53, 52) LEVEL(54, 53) LEVEL(55, 54) LEVEL(56, 55) LEVEL(57, 56)
LEVEL(58, 57) LEVEL(59, 58) LEVEL(60, 59) LEVEL(61, 60) LEVEL(62, 61) LEVEL(63, 62) LEVEL(64, 63)

static unsigned (*const call_tree[LEVELS + 1])(struct walk *) = {
    a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20,
    a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39,
    a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58,
    a59, a60, a61, a62, a63, a64,
};
// clang-format on

#endif
