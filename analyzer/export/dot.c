/*
 * dot.c - the pools at the end as a graph, for Graphviz: a node for the pools with the same
 * path, coloured by the worst finding that is about them. Of more than can be drawn, the smallest
 * are folded into one node under what they are under.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/export.h"
#include "analyzer/export/names.h"
#include "analyzer/profile/pool_profile.h"
#include "analyzer/render/text.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MOST 500

struct node {
    uint64_t pools, bytes; /* at the end */
    uint64_t total;        /* bytes, with those below */
    uint32_t above;        /* number, 0: none; lower than its own */
    uint32_t into;         /* that it is folded into, 0: it is shown */
    const struct finding *finding;
    uint64_t folded, folded_pools, folded_bytes; /* nodes below that are folded, and what of them */
};

struct graph {
    struct strings keys; /* kind and path; numbers are those of the nodes */
    struct node *nodes;  /* from 1 */
    size_t count, capacity;
};

/* TEXT in a quoted string of the language. */
static void put_text(FILE *out, const char *text)
{
    char *escaped = escaped_text(text);
    for (const char *at = escaped; *at; at++) {
        if (*at == '\\' || *at == '"')
            putc('\\', out);
        putc(*at, out);
    }
    free(escaped);
}

/* The node of the first LENGTH bytes of KEY, and those above it. */
static uint32_t node_of(struct graph *graph, const char *key, size_t length)
{
    uint32_t above = 0;
    char *part = xstrndup(key, length);
    size_t shorter = pool_path_above(part);
    if (shorter)
        above = node_of(graph, key, shorter);
    uint32_t number = strings_intern(&graph->keys, part, length);
    free(part);
    if (number >= graph->capacity) {
        graph->capacity = 2 * (size_t)number + 16;
        graph->nodes = xreallocarray(graph->nodes, graph->capacity, sizeof(*graph->nodes));
    }
    if (number > graph->count) {
        graph->count = number;
        graph->nodes[number] = (struct node){.above = above};
    }
    return number;
}

static struct node *pool_node(struct graph *graph, enum process_kind kind, const char *path)
{
    char *key = xasprintf("%s > %s", process_kind_name(kind), path);
    uint32_t number = node_of(graph, key, strlen(key));
    free(key);
    return &graph->nodes[number];
}

static void fill(struct graph *graph, const struct analysis *analysis,
                 const struct pool_profile *profile)
{
    for (size_t i = 0; i < profile->pool_count; i++) {
        const struct profile_pool *pool = &profile->pools[i];
        if (pool->alive == 0 && pool->live_bytes == 0)
            continue;
        struct node *node =
            pool_node(graph, pool->kind, strings_get(&profile->strings, pool->path));
        node->pools += pool->alive;
        node->bytes += pool->live_bytes;
    }
    for (size_t i = 0; i < analysis->findings.count; i++) {
        const struct finding *finding = &analysis->findings.items[i];
        struct node *node = finding->path ? pool_node(graph, finding->kind, finding->path) : NULL;
        if (node && !node->finding)
            node->finding = finding;
    }
}

struct rank {
    const struct node *node;
    uint32_t number;
};

