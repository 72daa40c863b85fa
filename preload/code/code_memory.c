/* code_memory.c - writing to code, and making what was written code; see code_memory.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/code_memory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CODE (PROT_READ | PROT_EXEC)

/* Whatever the protection of the pages. Not by the C library's functions: what is written may be
 * theirs. */
static bool write_through_file(uint64_t address, const void *bytes, size_t size)
{
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    const bool written = syscall(SYS_pwrite64, fd, bytes, size, address) == (long)size;
    close(fd);
    return written;
}

/* New pages take the place of those at START, and are code from the beginning. */
static bool replace_by_code(uint64_t start, const void *bytes, size_t size)
{
    return mmap((void *)start, size, CODE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
               MAP_FAILED &&
           write_through_file(start, bytes, size);
}

/* Is such a page to be had, somewhere, with what is written to it? To be known before code leads to
 * one. */
static bool can_replace(void)
{
    static const uint8_t byte = 0xc3;
    void *page = mmap(NULL, sizeof(byte), CODE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return false;
    const bool can = write_through_file((uint64_t)(uintptr_t)page, &byte, sizeof(byte)) &&
                     *(const uint8_t *)page == byte;
    munmap(page, sizeof(byte));
    return can;
}

bool code_write(uint64_t address, const void *bytes, size_t size)
{
    const uint64_t first = address & ~((uint64_t)sysconf(_SC_PAGESIZE) - 1);
    const size_t length = (size_t)(address + size - first);
    if (mprotect((void *)first, length, CODE | PROT_WRITE) != 0)
        return can_replace() && write_through_file(address, bytes, size);
    memcpy((void *)address, bytes, size);
    mprotect((void *)first, length, CODE);
    return true;
}

bool code_seal(uint64_t start, size_t size)
{
    if (mprotect((void *)start, size, CODE) == 0)
        return true;
    void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return false;
    memcpy(copy, (const void *)start, size);
    const bool sealed = can_replace() && replace_by_code(start, copy, size);
    munmap(copy, size);
    return sealed;
}
