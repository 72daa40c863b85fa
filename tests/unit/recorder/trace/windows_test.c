/*
 * windows_test.c - a trace is longer than what is mapped of it at first: each claim lies where it
 * belongs in the file, from several threads at once, and a limit on the address space ends it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/trace/file.h"
#include "tests/unit/support/temp_dir.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIMIT   (UINT64_C(64) << 20)
#define CLAIMED (UINT64_C(32) << 20) /* several windows */
#define THREADS 4

static char *dir;

static void begin(void)
{
    const struct trace_origin none = {0};
    dir = temporary_directory();
    cr_assert(trace_file_open(dir, LIMIT, &none));
}

static void end(void)
{
    remove_directory(dir);
}

TestSuite(windows, .init = begin, .fini = end);

/* A piece of any size, each of its pages with a number of its own. */
static bool claim_piece(unsigned size, atomic_ulong *pages)
{
    uint64_t *piece = trace_file_claim(size, size);
    for (unsigned at = 0; piece && at < size; at += TRACE_PAGE)
        piece[at / sizeof(*piece)] = 1 + atomic_fetch_add(pages, 1);
    return piece != NULL;
}

static unsigned size_of(unsigned number)
{
    static const unsigned sizes[] = {TRACE_PAGE, 256u << 10, 12u << 10, 1u << 20, 64u << 10};
    return sizes[number % 5];
}

static void *claim_many(void *pages)
{
    for (unsigned i = 0; trace_file_header()->claimed < CLAIMED; i++)
        cr_assert(claim_piece(size_of(i), pages));
    return NULL;
}

static int open_file(void)
{
    char pattern[4096];
    glob_t found;
    snprintf(pattern, sizeof(pattern), "%s/*" TRACE_SUFFIX, dir);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0);
    const int fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
    globfree(&found);
    return fd;
}

/* Every page that was claimed is in the file, once, between the header and the end. */
static void expect_in_file(unsigned long pages)
{
    bool *seen = calloc(pages + 1, sizeof(*seen));
    const uint64_t claimed = trace_file_header()->claimed;
    const int fd = open_file();
    cr_assert_eq(claimed, (pages + 1) * TRACE_PAGE);
    for (uint64_t at = TRACE_PAGE; at < claimed; at += TRACE_PAGE) {
        uint64_t number = 0;
        cr_assert_eq(pread(fd, &number, sizeof(number), (off_t)at), sizeof(number));
        cr_assert(number > 0 && number <= pages && !seen[number], "page %lu", at / TRACE_PAGE);
        seen[number] = true;
    }
    close(fd);
    free(seen);
}

Test(windows, what_is_claimed_is_where_it_belongs)
{
    atomic_ulong pages = 0;
    claim_many(&pages);
    expect_in_file(pages);
}

Test(windows, threads_that_claim_at_once)
{
    pthread_t threads[THREADS];
    atomic_ulong pages = 0;
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, claim_many, &pages);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    expect_in_file(pages);
}

/* What maps of trace this process has: bytes. */
static uint64_t mapped(void)
{
    char line[4096];
    uint64_t bytes = 0, from, to;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof(line), maps)) {
        if (strstr(line, TRACE_SUFFIX) && sscanf(line, "%lx-%lx", &from, &to) == 2)
            bytes += to - from;
    }
    fclose(maps);
    return bytes;
}

Test(windows, little_more_is_mapped_than_is_claimed)
{
    atomic_ulong pages = 0;
    cr_expect_leq(mapped(), UINT64_C(4) << 20);
    claim_many(&pages);
    cr_expect_leq(mapped(), 2 * CLAIMED);
}

/* A limit may be set at any time: the recorder takes a quarter of it, and stops. */
Test(windows, a_limit_that_comes_later)
{
    const struct rlimit space = {UINT64_C(64) << 20, RLIM_INFINITY};
    atomic_ulong pages = 0;
    cr_assert(claim_piece(TRACE_PAGE, &pages));
    cr_assert_eq(setrlimit(RLIMIT_AS, &space), 0);
    for (unsigned i = 0; claim_piece(size_of(i), &pages); i++)
        continue;
    cr_expect_eq(trace_file_header()->stop, TRACE_STOP_ADDRESS_SPACE);
    cr_expect_leq(mapped(), space.rlim_cur / 4);
    cr_expect(!claim_piece(TRACE_PAGE, &pages));
}
