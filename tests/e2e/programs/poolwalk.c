/*
 * poolwalk PID ADDRESS - prints the tree of pools in the memory of a running ProFTPD, as the daemon
 * itself has it: one line a pool, "bytes used<TAB>tag". ADDRESS is that of its permanent_pool.
 *
 * This is what the recorder's account is compared with, so it shares nothing with it. Ends with
 * status 1 when the memory cannot be read.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POOL_RECORD 0x48
#define BLOCK_HEAD  0x20

/* ProFTPD's struct pool_rec and union block_hdr on a 64-bit machine. */
struct pool {
    uint64_t first, last, cleanups, children, next, previous, parent, first_available, tag;
};

struct block {
    uint64_t end, next, first_available, padding;
};

static int memory;

static void read_memory(uint64_t address, void *to, size_t size)
{
    if (pread(memory, to, size, (off_t)address) != (ssize_t)size) {
        fprintf(stderr, "poolwalk: no memory at 0x%" PRIx64 "\n", address);
        exit(1);
    }
}

static void print_tag(uint64_t address)
{
    char letter;
    for (; address; address++) {
        read_memory(address, &letter, 1);
        if (!letter)
            break;
        putchar(letter == '\n' || letter == '\t' ? '?' : letter);
    }
    putchar('\n');
}

static uint64_t bytes_used(const struct pool *pool)
{
    struct block block;
    uint64_t used = 0;
    for (uint64_t address = pool->first; address; address = block.next) {
        read_memory(address, &block, sizeof(block));
        used += block.first_available - address - BLOCK_HEAD;
    }
    return used - POOL_RECORD;
}

static void walk(uint64_t address)
{
    struct pool pool;
    read_memory(address, &pool, sizeof(pool));
    printf("%" PRIu64 "\t", bytes_used(&pool));
    print_tag(pool.tag);
    for (uint64_t child = pool.children; child; child = pool.next) {
        walk(child);
        read_memory(child, &pool, sizeof(pool));
    }
}

int main(int argc, char **argv)
{
    char path[64];
    uint64_t root;
    if (argc != 3)
        return 2;
    snprintf(path, sizeof(path), "/proc/%ld/mem", strtol(argv[1], NULL, 10));
    memory = open(path, O_RDONLY);
    if (memory < 0) {
        perror(path);
        return 1;
    }
    read_memory(strtoull(argv[2], NULL, 0), &root, sizeof(root));
    walk(root);
    return 0;
}
/* SPDX-License-Identifier: MIT */
