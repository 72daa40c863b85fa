/*
 * pid_list.h - the processes that something was seen in.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_PID_LIST_H
#define ANALYZER_RULES_PID_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed struct is an empty list. Items may be there several times until it is sorted. */
struct pid_list {
    int32_t *items;
    size_t count;
    size_t others; /* processes that are not listed, see folded_sums.h: as far as is known */
};

void pid_list_add(struct pid_list *list, int32_t pid); /* ends the program when memory is out */
void pid_list_add_all(struct pid_list *list, const struct pid_list *from);
bool pid_list_has(const struct pid_list *list, int32_t pid);
/* How many processes these are. */
static inline size_t pid_list_total(const struct pid_list *list)
{
    return list->count + list->others;
}
/* Of more than MOST the others are counted; sorted then. */
void pid_list_limit(struct pid_list *list, size_t most);
void pid_list_sort(struct pid_list *list); /* ascending, each once */
void pid_list_free(struct pid_list *list);

#endif
