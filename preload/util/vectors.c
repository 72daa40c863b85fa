/* vectors.c - the vector registers of the program, kept; see vectors.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/vectors.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stddef.h>

/* Bits of XCR0, the register by which the kernel lets programs use them. */
enum {
    STATE_X87 = 1 << 0,
    STATE_XMM = 1 << 1,
    STATE_YMM = 1 << 2,
    STATE_MASKS = 1 << 5,
    STATE_ZMM_UPPER = 1 << 6,
    STATE_ZMM_16_TO_31 = 1 << 7
};

#define KEPT                                                                                       \
    (STATE_X87 | STATE_XMM | STATE_YMM | STATE_MASKS | STATE_ZMM_UPPER | STATE_ZMM_16_TO_31)

#define LEAF_STATE  0xdu       /* of CPUID: how each part is saved */
#define HAS_OSXSAVE (1u << 27) /* leaf 1, ecx */
#define HAS_XSAVEC  (1u << 1)  /* leaf 0xd.1, eax */
#define STATE_LAST  7u
#define LEGACY_SIZE 576u /* bytes: x87, xmm and the header */

static uint32_t kept; /* 0: FXSAVE, which takes x87 and xmm */
static bool compacts;

static uint32_t read_xcr0(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* Where all of KEPT ends, uncompacted. */
static uint32_t end_of_kept(uint32_t parts)
{
    uint32_t end = LEGACY_SIZE, size, offset, unused, more;
    for (unsigned i = 2; i <= STATE_LAST; i++) {
        if (!(parts & 1u << i) || !__get_cpuid_count(LEAF_STATE, i, &size, &offset, &unused, &more))
            continue;
        end = offset + size > end ? offset + size : end;
    }
    return end;
}

void vectors_setup(void)
{
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & HAS_OSXSAVE))
        return;
    const uint32_t parts = read_xcr0() & KEPT;
    if (end_of_kept(parts) > VECTORS_SIZE)
        return;
    kept = parts;
    compacts = __get_cpuid_count(LEAF_STATE, 1, &eax, &ebx, &ecx, &edx) && (eax & HAS_XSAVEC);
}

void vectors_save(struct vectors *to)
{
    if (compacts)
        __asm__ volatile("xsavec64 %0" : "+m"(*to) : "a"(kept), "d"(0) : "memory");
    else if (kept)
        __asm__ volatile("xsave64 %0" : "+m"(*to) : "a"(kept), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 %0" : "+m"(*to) : : "memory");
}

void vectors_restore(const struct vectors *from)
{
    if (kept)
        __asm__ volatile("xrstor64 %0" : : "m"(*from), "a"(kept), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 %0" : : "m"(*from) : "memory");
}
