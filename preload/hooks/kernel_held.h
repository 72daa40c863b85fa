/*
 * kernel_held.h - addresses that the kernel alone keeps for the program: what it has given to
 * epoll_ctl() to be given back.
 *
 * As /proc tells them: nothing where there is no /proc, no descriptor is left, or a filter of
 * system calls is in force, as what it forbids cannot be asked. Async-signal-safe; errno is kept.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_KERNEL_HELD_H
#define PRELOAD_HOOKS_KERNEL_HELD_H

#include <stdint.h>

/* WORD is kept. */
typedef void kernel_held_word(void *data, uint64_t word);

/* To read into: the program's stack may have less. */
struct kernel_held_room {
    _Alignas(8) char entries[2048];
    char piece[1024];
};

/* Calls HELD with DATA for each. */
void kernel_held_each(struct kernel_held_room *room, kernel_held_word *held, void *data);

#endif
