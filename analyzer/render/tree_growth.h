/*
 * tree_growth.h - which pools of a tree grow, as the rules found: pools that take more in each unit
 * of work, and those that pile up.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_TREE_GROWTH_H
#define ANALYZER_RENDER_TREE_GROWTH_H

struct analysis;
struct finding;
struct pool;
struct process;
struct replay;

struct tree_growth;

/* Of the findings of ANALYSIS, which must outlive it. The caller frees it. */
struct tree_growth *tree_growth_new(const struct analysis *analysis);
void tree_growth_free(struct tree_growth *growth); /* NULL is none */

/* What was found of POOL in PROCESS, the worst first; NULL: it does not grow. */
const struct finding *tree_growth_of(struct tree_growth *growth, const struct replay *replay,
                                     const struct process *process, const struct pool *pool);

#endif
