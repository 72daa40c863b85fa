/*
 * worst_host.c - what a host may do that a recorder is easily hurt by, one a word:
 *
 *   worst_host code N            calls pools N times through code without an unwind table
 *   worst_host threads CHILDREN  forks without the C library's handlers; the children's first
 *                                calls come from several threads at once
 *   worst_host forks COUNT       forks that fail
 *   worst_host pages             prints how many large anonymous mappings may have huge pages
 *   worst_host windows           a child prints how many KiB of its trace are mapped, and how many
 *                                of these a core dump would get
 *   worst_host stop ROUNDS       goes on with ever other backtraces when nothing has room any more
 *   worst_host children POOLS COUNT   forks, with so many pools in the parent; prints the
 *                                microseconds of all, and prints nothing else
 */
#define _GNU_SOURCE
#include "pools.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4

static pool *made;

static POOL_ENTRY void use_pool(void)
{
    pool *used = make_sub_pool(permanent_pool);
    palloc(used, 24);
    destroy_pool(used);
    __asm__ volatile(""); /* so that this calls it, too */
}

/* sub rsp, 24; call rdi; add rsp, 24; ret */
static const unsigned char calls[] = {0x48, 0x83, 0xec, 0x18, 0xff, 0xd7,
                                      0x48, 0x83, 0xc4, 0x18, 0xc3};

static int call_through_code(unsigned long times)
{
    void *code =
        mmap(NULL, sizeof(calls), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 1;
    memcpy(code, calls, sizeof(calls));
    mprotect(code, sizeof(calls), PROT_READ | PROT_EXEC);
    for (unsigned long i = 0; i < times; i++)
        ((void (*)(void (*)(void)))code)(use_pool);
    return 0;
}

static pthread_barrier_t together;

static void *use_pools(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < 50; i++)
        use_pool();
    return NULL;
}

static void child_with_threads(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, use_pools, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    _exit(0);
}

static int fork_silently(unsigned children)
{
    int status, bad = 0;
    use_pool();
    for (unsigned i = 0; i < children; i++) {
        pid_t pid = _Fork();
        if (pid == 0)
            child_with_threads();
        bad |= waitpid(pid, &status, 0) != pid || status != 0;
    }
    return bad;
}

/* As a user who has no more processes; root may have any number. */
static int fail_to_fork(unsigned count)
{
    const struct rlimit none = {0, 0};
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 2;
    setrlimit(RLIMIT_NPROC, &none);
    errno = 0;
    for (unsigned i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid > 0 || errno != EAGAIN)
            return 3;
        use_pool();
    }
    return 0;
}

static int count_huge(void)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    unsigned long start, end, inode, found = 0;
    bool large = false;
    use_pool();
    while (maps && fgets(line, sizeof(line), maps)) {
        char access[8];
        if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", &start, &end, access, &inode) == 4)
            large = inode == 0 && access[1] == 'w' && end - start >= 2u << 20 && !strchr(line, '[');
        else if (strncmp(line, "VmFlags:", 8) == 0)
            found += large && !strstr(line, " nh");
    }
    printf("%lu\n", found);
    return maps == NULL;
}

static int print_windows(void)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    unsigned long start, end, mapped = 0, dumped = 0, size = 0;
    while (maps && fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %*s", &start, &end) == 2 &&
            strchr(line, '-') < strchr(line, ' ')) {
            size = strstr(line, ".trace") ? (end - start) / 1024 : 0;
            mapped += size;
        } else if (strncmp(line, "VmFlags:", 8) == 0 && !strstr(line, " dd")) {
            dumped += size;
        }
    }
    printf("%lu %lu\n", mapped, dumped);
    fflush(stdout);
    return maps == NULL;
}

static int fork_and_print(void)
{
    int status;
    use_pool();
    pid_t pid = fork();
    if (pid == 0) {
        use_pool();
        _exit(print_windows());
    }
    return waitpid(pid, &status, 0) != pid || status != 0;
}

static POOL_ENTRY void deeper(unsigned path, unsigned depth)
{
    char room[64] = {(char)path};
    __asm__ volatile("" : : "r"(room) : "memory");
    if (depth == 0)
        palloc(made, 8);
    else if (path & 1)
        deeper(path >> 1, depth - 1);
    else {
        deeper(path >> 1, depth - 1);
        __asm__ volatile("nop" : : : "memory");
    }
    __asm__ volatile("" : : "r"(room) : "memory");
}

static int go_on(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        if (i % 64 == 0) {
            destroy_pool(made);
            made = make_sub_pool(permanent_pool);
        }
        deeper(i, 14);
    }
    return 0;
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int fork_children(unsigned pools, unsigned count)
{
    int status, bad = 0;
    pool **kept = calloc(pools, sizeof(pool *));
    for (unsigned i = 0; kept && i < pools; i++)
        kept[i] = make_sub_pool(permanent_pool);
    const uint64_t start = now_us();
    for (unsigned i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            use_pool();
            _exit(0);
        }
        bad |= waitpid(pid, &status, 0) != pid || status != 0;
    }
    printf("%lu\n", (unsigned long)(now_us() - start));
    free(kept);
    return bad;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    permanent_pool = make_sub_pool(NULL);
    if (strcmp(what, "code") == 0)
        return call_through_code(argc > 2 ? strtoul(argv[2], NULL, 10) : 1);
    if (strcmp(what, "threads") == 0)
        return fork_silently(first);
    if (strcmp(what, "forks") == 0)
        return fail_to_fork(first);
    if (strcmp(what, "pages") == 0)
        return count_huge();
    if (strcmp(what, "windows") == 0)
        return fork_and_print();
    if (strcmp(what, "stop") == 0)
        return go_on(first);
    if (strcmp(what, "children") == 0 && argc > 3)
        return fork_children(first, (unsigned)atoi(argv[3]));
    return 2;
}
/* SPDX-License-Identifier: MIT */
