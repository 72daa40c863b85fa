/*
 * frame_tree.h - backtraces as one tree from the outermost calls inwards, each named frame once.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_FRAME_TREE_H
#define ANALYZER_HTML_FRAME_TREE_H

#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/string_table.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct frame_node {
    uint32_t parent; /* node that called this one, 0: none */
    uint32_t frame;  /* index into frame_tree.frames */
};

/* All are numbers of strings. */
struct frame_name {
    uint32_t function;      /* "module+0xoffset" without a name */
    uint32_t module, place; /* "file:line"; "" where not known */
};

/* A struct with NAMES and STRINGS set and all else zero is empty. */
struct frame_tree {
    const struct name_source *names;
    struct strings *strings;
    struct frame_node *nodes; /* by number, from 1 */
    size_t node_count, node_capacity;
    struct frame_name *frames;
    size_t frame_count, frame_capacity;
    struct keymap by_stack, by_content, by_name;
};

/* The node of the innermost frame of stack NUMBER; 0: the stack is empty. */
uint32_t frame_tree_add(struct frame_tree *tree, uint32_t number);

/* [parent, frame, parent, frame, ...] of nodes 1 on. New reference. */
json_t *frame_tree_nodes_json(const struct frame_tree *tree);
/* [function, module, place, function, ...]: indices of strings. New reference. */
json_t *frame_tree_frames_json(const struct frame_tree *tree);

void frame_tree_free(struct frame_tree *tree);

#endif
