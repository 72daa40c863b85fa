/* clock.c - the time of events, in ticks; see clock.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/clock.h"

#include "preload/util/old_library.h"

#include <cpuid.h>

#define INVARIANT_TSC (1u << 8) /* CPUID 80000007h, EDX */

/* A few ns: less than it takes from one thread to another. */
#define TSC_SHIFT 3
#define NS_SHIFT  2

#define READS         8
#define CHEAP         100 /* cycles; a system call takes more */
#define INSTEAD_SHIFT 14  /* ticks: 50 us and more */

static int read_instead(clockid_t id, struct timespec *now)
{
    (void)id;
    now->tv_sec = (time_t)(clock_ticks() >> INSTEAD_SHIFT);
    return 0;
}

bool clock_has_tsc;
uint32_t clock_shift = NS_SHIFT;
int (*clock_read_coarse)(clockid_t id, struct timespec *now) = read_instead;

/* Not where the kernel has to be entered for it. */
static bool is_cheap(int (*read)(clockid_t id, struct timespec *now))
{
    uint64_t least = UINT64_MAX;
    struct timespec now;
    for (unsigned i = 0; i < READS; i++) {
        uint64_t begin = __builtin_ia32_rdtsc();
        if (read(CLOCK_MONOTONIC_COARSE, &now) != 0)
            return false;
        uint64_t taken = __builtin_ia32_rdtsc() - begin;
        least = taken < least ? taken : least;
    }
    return least < CHEAP;
}

/* Not by way of the C library, which takes as long again. The handle is not closed: the kernel's
 * image stays, and the program's dlclose() is the recorder's own. */
static void find_coarse(void)
{
    void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
    if (!vdso)
        return;
    int (*read)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlvsym(vdso, "__vdso_clock_gettime", "LINUX_2.6");
    if (read && is_cheap(read))
        clock_read_coarse = read;
}

void clock_setup(void)
{
    unsigned eax, ebx, ecx, edx = 0;
    clock_has_tsc = __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) && (edx & INVARIANT_TSC) != 0;
    clock_shift = clock_has_tsc ? TSC_SHIFT : NS_SHIFT;
    find_coarse();
}
