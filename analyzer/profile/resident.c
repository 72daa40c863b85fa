/* resident.c - what a process has in memory just now; see resident.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/resident.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

uint64_t resident_bytes(int32_t pid)
{
    char path[64];
    uint64_t pages = 0;
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/statm", pid);
    FILE *in = fopen(path, "re");
    if (!in)
        return 0;
    if (fscanf(in, "%*u %" SCNu64, &pages) != 1)
        pages = 0;
    fclose(in);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