/* What was found comes first, then what holds the most. */
static int by_weight(const void *left, const void *right)
{
    const struct rank *a = left, *b = right;
    if (!a->node->finding != !b->node->finding)
        return a->node->finding ? -1 : 1;
    if (a->node->total != b->node->total)
        return a->node->total > b->node->total ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* All are to be folded, until they and what they are under are found to be among the first. */
static void choose_shown(struct graph *graph, const struct rank *ranks)
{
    size_t shown = 0;
    for (uint32_t i = 1; i <= graph->count; i++)
        graph->nodes[i].into = graph->count > NODES_MOST && graph->nodes[i].above ? UINT32_MAX : 0;
    for (size_t i = 0; i < graph->count && shown < NODES_MOST; i++)
        for (uint32_t at = ranks[i].number; at && graph->nodes[at].into;
             at = graph->nodes[at].above, shown++)
            graph->nodes[at].into = 0;
}

/* Returns how many nodes are folded. */
static uint64_t fold(struct graph *graph)
{
    struct rank *ranks = xcalloc(graph->count, sizeof(*ranks));
    uint64_t folded = 0;
    for (uint32_t i = (uint32_t)graph->count; i > 0; i--) {
        struct node *node = &graph->nodes[i];
        node->total += node->bytes;
        if (node->above)
            graph->nodes[node->above].total += node->total;
        ranks[i - 1] = (struct rank){node, i};
    }
    if (graph->count)
        qsort(ranks, graph->count, sizeof(*ranks), by_weight);
    choose_shown(graph, ranks);
    free(ranks);
    for (uint32_t i = 1; i <= graph->count; i++) {
        struct node *node = &graph->nodes[i];
        if (!node->into)
            continue;
        const struct node *above = &graph->nodes[node->above];
        node->into = above->into ? above->into : node->above;
        struct node *into = &graph->nodes[node->into];
        into->folded++;
        into->folded_pools += node->pools;
        into->folded_bytes += node->bytes;
        folded++;
    }
    return folded;
}

static void put_folded(FILE *out, const struct node *node, uint32_t number)
{
    char bytes[UNITS_TEXT], paths[UNITS_TEXT];
    fprintf(out, "  f%" PRIu32 " [label=\"%s smaller ones\\n%s in ", number,
            count_text(node->folded, paths), bytes_text(node->folded_bytes, bytes));
    print_count(out, node->folded_pools, "pool", "pools");
    fprintf(out, "\", style=dashed, bytes=%" PRIu64 ", pools=%" PRIu64 "];\n", node->folded_bytes,
            node->folded_pools);
    fprintf(out, "  n%" PRIu32 " -> f%" PRIu32 ";\n", number, number);
}

static void put_node(FILE *out, const struct graph *graph, uint32_t number)
{
    static const char *const colors[] = {"lightblue", "gold", "tomato"};
    const struct node *node = &graph->nodes[number];
    char bytes[UNITS_TEXT];
    fprintf(out, "  n%" PRIu32 " [label=\"", number);
    const char *label = pool_path_label(strings_get(&graph->keys, number));
    char *plain = pool_path_plain(label, strlen(label));
    put_text(out, plain);
    free(plain);
    if (node->above && node->pools) {
        fprintf(out, "\\n%s in ", bytes_text(node->bytes, bytes));
        print_count(out, node->pools, "pool", "pools");
    } else if (node->above && node->bytes) { /* pools count where they were made */
        fprintf(out, "\\n%s in what was inherited", bytes_text(node->bytes, bytes));
    }
    putc('"', out);
    if (node->above)
        fprintf(out, ", bytes=%" PRIu64 ", pools=%" PRIu64, node->bytes, node->pools);
    if (node->finding)
        fprintf(out, ", style=filled, fillcolor=%s, tooltip=\"%s\"",
                colors[node->finding->severity], node->finding->rule);
    fputs("];\n", out);
    if (node->above)
        fprintf(out, "  n%" PRIu32 " -> n%" PRIu32 ";\n", node->above, number);
}

static void write_graph(FILE *out, struct graph *graph)
{
    uint64_t folded = fold(graph);
    if (folded)
        fprintf(out,
                "// %" PRIu64 " of %zu paths are folded: the smallest, where nothing was found\n",
                folded, graph->count);
    fputs("digraph pools {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n", out);
    for (uint32_t i = 1; i <= graph->count; i++) {
        const struct node *node = &graph->nodes[i];
        if (!node->into)
            put_node(out, graph, i);
        if (node->folded)
            put_folded(out, node, i);
    }
    fputs("}\n", out);
}

bool export_dot(FILE *out, const struct analysis *analysis, const struct export_options *options,
                struct error *error)
{
    struct pool_profile profile;
    struct graph graph = {0};
    bool ok = pool_profile_read(&profile, analysis->recording, options->pid, error);
    if (ok) {
        fill(&graph, analysis, &profile);
        write_graph(out, &graph);
    }
    strings_free(&graph.keys);
    free(graph.nodes);
    pool_profile_free(&profile);
    return ok;
}
