/* auxiliary.c - the auxiliary vector of another process; see auxiliary.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/auxiliary.h"

#include <elf.h>
#include <stdio.h>

uint64_t auxiliary_value(pid_t pid, uint64_t type)
{
    char path[64];
    Elf64_auxv_t entry = {0};
    snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
    FILE *in = fopen(path, "re");
    if (!in)
        return 0;
    while (fread(&entry, sizeof(entry), 1, in) == 1 && entry.a_type != type)
        continue;
    fclose(in);
    return entry.a_type == type ? entry.a_un.a_val : 0;
}
