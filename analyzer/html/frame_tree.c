/*
 * frame_tree.c - backtraces as one tree from the outermost calls inwards, each named frame once;
 * see frame_tree.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/html/frame_tree.h"

#include "analyzer/util/json.h"
#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 200 /* bytes of a name that are kept: C++ has long ones */

static uint32_t intern(struct frame_tree *tree, const char *text)
{
    return text ? strings_intern(tree->strings, text, strnlen(text, TEXT_MAX)) : 0;
}

static struct frame_name name_of(struct frame_tree *tree, const struct symbol_frame *frame)
{
    struct frame_name name = {.module = intern(tree, frame->module)};
    char text[2 * TEXT_MAX + 32];
    if (frame->function)
        name.function = intern(tree, frame->function);
    else {
        snprintf(text, sizeof(text), "%.*s+0x%" PRIx64, TEXT_MAX - 32,
                 frame->module ? frame->module : "?", frame->offset);
        name.function = intern(tree, text);
    }
    if (frame->file) {
        const char *base = strrchr(frame->file, '/');
        snprintf(text, sizeof(text), "%.*s:%u", TEXT_MAX - 32, base ? base + 1 : frame->file,
                 frame->line);
        name.place = intern(tree, text);
    }
    return name;
}

static bool same_name(struct frame_name a, struct frame_name b)
{
    return a.function == b.function && a.module == b.module && a.place == b.place;
}

static uint32_t find_frame(struct frame_tree *tree, const struct symbol_frame *frame)
{
    struct frame_name name = name_of(tree, frame);
    uint64_t key = keyed_bytes(&name, sizeof(name)) | 1;
    uint32_t *number = keymap_put(&tree->by_name, key);
    while (*number && !same_name(tree->frames[*number - 1], name))
        number = keymap_put(&tree->by_name, key += 2);
    if (*number)
        return *number - 1;
    GROW(tree->frames, tree->frame_count, tree->frame_capacity);
    tree->frames[tree->frame_count] = name;
    *number = (uint32_t)++tree->frame_count;
    return *number - 1;
}

static uint32_t find_node(struct frame_tree *tree, uint32_t parent, uint32_t frame)
{
    uint32_t *number = keymap_put(&tree->by_content, ((uint64_t)parent << 32 | frame) + 1);
    if (*number)
        return *number;
    GROW(tree->nodes, tree->node_count, tree->node_capacity);
    tree->nodes[tree->node_count] = (struct frame_node){parent, frame};
    return *number = (uint32_t)++tree->node_count;
}

uint32_t frame_tree_add(struct frame_tree *tree, uint32_t number)
{
    if (!number)
        return 0;
    uint32_t known = keymap_get(&tree->by_stack, number);
    if (known)
        return known;
    struct logical_stack stack = logical_stack(tree->names, number);
    uint32_t node = 0;
    for (size_t i = stack.count; i-- > 0;)
        node = find_node(tree, node, find_frame(tree, &stack.frames[i]));
    logical_stack_free(&stack);
    if (node)
        *keymap_put(&tree->by_stack, number) = node;
    return node;
}

json_t *frame_tree_nodes_json(const struct frame_tree *tree)
{
    json_t *json = json_checked(json_array());
    for (size_t i = 0; i < tree->node_count; i++) {
        json_append(json, json_integer(tree->nodes[i].parent));
        json_append(json, json_integer(tree->nodes[i].frame));
    }
    return json;
}

json_t *frame_tree_frames_json(const struct frame_tree *tree)
{
    json_t *json = json_checked(json_array());
    for (size_t i = 0; i < tree->frame_count; i++) {
        json_append(json, json_integer(tree->frames[i].function));
        json_append(json, json_integer(tree->frames[i].module));
        json_append(json, json_integer(tree->frames[i].place));
    }
    return json;
}

void frame_tree_free(struct frame_tree *tree)
{
    free(tree->nodes);
    free(tree->frames);
    keymap_free(&tree->by_stack);
    keymap_free(&tree->by_content);
    keymap_free(&tree->by_name);
}
