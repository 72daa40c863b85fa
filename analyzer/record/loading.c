/*
 * loading.c - a program that does nothing is run with the recorder preloaded: what is not found, or
 * of another architecture or version, ends it before its main(), or shows as the loader's warning.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* pipe2 */

#include "analyzer/record/loading.h"

#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_SIZE 1024 /* bytes of what the loader says */

/* In the child; nothing of it is recorded. */
static _Noreturn void run_preloaded(const char *library, int said)
{
    const int nothing = open("/dev/null", O_RDWR);
    unsetenv("LIFEGUARD_DIR");
    unsetenv("LIFEGUARD_QUIET");
    setenv("LD_PRELOAD", library, 1);
    setenv("LC_ALL", "C", 1);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    execl("/bin/true", "true", (char *)NULL);
    _exit(0); /* where nothing can be tried, nothing is refused */
}

/* Reads to the end; keeps the first line. */
static void read_line(int from, char line[LINE_MAX_SIZE])
{
    size_t length = 0;
    char rest[LINE_MAX_SIZE];
    for (;;) {
        const size_t room = LINE_MAX_SIZE - 1 - length;
        const ssize_t got = read(from, room ? line + length : rest, room ? room : sizeof(rest));
        if (got > 0 && room)
            length += (size_t)got;
        else if (got == 0 || (got < 0 && errno != EINTR))
            break;
    }
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

char *loading_refusal(const char *library)
{
    int said[2], status = 0;
    char line[LINE_MAX_SIZE] = "";
    if (pipe2(said, O_CLOEXEC) != 0)
        return NULL;
    const pid_t child = fork();
    if (child == 0)
        run_preloaded(library, said[1]);
    close(said[1]);
    if (child > 0)
        read_line(said[0], line);
    close(said[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0 && !*line && status != 0)
        return xstrdup("the loader ended the program without a word");
    return *line ? xstrdup(line) : NULL;
}
