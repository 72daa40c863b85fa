/*
 * forks.c - how long fork() takes in a process that has used pools.
 *
 *   forks FILE ALLOCATIONS FORKS DIR
 *
 * FILE gets two lines: of FORKS children that began on their parent's processor, and of FORKS that
 * began on another, if there is one. It is the scheduler that chooses, and the second kind takes
 * twice as long. Each line has medians in ns: until fork() has returned in the parent, until it has
 * in the child, and what the child then takes to create an empty file in DIR.
 *
 * SPDX-License-Identifier: MIT
 */
#include "../e2e/programs/pools.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t elapsed_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void use_pools(unsigned long allocations)
{
    pool *used = NULL;

    for (unsigned long i = 0; i < allocations; i++) {
        if (i % 100 == 0) {
            destroy_pool(used);
            used = make_sub_pool(permanent_pool);
        }
        palloc(used, 24);
    }
}

struct times {
    uint64_t *in_parent, *in_child, *of_file;
    unsigned long count;
};

/* What a child tells. */
struct told {
    uint64_t begun, created;
    unsigned cpu;
    bool done;
};

static bool create_file(int dir, const char *name)
{
    int file = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    return file >= 0 && close(file) == 0;
}

static void tell(struct told *told, uint64_t begun, int dir, const char *name)
{
    told->begun = begun;
    getcpu(&told->cpu, NULL);
    uint64_t begin = elapsed_ns();
    bool created = create_file(dir, name);
    told->created = elapsed_ns() - begin;
    __atomic_store_n(&told->done, true, __ATOMIC_RELEASE);
    _exit(!created);
}

/* Waiting here, without a pause, a process has the scheduler take another processor. */
static void wait_busily(const struct told *told)
{
    uint64_t begin = elapsed_ns();

    while (!__atomic_load_n(&told->done, __ATOMIC_ACQUIRE) && elapsed_ns() - begin < 20000000)
        continue;
}

/* Counts a fork if the child began where it was to. Returns 0, or -1 when there is no child. */
static int time_fork(struct times *times, bool elsewhere, struct told *told, int dir)
{
    static unsigned long number;
    unsigned cpu;
    int status;
    char name[32];

    snprintf(name, sizeof(name), "%lu", number++);
    told->done = false;
    getcpu(&cpu, NULL);
    uint64_t begin = elapsed_ns();
    pid_t child = fork();
    uint64_t end = elapsed_ns();

    if (child == 0)
        tell(told, end, dir, name);
    if (elsewhere)
        wait_busily(told);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return -1;
    if ((told->cpu != cpu) == elsewhere) {
        times->in_parent[times->count] = end - begin;
        times->in_child[times->count] = told->begun - begin;
        times->of_file[times->count++] = told->created;
    }
    return 0;
}

static int by_size(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static uint64_t median(uint64_t *numbers, unsigned long count)
{
    qsort(numbers, count, sizeof(*numbers), by_size);
    return numbers[count / 2];
}

/* Of FORKS children that began here, or ELSEWHERE; gives up when most do not. */
static int time_forks(FILE *file, unsigned long forks, bool elsewhere, struct told *told, int dir)
{
    struct times times = {calloc(forks, sizeof(uint64_t)), calloc(forks, sizeof(uint64_t)),
                          calloc(forks, sizeof(uint64_t)), 0};

    for (unsigned long tries = 0; times.count < forks; tries++)
        if (tries == 10 * forks || time_fork(&times, elsewhere, told, dir) != 0)
            return -1;
    return fprintf(file, "%lu %lu %lu\n", median(times.in_parent, forks),
                   median(times.in_child, forks), median(times.of_file, forks));
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    unsigned long forks = strtoul(argv[3], NULL, 10);
    struct told *told =
        mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int dir = open(argv[4], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FILE *file = fopen(argv[1], "w");
    cpu_set_t all, one;

    permanent_pool = make_sub_pool(NULL);
    use_pools(strtoul(argv[2], NULL, 10));
    /* Once here, so that no child has to look the functions up. */
    if (!file || !create_file(dir, "first"))
        return 1;
    sched_getaffinity(0, sizeof(all), &all);
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
    bool timed = time_forks(file, forks, false, told, dir) > 0;
    sched_setaffinity(0, sizeof(all), &all);
    if (timed && CPU_COUNT(&all) > 1)
        timed = time_forks(file, forks, true, told, dir) > 0;
    return !(fclose(file) == 0 && timed);
}
