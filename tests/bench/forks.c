/*
 * forks.c - how long fork() takes in a process that has used pools.
 *
 *   forks FILE ALLOCATIONS FORKS DIR
 *
 * FILE gets one line, medians over the forks in ns: until fork() has returned in the parent, until
 * it has in the child, and what the child then takes to create an empty file in DIR.
 */
#include "../e2e/pools.h"

#include <fcntl.h>
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
};

/* What a child tells. */
struct told {
    uint64_t begun, created;
};

static bool create_file(int dir, const char *name)
{
    int file = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    return file >= 0 && close(file) == 0;
}

/* Returns 0, or -1 when there is no child. */
static int time_fork(struct times *times, unsigned long index, volatile struct told *told, int dir)
{
    int status;
    char name[32];

    snprintf(name, sizeof(name), "%lu", index);

    uint64_t begin = elapsed_ns();
    pid_t child = fork();
    uint64_t end = elapsed_ns();

    if (child == 0) {
        told->begun = end;
        end = elapsed_ns();
        bool created = create_file(dir, name);
        told->created = elapsed_ns() - end;
        _exit(!created);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return -1;
    times->in_parent[index] = end - begin;
    times->in_child[index] = told->begun - begin;
    times->of_file[index] = told->created;
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
    if (argc != 5)
        return 2;
    unsigned long forks = strtoul(argv[3], NULL, 10);
    struct times times = {calloc(forks + 1, sizeof(uint64_t)), calloc(forks + 1, sizeof(uint64_t)),
                          calloc(forks + 1, sizeof(uint64_t))};
    struct told *told =
        mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int dir = open(argv[4], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    permanent_pool = make_sub_pool(NULL);
    use_pools(strtoul(argv[2], NULL, 10));
    /* Once here, so that no child has to look the functions up. */
    if (!create_file(dir, "first"))
        return 1;
    for (unsigned long i = 0; i < forks; i++)
        if (time_fork(&times, i, told, dir) != 0)
            return 1;
    FILE *file = fopen(argv[1], "w");

    return !(file &&
             fprintf(file, "%lu %lu %lu\n", median(times.in_parent, forks),
                     median(times.in_child, forks), median(times.of_file, forks)) > 0 &&
             fclose(file) == 0);
}
