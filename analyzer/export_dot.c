/*
 * export_dot.c - the pools at the end as a graph, for Graphviz: a node for the pools with the same
 * path, coloured by the worst finding that is about them.
 */
#include "export.h"
#include "export_names.h"
#include "memory.h"
#include "text_report.h"
#include "units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct node {
    uint64_t pools, bytes; /* at the end */
    uint32_t above;        /* number, 0: none */
    const struct finding *finding;
};

struct graph {
    struct strings keys; /* kind and path; numbers are those of the nodes */
    struct node *nodes;  /* from 1 */
    size_t count, capacity;
};

/* TEXT in a quoted string of the language. */
static void put_text(FILE *out, const char *text)
{
    char *escaped = export_text(text);
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
    char *key;
    if (asprintf(&key, "%s > %s", process_kind_name(kind), path) < 0)
        memory_exhausted();
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

static void put_node(FILE *out, const struct graph *graph, uint32_t number)
{
    static const char *const colors[] = {"lightblue", "gold", "tomato"};
    const struct node *node = &graph->nodes[number];
    char bytes[UNITS_TEXT];
    fprintf(out, "  n%" PRIu32 " [label=\"", number);
    put_text(out, pool_path_label(strings_get(&graph->keys, number)));
    if (node->above) {
        fprintf(out, "\\n%s in ", bytes_text(node->bytes, bytes));
        print_count(out, node->pools, "pool", "pools");
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

static void write_graph(FILE *out, const struct graph *graph)
{
    fputs("digraph pools {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n", out);
    for (uint32_t i = 1; i <= graph->count; i++)
        put_node(out, graph, i);
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
