/*
 * memory.h - the memory of another process, read and written from outside: its code as well.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_MEMORY_H
#define ANALYZER_ATTACH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct target_memory {
    int fd;
    pid_t pid;
};

/* False, with errno: it may not be. Closed by target_memory_close(). */
bool target_memory_open(struct target_memory *memory, pid_t pid);
void target_memory_close(struct target_memory *memory);

/* Who attaches or lets go does so alone, until the memory is closed. False: another command does,
 * and takes longer than ten seconds. */
bool target_memory_lock(const struct target_memory *memory);

/* All SIZE bytes; false: they are not there. Not more than a page is written as one, or not. */
bool target_read(const struct target_memory *memory, uint64_t address, void *to, size_t size);
bool target_write(const struct target_memory *memory, uint64_t address, const void *from,
                  size_t size);

/* As many of the SIZE bytes as are there and may be read, whole pages, from the first on. */
size_t target_read_some(const struct target_memory *memory, uint64_t address, void *to,
                        size_t size);

/* 8 bytes; 0 where there are none. */
uint64_t target_word(const struct target_memory *memory, uint64_t address);

/* The string at ADDRESS into TEXT of SIZE bytes, terminated, cut where it is longer or ends. */
void target_string(const struct target_memory *memory, uint64_t address, char *text, size_t size);

/* The descriptor REMOTE of process PID, here; -1, with errno. */
int target_take_fd(pid_t pid, int remote);

#endif
