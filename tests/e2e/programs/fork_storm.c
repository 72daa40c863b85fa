/*
 * fork_storm SESSIONS - forks so many sessions, one after the other, and changes its pools before
 * each. Prints
 *
 *   session PID POOLS BYTES     what was alive at its fork
 *   self SESSIONS FDS MAPPINGS SIZE ANONYMOUS
 *                               of the master after so many sessions; the last two in kB
 *   fork PARENT CHILD           median time from before a fork() until it returned there, in ns
 *
 * A session leaves the pools as it found them.
 */
#include "pools.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define SESSIONS_MAX 100000
#define POOLS        12  /* below permanent_pool */
#define ALLOCATIONS  9   /* in a pool at most, of up to 96 bytes: a block's worth */
#define WARM         100 /* sessions until nothing is new any more */

static struct {
    pool *pool;
    long bytes;
} pools[POOLS];

static long *fork_times[2]; /* of parent and child, by session; shared */

static long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void change_pools(unsigned step)
{
    unsigned victim = step * 7 % POOLS;
    destroy_pool(pools[victim].pool);
    pools[victim].pool = make_sub_pool(permanent_pool);
    pr_pool_tag(pools[victim].pool, step % 2 ? "odd" : "even");
    pools[victim].bytes = 0;
    for (unsigned i = 0; i < step % (ALLOCATIONS + 1); i++) {
        size_t size = 8 * (1 + (step + i) % 12);
        palloc(pools[victim].pool, size);
        pools[victim].bytes += (long)size;
    }
}

static _Noreturn void run_session(void)
{
    pool *own = make_sub_pool(permanent_pool);
    palloc(own, 64);
    destroy_pool(own);
    _exit(0);
}

static int fork_session(unsigned number)
{
    long alive = 1, bytes = 0, start = now_ns();
    int status;
    pid_t session = fork();
    fork_times[session == 0][number] = now_ns() - start;
    if (session == 0)
        run_session();
    if (session < 0 || waitpid(session, &status, 0) < 0 || status != 0)
        return 1;
    for (unsigned i = 0; i < POOLS; i++) {
        alive += pools[i].pool != NULL;
        bytes += pools[i].bytes;
    }
    printf("session %d %ld %ld\n", session, alive, bytes);
    return 0;
}

static long count_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    long count = 0;
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static void print_self(unsigned sessions)
{
    char line[512];
    long mappings = 0, size = 0, anonymous = 0, fds = count_fds();
    FILE *file = fopen("/proc/self/maps", "r");
    while (file && fgets(line, sizeof(line), file))
        mappings++;
    file = file ? freopen("/proc/self/status", "r", file) : NULL;
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmSize:", 7) == 0)
            size = strtol(line + 7, NULL, 10);
        if (strncmp(line, "RssAnon:", 8) == 0)
            anonymous = strtol(line + 8, NULL, 10);
    }
    if (file)
        fclose(file);
    printf("self %u %ld %ld %ld %ld\n", sessions, fds, mappings, size, anonymous);
}

static int by_value(const void *left, const void *right)
{
    long a = *(const long *)left, b = *(const long *)right;
    return a < b ? -1 : a > b;
}

static long median(long *values, unsigned count)
{
    qsort(values, count, sizeof(*values), by_value);
    return values[count / 2];
}

static void share_times(void)
{
    size_t size = SESSIONS_MAX * sizeof(long);
    for (unsigned i = 0; i < 2; i++) {
        fork_times[i] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (fork_times[i] == MAP_FAILED)
            exit(1);
    }
}

int main(int argc, char **argv)
{
    unsigned sessions = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    if (sessions < WARM || sessions > SESSIONS_MAX)
        return 2;
    share_times();
    permanent_pool = make_sub_pool(NULL);
    for (unsigned number = 0; number < sessions; number++) {
        change_pools(number);
        if (fork_session(number) != 0)
            return 1;
        if (number + 1 == WARM)
            print_self(WARM);
    }
    print_self(sessions);
    printf("fork %ld %ld\n", median(fork_times[0], sessions), median(fork_times[1], sessions));
    return 0;
}
/* SPDX-License-Identifier: MIT */
