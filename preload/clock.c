#include "clock.h"

#include <cpuid.h>

#define INVARIANT_TSC (1u << 8) /* CPUID 80000007h, EDX */

/* A few ns: less than it takes from one thread to another. */
#define TSC_SHIFT 3
#define NS_SHIFT  2

bool clock_has_tsc;
uint32_t clock_shift = NS_SHIFT;

void clock_setup(void)
{
    unsigned eax, ebx, ecx, edx = 0;
    clock_has_tsc = __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) && (edx & INVARIANT_TSC) != 0;
    clock_shift = clock_has_tsc ? TSC_SHIFT : NS_SHIFT;
}
