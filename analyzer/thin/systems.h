/*
 * systems.h - what thinning must know of the pool systems of a process.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_SYSTEMS_H
#define ANALYZER_THIN_SYSTEMS_H

#include "analyzer/trace/api_set.h"
#include "analyzer/trace/trace.h"

/* What a description says of pools that are named so. */
enum name_meaning {
    NAME_MEANS_NOTHING,
    NAME_MEANS_END, /* whether it ends with another one is documented */
    NAME_MEANS_ONE  /* there is to be one at a time, or for long: when each was made matters */
};

struct thin_systems {
    struct api_set set;
    bool thinned[TRACE_SYSTEMS_MAX];    /* pools that end in their unit of work may be left out */
    bool gives_back[TRACE_SYSTEMS_MAX]; /* what is allocated can be given back by itself */
    bool has_roots_only[TRACE_SYSTEMS_MAX]; /* no pool is made in another one */
    char *texts[TRACE_SYSTEMS_MAX];
};

/*
 * Those of the process of TRACE, which lies in the directory DIR: what it does not tell itself, its
 * parents' do. NULL, with *WHY, where it has none of which pools may be left out. The caller frees
 * it.
 */
struct thin_systems *thin_systems_new(const char *dir, const struct trace *trace, const char **why);
void thin_systems_free(struct thin_systems *systems);

/* SIZE bytes, as the system NUMBER rounds them up, which is one of `thinned`. */
uint64_t thin_systems_round(const struct thin_systems *systems, unsigned number, uint64_t size);

enum name_meaning thin_systems_meaning(const struct thin_systems *systems, unsigned number,
                                       const char *name, size_t length);

#endif
