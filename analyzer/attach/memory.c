/* memory.c - another process's memory; see memory.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd /* Linux 5.6 */
#define SYS_pidfd_getfd 438
#endif

#define LOCK_TRIES    2000
#define LOCK_PAUSE_NS 5000000

bool target_memory_open(struct target_memory *memory, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    memory->fd = open(path, O_RDWR | O_CLOEXEC);
    memory->pid = pid;
    return memory->fd >= 0;
}

void target_memory_close(struct target_memory *memory)
{
    if (memory->fd >= 0)
        close(memory->fd);
    memory->fd = -1;
}

bool target_read(const struct target_memory *memory, uint64_t address, void *to, size_t size)
{
    return pread(memory->fd, to, size, (off_t)address) == (ssize_t)size;
}

bool target_write(const struct target_memory *memory, uint64_t address, const void *from,
                  size_t size)
{
    return pwrite(memory->fd, from, size, (off_t)address) == (ssize_t)size;
}

/* The kernel ends a lock with who holds it. Where it has none for such files, nobody waits. */
bool target_memory_lock(const struct target_memory *memory)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
    for (unsigned i = 0; i < LOCK_TRIES; i++) {
        if (flock(memory->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* Not by /proc/PID/mem: that reads what the process itself may not, too, such as a guard page. */
size_t target_read_some(const struct target_memory *memory, uint64_t address, void *to, size_t size)
{
    const struct iovec into = {to, size}, from = {(void *)(uintptr_t)address, size};
    const ssize_t got = process_vm_readv(memory->pid, &into, 1, &from, 1, 0);
    return got > 0 ? (size_t)got : 0;
}

uint64_t target_word(const struct target_memory *memory, uint64_t address)
{
    uint64_t word;
    return target_read(memory, address, &word, sizeof(word)) ? word : 0;
}

void target_string(const struct target_memory *memory, uint64_t address, char *text, size_t size)
{
    const ssize_t got = pread(memory->fd, text, size - 1, (off_t)address);
    size_t length = got > 0 ? (size_t)got : 0;
    text[length] = '\0';
    /* At the end of what is mapped less is read, or nothing. */
    for (length = 0; got <= 0 && length < size - 1; length++) {
        if (!target_read(memory, address + length, text + length, 1) || !text[length])
            break;
    }
    if (got <= 0)
        text[length] = '\0';
}

int target_take_fd(pid_t pid, int remote)
{
    const int process = (int)syscall(SYS_pidfd_open, pid, 0);
    const int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, remote, 0);
    const int error = errno;
    if (process >= 0)
        close(process);
    errno = error;
    return fd;
}
