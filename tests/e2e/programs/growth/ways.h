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

/* Those of when.c, who.c and field.c. */
extern const struct way timed_ways[], shared_ways[], field_ways[];

/* Its name begins with "stream". */
void run_stream(const char *way);
/* It is "children". */
void run_children(void);

#endif
/* SPDX-License-Identifier: MIT */
