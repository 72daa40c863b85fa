/*
 * forks.c - how long fork() takes in a process that has used pools.
 *
 *   forks FILE ALLOCATIONS FORKS
 *
 * FILE gets one line, medians over the forks in ns: until fork() has returned in the parent, and
 * until it has in the child.
 */
#include "../e2e/pools.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

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

/* Returns 0, or -1 when there is no child. */
static int time_fork(uint64_t *in_parent, uint64_t *in_child, volatile uint64_t *shared)
{
    uint64_t begin = elapsed_ns();
    pid_t child = fork();
    uint64_t end = elapsed_ns();

    if (child == 0) {
        *shared = end;
        _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child)
        return -1;
    *in_parent = end - begin;
    *in_child = *shared - begin;
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

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    unsigned long forks = strtoul(argv[3], NULL, 10);
    uint64_t *in_parent = calloc(forks + 1, sizeof(*in_parent));
    uint64_t *in_child = calloc(forks + 1, sizeof(*in_child));
    uint64_t *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    permanent_pool = make_sub_pool(NULL);
    use_pools(strtoul(argv[2], NULL, 10));
    for (unsigned long i = 0; i < forks; i++)
        if (time_fork(&in_parent[i], &in_child[i], shared) != 0)
            return 1;
    FILE *file = fopen(argv[1], "w");

    return !(file &&
             fprintf(file, "%lu %lu\n", median(in_parent, forks), median(in_child, forks)) > 0 &&
             fclose(file) == 0);
}
