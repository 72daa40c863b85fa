/* tree_like.c - processes that are alike, in a list of pool trees; see tree_like.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/tree_like.h"

#include "analyzer/replay/unit_words.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <stdlib.h>
#include <string.h>

/* One that was there. */
struct one {
    const struct process *process;
    size_t index;
    uint64_t bytes;
};

static int likeness(const struct process *a, const struct process *b)
{
    return a->kind != b->kind ? (a->kind > b->kind) - (a->kind < b->kind)
                              : strcmp(a->program, b->program);
}

/* Those that are alike beside each other, the largest first. */
static int by_likeness(const void *left, const void *right)
{
    const struct one *a = left, *b = right;
    const int order = likeness(a->process, b->process);
    if (order)
        return order;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static size_t list_taken(const struct process *const *processes, const struct tree_sum *sums,
                         size_t count, struct one *ones)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (sums[i].taken)
            ones[taken++] = (struct one){processes[i], i, sums[i].bytes};
    }
    if (taken)
        qsort(ones, taken, sizeof(*ones), by_likeness);
    return taken;
}

/* Of COUNT alike the first is shown. */
static struct trees_alike join(const struct one *ones, size_t count, struct tree_sum *sums)
{
    struct trees_alike alike = {.largest = ones[0].process,
                                .count = count,
                                .least = ones[count - 1].bytes,
                                .most = ones[0].bytes,
                                .mid = ones[count / 2].bytes};
    for (size_t i = 0; i < count; i++) {
        alike.bytes += ones[i].bytes;
        sums[ones[i].index].taken = i == 0;
    }
    return alike;
}

struct trees_alike *trees_join(const struct process *const *processes, struct tree_sum *sums,
                               size_t count, size_t *groups)
{
    struct one *ones = xcalloc(count, sizeof(*ones));
    struct trees_alike *made = xcalloc(count, sizeof(*made));
    const size_t taken = list_taken(processes, sums, count, ones);
    *groups = 0;
    for (size_t first = 0, next; first < taken; first = next) {
        for (next = first + 1; next < taken; next++) {
            if (likeness(ones[first].process, ones[next].process) != 0)
                break;
        }
        if (next - first > TREES_ALIKE)
            made[(*groups)++] = join(&ones[first], next - first, sums);
    }
    free(ones);
    return made;
}

void trees_tell(FILE *out, const struct trees_alike *alike, const struct api_set *apis)
{
    const enum process_kind kind = alike->largest->kind;
    char count[UNITS_TEXT], all[UNITS_TEXT], bytes[UNITS_TEXT], least[UNITS_TEXT], mid[UNITS_TEXT],
        most[UNITS_TEXT];
    fprintf(out,
            "and %s more %s like it: %s in all %s; the smallest has %s, the median %s, this one, "
            "the largest, %s\n",
            count_text(alike->count - 1, count), process_word(apis, kind, alike->count - 1),
            bytes_text(alike->bytes, bytes), count_text(alike->count, all),
            bytes_text(alike->least, least), bytes_text(alike->mid, mid),
            bytes_text(alike->most, most));
}
