/* clock.c - the time of events, in ticks; see clock.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/clock.h"

#include "preload/util/old_library.h"

#include <cpuid.h>

#define INVARIANT_TSC (1u << 8) /* CPUID 80000007h, EDX */

/* A few ns: less than it takes from one thread to another. */
#define TSC_SHIFT 3
#define NS_SHIFT  2

#define RATE_SHIFT 20

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
static bool has_tsc; /* as far as the processor is asked */
static uint64_t first_ns, first_ticks;

/* Once the counter is left: since when, ticks for 1 << RATE_SHIFT ns, and what was told last. */
static bool left;
static uint64_t left_ns, left_ticks, rate, last_told;
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

/* The coarse clocks are what the kernel's timer wrote. */
static clockid_t without_counter(clockid_t id)
{
    if (id == CLOCK_MONOTONIC)
        return CLOCK_MONOTONIC_COARSE;
    return id == CLOCK_REALTIME ? CLOCK_REALTIME_COARSE : id;
}

static bool is_left(void)
{
    return __builtin_expect(__atomic_load_n(&left, __ATOMIC_ACQUIRE), false);
}

uint64_t clock_ns(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(is_left() ? without_counter(id) : id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Each is asked for once. */
static uint64_t later_than_last(uint64_t ticks)
{
    uint64_t last = __atomic_load_n(&last_told, __ATOMIC_RELAXED), told;
    do
        told = ticks > last ? ticks : last + 1;
    while (!__atomic_compare_exchange_n(&last_told, &last, told, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
    return told;
}

uint64_t clock_ticks_instead(void)
{
    const uint64_t ns = clock_ns(CLOCK_MONOTONIC);
    if (!is_left())
        return ns >> clock_shift;
    const uint64_t since = ns > left_ns ? ns - left_ns : 0;
    return later_than_last(left_ticks + (uint64_t)((unsigned __int128)since * rate >> RATE_SHIFT));
}

static uint64_t rate_of(uint64_t ticks, uint64_t ns)
{
    for (; ticks >> (63 - RATE_SHIFT); ticks >>= 1)
        ns >>= 1;
    return ns ? (ticks << RATE_SHIFT) / ns : 0;
}

bool clock_leave_counter(void)
{
    if (left)
        return false;
    left_ns = clock_ns(CLOCK_MONOTONIC);
    left_ticks = last_told = clock_ticks();
    rate = rate_of(left_ticks - first_ticks, left_ns - first_ns);
    __atomic_store_n(&left, true, __ATOMIC_RELEASE);
    __atomic_store_n(&clock_has_tsc, false, __ATOMIC_RELEASE);
    return true;
}

void clock_take_counter(void)
{
    __atomic_store_n(&clock_has_tsc, has_tsc, __ATOMIC_RELEASE);
    __atomic_store_n(&left, false, __ATOMIC_RELEASE);
}

void clock_setup(void)
{
    unsigned eax, ebx, ecx, edx = 0;
    has_tsc = __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) && (edx & INVARIANT_TSC) != 0;
    clock_has_tsc = has_tsc;
    clock_shift = clock_has_tsc ? TSC_SHIFT : NS_SHIFT;
    first_ns = clock_ns(CLOCK_MONOTONIC);
    first_ticks = clock_ticks();
    find_coarse();
}
