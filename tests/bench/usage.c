/*
 * preload/hooks/usage.c - runs a program and notes what it took.
 *
 *   usage FILE PROGRAM [ARG...]
 *
 * FILE gets one line: CPU time in ns (user and system, of PROGRAM and of all its descendants that
 * were waited for), elapsed time in ns, and the largest resident set of one of these processes in
 * bytes. SIGTERM is handed on. The exit status is PROGRAM's; 128+N when signal N ended it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;

static void hand_on(int number)
{
    if (child > 0)
        kill(child, number);
}

static uint64_t elapsed_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t ns(struct timeval time)
{
    return ((uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec) * 1000;
}

static int write_line(const char *path, const struct rusage *used, uint64_t elapsed)
{
    FILE *file = fopen(path, "w");

    return !file ||
           fprintf(file, "%lu %lu %lu\n", ns(used->ru_utime) + ns(used->ru_stime), elapsed,
                   (uint64_t)used->ru_maxrss * 1024) < 0 ||
           fclose(file) != 0;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = hand_on, .sa_flags = SA_RESTART};
    struct rusage used;
    uint64_t begin = elapsed_ns();
    int status;

    if (argc < 3)
        return 2;
    sigaction(SIGTERM, &action, NULL);
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 2;
    if (write_line(argv[1], &used, elapsed_ns() - begin) != 0)
        return 2;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
