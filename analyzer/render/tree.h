/*
 * tree.h - the pool tree of a process at one moment, for people and for programs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_TREE_H
#define ANALYZER_RENDER_TREE_H

#include "analyzer/render/style.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/string_table.h"

#include <stdint.h>
#include <stdio.h>

struct process;
struct replay;
struct stacks;
struct symbols;
struct tree_growth;

struct tree_view {
    struct style style;
    const struct stacks *stacks;
    struct symbols *symbols;
    struct keymap
        site_of; /* stack number to the string with the frame shown for it; starts empty */
    struct strings sites;
    struct tree_growth *growth; /* is told, too; NULL: it is not known. For text. */
};

void tree_view_free(struct tree_view *view); /* its cache only */

/* Writes the tree as REPLAY has it now; AT_NS: the moment, ns since 1970. Pools with the same label
 * that were made at the same place, under the same or alike parents, are shown as one line. */
void render_tree_text(FILE *out, struct tree_view *view, const struct replay *replay,
                      const struct process *process, uint64_t at_ns);

/* The same as one JSON object, every pool by itself. */
void render_tree_json(FILE *out, struct tree_view *view, const struct replay *replay,
                      const struct process *process, uint64_t at_ns);

#endif
