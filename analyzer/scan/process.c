/*
 * process.c - a process that runs, by /proc: its mappings, its threads' stack pointers and its
 * memory. Nothing is stopped; where the process ends, or another takes its number, what was opened
 * of it gives nothing more.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/scan/target.h"

#include "analyzer/util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINE_MAX_BYTES (PATH_MAX + 128)
#define CALL_WORDS     9 /* of /proc/PID/task/TID/syscall: number, six arguments, sp, pc */
#define CALL_ARGUMENTS 6
#define SHARED_MAX     (UINT64_C(16) << 20) /* bytes */
#define KERNEL_THREAD  0x200000u            /* of a process's flags, since Linux 2.6.17 */

static FILE *open_file(const struct scan_target *target, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/%s", target->pid, name);
    return fopen(path, "re");
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Is the mapping named NAME memory, which a recorder has not written, and no device? */
static bool is_memory(const char *name)
{
    const char *recorded = strstr(name, ".trace");
    const bool device =
        begins(name, "/dev/") && !begins(name, "/dev/zero") && !begins(name, "/dev/shm/");
    return *name == '/' && !device && !(recorded && strchr(" ", recorded[6]));
}

/* May what is not the process's own to write hold addresses all the same? What it has locked for
 * now, what it shares with others, and what it was told. What the kernel maps is not the process's.
 */
static bool is_constant(const char *access, const char *name)
{
    if (access[3] == 's')
        return access[0] == 'r' && is_memory(name);
    return access[1] == '-' && access[2] == '-' && (access[0] == 'r' ? *name != '[' : !*name);
}

/* A child has not touched what it shares with its parent, which put something there. */
static bool is_vast(const struct scan_map *map, const char *access)
{
    return access[0] != 'r' || (access[3] == 's' && map->end - map->begin > SHARED_MAX);
}

/* A line of /proc/PID/maps: no code is taken. */
static void read_map(struct scan_target *target, char *line)
{
    struct scan_map map = {0};
    char access[8] = "";
    int name = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %n", &map.begin, &map.end, access,
               &name) < 3)
        return;
    const char *called = name ? line + name : "";
    if (map.begin >= map.end)
        return;
    if (access[0] == 'r' && access[1] == 'w' && access[3] == 'p')
        scan_add_map(target, map, called);
    else if (is_constant(access, called))
        scan_add_constant(target,
                          (struct scan_constant){map.begin, map.end, is_vast(&map, access)});
}

static bool read_maps(struct scan_target *target)
{
    char line[LINE_MAX_BYTES];
    FILE *file = open_file(target, "maps");
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file))
        read_map(target, line);
    fclose(file);
    scan_tell_statics(target);
    return target->map_count > 0;
}

/* "running"; or what the thread waits in, with its stack pointer and where it is. */
static void read_thread(struct scan_target *target, const char *tid)
{
    char name[64], text[512] = "";
    snprintf(name, sizeof(name), "task/%.20s/syscall", tid);
    FILE *file = open_file(target, name);
    if (!file)
        return;
    struct scan_thread *thread = scan_add_thread(target);
    uint64_t words[CALL_WORDS];
    size_t count = 0;
    if (fgets(text, sizeof(text), file)) {
        char *save, *word = strtok_r(text, " \n", &save);
        for (; word && count < CALL_WORDS; word = strtok_r(NULL, " \n", &save))
            words[count++] = strtoull(word, NULL, 0);
    }
    fclose(file);
    if (count < 3) /* it runs */
        return;
    thread->sp = words[count - 2];
    thread->register_count = count == CALL_WORDS ? CALL_ARGUMENTS : 0;
    memcpy(thread->registers, words + 1, thread->register_count * sizeof(*words));
}

static bool read_threads(struct scan_target *target)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/task", target->pid);
    DIR *tasks = opendir(path);
    for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
        if (*entry->d_name != '.')
            read_thread(target, entry->d_name);
    }
    if (tasks)
        closedir(tasks);
    return target->thread_count > 0;
}

static bool is_waited_for(const struct scan_target *target, const char *descriptor)
{
    static const char wanted[] = "anon_inode:[eventpoll]";
    char path[64], what[sizeof(wanted)];
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/fd/%.20s", target->pid, descriptor);
    return readlink(path, what, sizeof(what)) == sizeof(wanted) - 1 &&
           memcmp(what, wanted, sizeof(wanted) - 1) == 0;
}

/* "tfd: 7 events: 19 data: 5581c0a3e2d0 ...": what is given back when a descriptor is ready. */
static void read_waited_for(struct scan_target *target, FILE *file)
{
    char line[LINE_MAX_BYTES];
    uint64_t word;
    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "tfd: %*d events: %*x data: %" SCNx64, &word) != 1)
            continue;
        GROW(target->kept, target->kept_count, target->kept_capacity);
        target->kept[target->kept_count++] = word;
    }
}

