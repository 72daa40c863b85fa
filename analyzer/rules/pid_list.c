/* pid_list.c - a list of processes: see pid_list.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/pid_list.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

/* The array has room for a power of two; pids come in the order of the replay. */
void pid_list_add(struct pid_list *list, int32_t pid)
{
    const size_t count = list->count;
    if (count && list->items[count - 1] == pid)
        return;
    GROW_TO_POWER(list->items, count);
    list->items[list->count++] = pid;
}

void pid_list_add_all(struct pid_list *list, const struct pid_list *from)
{
    for (size_t i = 0; i < from->count; i++)
        pid_list_add(list, from->items[i]);
    if (from->others > list->others) /* they may be the same */
        list->others = from->others;
}

bool pid_list_has(const struct pid_list *list, int32_t pid)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == pid)
            return true;
    }
    return false;
}

static int compare_pids(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

void pid_list_sort(struct pid_list *list)
{
    if (list->count == 0)
        return;
    qsort(list->items, list->count, sizeof *list->items, compare_pids);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++) {
        if (list->items[i] != list->items[kept - 1])
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* The array has room for a power of two at or above the count, as pid_list_add() expects. */
void pid_list_limit(struct pid_list *list, size_t most)
{
    pid_list_sort(list);
    if (list->count <= most)
        return;
    struct pid_list kept = {.others = list->others + (list->count - most)};
    for (size_t i = 0; i < most; i++)
        pid_list_add(&kept, list->items[i]);
    free(list->items);
    *list = kept;
}

void pid_list_free(struct pid_list *list)
{
    free(list->items);
    *list = (struct pid_list){0};
}
