/* ways.h - the ways in which pools grow, by name, for growth.c to call in each unit of work. */
#ifndef TRUTH_WAYS_H
#define TRUTH_WAYS_H

#include "pool_system.h"

struct way {
    const char *name;               /* NULL: the last one */
    void (*in_unit)(unsigned unit); /* from 0 */
};

extern unsigned units; /* that there are */
extern pool *server;   /* kept for the whole run */

/* Those of the file of that name. */
extern const struct way timed_ways[], shared_ways[], field_ways[], cache_ways[], client_ways[],
    error_ways[], unit_ways[], reload_ways[], label_ways[], cost_ways[], case_ways[],
    variant_ways[], habit_ways[], stay_ways[];

/* A number below LIMIT, as if by chance, and the same ones in each run. */
unsigned draw(unsigned limit);

/* Its name begins with "stream". */
void run_stream(const char *way);
/* It is "children". */
void run_children(void);
/* Its name begins with "workers". */
void run_workers(const char *way);
/* It begins with "threads". */
void run_threads(const char *way);
/* It begins with "once". */
void run_once(const char *way);

#endif
/* SPDX-License-Identifier: MIT */