void scan_look_closely(struct scan_target *target)
{
    char name[64], path[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/fdinfo", target->pid);
    DIR *descriptors = target->core ? NULL : opendir(path);
    target->kept_count = 0;
    for (struct dirent *entry; descriptors && (entry = readdir(descriptors));) {
        snprintf(name, sizeof(name), "fdinfo/%.20s", entry->d_name);
        FILE *file = is_waited_for(target, entry->d_name) ? open_file(target, name) : NULL;
        if (!file)
            continue;
        read_waited_for(target, file);
        fclose(file);
    }
    if (descriptors)
        closedir(descriptors);
}

static bool read_program(struct scan_target *target)
{
    char path[64], program[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/exe", target->pid);
    const ssize_t length = readlink(path, program, sizeof(program) - 1);
    if (length < 0)
        return false;
    target->program = xstrndup(program, (size_t)length);
    return true;
}

static bool open_memory(struct scan_target *target)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/pagemap", target->pid);
    target->pagemap = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/mem", target->pid);
    target->memory = open(path, O_RDONLY | O_CLOEXEC);
    return target->memory >= 0;
}

/* By /proc/PID/mem, which stays this process's whatever becomes of its number, where the call that
 * takes half the time gives less. scan_is_alive() tells afterwards whether it was this process. */
static size_t read_memory(const struct scan_target *target, uint64_t address, void *to, size_t size)
{
    const struct iovec into = {to, size}, from = {(void *)(uintptr_t)address, size};
    if (process_vm_readv(target->pid, &into, 1, &from, 1, 0) == (ssize_t)size)
        return size;
    if (address > INT64_MAX)
        return 0;
    const ssize_t length = pread(target->memory, to, size, (off_t)address);
    return length > 0 ? (size_t)length : 0;
}

bool scan_is_alive(const struct scan_target *target)
{
    char byte;
    return target->core || (target->map_count > 0 &&
                            pread(target->memory, &byte, 1, (off_t)target->maps[0].begin) == 1);
}

/* The state of the process, a letter, and the kernel's FLAGS of it. 0: there is no such process. */
static char read_state(const struct scan_target *target, unsigned *flags)
{
    char line[LINE_MAX_BYTES] = "", state = 0;
    FILE *file = open_file(target, "stat");
    *flags = 0;
    if (!file)
        return 0;
    const char *behind_name = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
    fclose(file);
    if (!behind_name || sscanf(behind_name, ") %c %*d %*d %*d %*d %*d %u", &state, flags) != 2)
        return 0;
    return state;
}

/* Why it cannot be read; ERROR is what the first call that failed said. */
static const char *obstacle_of(const struct scan_target *target, int error)
{
    unsigned flags;
    const char state = read_state(target, &flags);
    if (!state)
        return "there is no such process";
    if (flags & KERNEL_THREAD)
        return "it is a thread of the kernel, and has no memory of its own";
    if (state == 'Z' || state == 'X')
        return "it has ended, and has no memory any more";
    if (error == EACCES || error == EPERM)
        return "it is another user's, or protected: be that user, or root";
    return error && error != ENOENT && error != ESRCH ? strerror(error) : "it ended meanwhile";
}

static bool read_all(struct scan_target *target)
{
    errno = 0;
    return read_program(target) && open_memory(target) && read_maps(target) && read_threads(target);
}

bool scan_open_process(struct scan_target *target, pid_t pid, struct error *error)
{
    struct error why;
    *target = (struct scan_target){.pid = pid, .memory = -1, .pagemap = -1, .read = read_memory};
    if (pid == getpid()) {
        error_set(error, "process %d is this command itself", (int)pid);
    } else if (!read_all(target)) {
        error_set(error, "process %d cannot be read: %s", (int)pid, obstacle_of(target, errno));
    } else {
        target->images = loaded_images_open(pid, &why);
        if (target->images)
            return true;
        error_set(error, "process %d: %s", (int)pid,
                  scan_is_alive(target) ? why.text : "it ended meanwhile");
    }
    scan_target_close(target);
    return false;
}

bool scan_look_again(struct scan_target *target, struct error *error)
{
    if (target->core)
        return true;
    const bool alive = scan_is_alive(target);
    for (size_t i = 0; i < target->map_count; i++)
        free(target->maps[i].name);
    target->map_count = target->thread_count = target->constant_count = 0;
    if (alive && read_maps(target) && read_threads(target))
        return true;
    error_set(error, "process %" PRId32 " ended meanwhile", target->pid);
    return false;
}
