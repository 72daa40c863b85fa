/* leftovers.c - removes what a killed attach left in a process; see leftovers.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAPPED_NAME "/memfd:" CALL_MEMORY_NAME
#define REMOVED_MAX 1024 /* descriptors or mappings at once: a page of them is odd enough */
#define LOOKS       20   /* at a thread that runs */
#define PAUSE_NS    100000

static const char magic[] = "lifeguard ledger"; /* without its end */

struct range {
    uint64_t begin, end;
};

void ledger_begin(const struct caller *caller)
{
    struct ledger ledger = {.files = 0};
    memcpy(ledger.magic, magic, sizeof(ledger.magic));
    target_write(caller->thread.images->memory, caller->memory + LEDGER_AT, &ledger,
                 sizeof(ledger));
}

struct file_identity ledger_identity(pid_t pid, int remote)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)(pid ? pid : getpid()), remote);
    if (stat(path, &status) != 0)
        return (struct file_identity){0, 0};
    return (struct file_identity){status.st_dev, status.st_ino};
}

/* The stack pointer of thread TID. False: it runs, so that nobody knows. */
static bool stack_of(pid_t pid, pid_t tid, uint64_t *sp)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    FILE *in = fopen(path, "re");
    if (!in) /* it has ended */
        return errno == ENOENT;
    const bool read = fgets(line, sizeof(line), in) != NULL;
    fclose(in);
    /* Nothing: it has ended. Else what it waits in, and at last its stack pointer and its pc. */
    char *pc = read ? strrchr(line, ' ') : NULL;
    if (pc)
        *pc = '\0';
    char *stack = pc ? strrchr(line, ' ') : NULL;
    if (stack)
        *sp = strtoull(stack, NULL, 16);
    return stack || !read;
}

static bool is_inside(const struct range *range, uint64_t address)
{
    return address >= range->begin && address < range->end;
}

/* May thread TID still run what it was made to call? */
static bool may_use(const struct caller *caller, pid_t tid, const struct range *range)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    if (tid == caller->thread.tid)
        return is_inside(range, caller->thread.registers.rsp);
    for (unsigned look = 0; look < LOOKS; look++) {
        uint64_t sp = 0;
        if (stack_of(caller->thread.pid, tid, &sp))
            return is_inside(range, sp);
        nanosleep(&pause, NULL);
    }
    return true;
}

static bool is_in_use(const struct caller *caller, const struct range *range)
{
    size_t count = 0;
    pid_t *tids = threads_list(caller->thread.pid, &count);
    bool used = !tids;
    for (size_t i = 0; i < count && !used; i++)
        used = may_use(caller, tids[i], range);
    free(tids);
    return used;
}

static void close_remote(struct caller *caller, int fd)
{
    caller_syscall(caller, SYS_close, (uint64_t)fd, 0, 0, 0);
}

/* Closes FD when it still is what IDENTITY says. */
static void close_noted(struct caller *caller, int fd, struct file_identity identity)
{
    const struct file_identity now = ledger_identity(caller->thread.pid, fd);
    if (fd >= 0 && now.inode && now.inode == identity.inode && now.device == identity.device)
        close_remote(caller, fd);
}

/* Who was killed before it could tell which sockets they are has not closed them either. */
static void close_pair(struct caller *caller, const struct ledger *ledger)
{
    for (size_t i = 0; i < 2; i++) {
        const struct file_identity noted = ledger->pair_identity[i];
        if (noted.inode)
            close_noted(caller, ledger->pair[i], noted);
        else if (ledger->pair[i] > 0)
            close_remote(caller, ledger->pair[i]);
    }
}

static void close_files(struct caller *caller, const struct ledger *ledger)
{
    int fds[FEED_MAX];
    const struct cmsghdr *header = (const struct cmsghdr *)ledger->room.control;
    const size_t size = header->cmsg_len > CMSG_LEN(0) ? header->cmsg_len - CMSG_LEN(0) : 0;
    memcpy(fds, CMSG_DATA(header), sizeof(fds));
    for (size_t i = 0; i < ledger->files && i < FEED_MAX && i < size / sizeof(int); i++)
        close_noted(caller, fds[i], ledger->file_identity[i]);
}

static void remove_memory(struct caller *caller, const struct range *range)
{
    struct ledger ledger;
    if (is_in_use(caller, range))
        return;
    if (target_read(caller->thread.images->memory, range->begin + LEDGER_AT, &ledger,
                    sizeof(ledger)) &&
        memcmp(ledger.magic, magic, sizeof(ledger.magic)) == 0) {
        close_pair(caller, &ledger);
        close_noted(caller, ledger.listener, ledger.listener_identity);
        close_files(caller, &ledger);
    }
    caller_syscall(caller, SYS_munmap, range->begin, range->end - range->begin, 0, 0);
}

/* The mappings of those before, at most MOST; how many. */
static size_t find_memory(const struct caller *caller, struct range *found, size_t most)
{
    char path[64], line[4352];
    size_t count = 0;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)caller->thread.pid);
    FILE *in = fopen(path, "re");
    while (in && count < most && fgets(line, sizeof(line), in)) {
        struct range range;
        const char *name = strchr(line, '/');
        if (name && strncmp(name, MAPPED_NAME, strlen(MAPPED_NAME)) == 0 &&
            sscanf(line, "%" SCNx64 "-%" SCNx64, &range.begin, &range.end) == 2 &&
            range.begin != caller->memory && range.end - range.begin == CALL_MEMORY)
            found[count++] = range;
    }
    if (in)
        fclose(in);
    return count;
}

/* Descriptors of such memory that was not mapped any more; how many. */
static size_t find_descriptors(pid_t pid, int *found, size_t most)
{
    char path[64], link[64];
    size_t count = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && count < most && (entry = readdir(dir));) {
        const ssize_t got = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
        link[got > 0 ? got : 0] = '\0';
        if (strncmp(link, MAPPED_NAME, strlen(MAPPED_NAME)) == 0)
            found[count++] = atoi(entry->d_name);
    }
    if (dir)
        closedir(dir);
    return count;
}

void leftovers_remove(struct caller *caller)
{
    struct range ranges[REMOVED_MAX];
    int fds[REMOVED_MAX];
    const size_t mapped = find_memory(caller, ranges, REMOVED_MAX);
    const size_t open = find_descriptors(caller->thread.pid, fds, REMOVED_MAX);
    for (size_t i = 0; i < open; i++)
        close_remote(caller, fds[i]);
    for (size_t i = 0; i < mapped; i++)
        remove_memory(caller, &ranges[i]);
}
