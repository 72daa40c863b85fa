/* help.c - what there is to know of a rule; see help.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/help.h"

#include <string.h>

static const struct rule_help helps[] = {
    {"crash", SEVERITY_ERROR, "A signal that ends a program",
     "A signal came that a program gets for a fault of its own, such as SIGSEGV.",
     "See what was touched, and what was done before."},
    {"permanent-pool-alloc", SEVERITY_ERROR, "Allocation straight from a root pool",
     "Something was allocated straight from a root pool, which lives as long as its process.",
     "Make a subpool, use it, and destroy it."},
    {"leaked-subpool", SEVERITY_ERROR, "Pools of one place pile up",
     "Pools that were made by the same backtrace pile up: after each unit of work more of them are "
     "alive.",
     "Destroy the pool as soon as what it is for is done."},
    {"unreachable-subpool", SEVERITY_ERROR, "A pool that nothing refers to",
     "Nothing in the program's memory refers to a pool but the pool library's own links: it "
     "can only end with its parent.",
     "Destroy the pool where the last pointer to it is given up."},
    {"dangling-pointer", SEVERITY_WARNING, "An address in a destroyed pool",
     "A variable, or the data of a living pool, holds an address in a pool that was destroyed.",
     "Forget the pointer where the pool is destroyed, or destroy the pool later."},
    {"growing-pool", SEVERITY_ERROR, "A pool that grows with each unit of work",
     "A pool outlives its units of work and takes more bytes in each.",
     "What is needed for one unit of work belongs in a pool that ends with it."},
    {"growing-in-unit", SEVERITY_WARNING, "A pool that grows within one unit of work",
     "One place takes again and again from one living pool within one unit of work, and gives "
     "nothing back.",
     "What is needed for one item of many belongs in a pool that is cleared or destroyed after "
     "each."},
    {"use-after-destroy", SEVERITY_ERROR, "A destroyed pool is used",
     "A pool was used after it was destroyed: allocated from, made a parent, named or cleared.",
     "Use the pool before it is destroyed, or forget the pointer to it."},
    {"double-destroy", SEVERITY_ERROR, "A pool is destroyed twice",
     "A pool was destroyed that had been destroyed before.",
     "Forget the pointer to a pool when it is destroyed."},
    {"data-after-destroy", SEVERITY_ERROR, "Data of a destroyed pool is touched",
     "What had been allocated from a pool was read or written after the pool was destroyed or "
     "cleared.",
     "Copy what is needed longer into a pool that lives as long, and forget pointers to the rest."},
    {"overflow", SEVERITY_ERROR, "Memory beyond an allocation is touched",
     "Something was read or written beyond the end, or before the beginning, of what had been "
     "allocated.",
     "Ask for as many bytes as are used, or stop before the end."},
    {"lifetime-contract", SEVERITY_WARNING, "A documented pool did not live as documented",
     "A pool of a documented role was made or ended elsewhere than the pool system's documentation "
     "says.",
     "End the pool where its documentation says that it ends."},
    {"alive-at-exit", SEVERITY_NOTE, "Left behind by a program that frees all else",
     "A program that runs once and frees what it has leaves this to its exit.",
     "Free it, too, or make it below what is freed."},
    {"needless-subpool", SEVERITY_NOTE, "A pool for next to nothing",
     "Pools that were made by one backtrace live and die with next to nothing in them.",
     "Allocate from the pool that is at hand."},
};

const struct rule_help *rule_help(const char *rule)
{
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++)
        if (strcmp(helps[i].name, rule) == 0)
            return &helps[i];
    return NULL;
}
