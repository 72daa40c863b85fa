/*
 * target.h - what is scanned: a process that runs and is not stopped, or the core file of one. Its
 * mappings, its threads as far as they are shown, and its memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SCAN_TARGET_H
#define ANALYZER_SCAN_TARGET_H

#include "analyzer/api/loaded_images.h"
#include "analyzer/util/error.h"
#include "preload/walk/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SCAN_REGISTERS 27

struct scan_core;

/* What may be written and is the process's own. */
struct scan_map {
    uint64_t begin, end;
    bool is_static; /* variables of an image: its file's, or what follows without a file */
    bool recorder;  /* ... of the recorder, where it is loaded */
    char *name;     /* of the file or, as in /proc/PID/maps, of what else it is; "" */
};

/* What may hold addresses, though it is not the process's own to write now. */
struct scan_constant {
    uint64_t begin, end;
    bool vast; /* and need not be there: what the process has not touched is not read */
};

struct scan_thread {
    uint64_t sp; /* 0: not shown, as it runs */
    uint64_t registers[SCAN_REGISTERS];
    size_t register_count; /* those that are shown: all in a core file, arguments of its system call
                              of a thread that waits in one */
};

struct scan_target {
    int32_t pid;      /* 0: not known */
    const char *core; /* the file's name; NULL: it is a process */
    char *program;    /* path of the executable; owned */
    char *missing;    /* of a core file: a file that was mapped, and is not there or has changed;
                               owned; NULL: there is none */
    uint64_t absent;  /* of a core file: bytes of the process's own memory that it lacks */
    bool cut;         /* ... as its end is missing */
    struct scan_map *maps; /* sorted */
    size_t map_count, map_capacity;
    struct scan_constant *constants; /* what it may not write now, or shares with others */
    size_t constant_count, constant_capacity;
    uint64_t *kept; /* words that the kernel keeps for the process, as of what it waits for */
    size_t kept_count, kept_capacity;
    struct scan_thread *threads;
    size_t thread_count, thread_capacity;
    struct loaded_images *images;
    int memory;             /* descriptor of its memory, or of the core file */
    int pagemap;            /* of what it has touched of it; -1: that is not known */
    struct scan_core *data; /* where in the core file what lies; NULL: it is a process */
    size_t (*read)(const struct scan_target *target, uint64_t address, void *to, size_t size);
    void (*free_data)(struct scan_core *data);
};

/* False with *ERROR set. Both are ended with scan_target_close(). */
bool scan_open_process(struct scan_target *target, pid_t pid, struct error *error);
bool scan_open_core(struct scan_target *target, const char *file, struct error *error);
void scan_target_close(struct scan_target *target);

/* Looks again at what may have changed: a process's mappings and threads. False with *ERROR set:
 * it has ended. Does nothing of a core file. */
bool scan_look_again(struct scan_target *target, struct error *error);

/* Before what was found unreachable is told: what else may refer to it, see walk_doubt(). */
void scan_look_closely(struct scan_target *target);

/* Is it still the process that was opened? Always of a core file. */
bool scan_is_alive(const struct scan_target *target);

/* walk_read() of a struct scan_target. */
size_t scan_read(void *target, uint64_t address, void *to, size_t size);

/* For the two that open: takes over what they found. */
void scan_add_map(struct scan_target *target, struct scan_map map, const char *name);
void scan_add_constant(struct scan_target *target, struct scan_constant constant);
struct scan_thread *scan_add_thread(struct scan_target *target);

/* When all maps are there: which are variables of images. */
void scan_tell_statics(struct scan_target *target);

#endif
