/* keeper.c - lifeguard keep beside lifeguard record or attach; see keeper.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/keeper.h"

#include "analyzer/keep/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define DELAY_NS UINT64_C(2000000000)
#define NICE_BY  10

/* What the program reads and writes is not its business. */
static void leave_streams(void)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
}

static void run(const char *dir)
{
    const struct keep_request request = {.dir = dir, .full = KEEP_FULL, .delay_ns = DELAY_NS};
    struct keep_result result;
    struct error error;
    leave_streams();
    if (nice(NICE_BY) == -1)
        errno = 0;
    const bool done = keep_run(&request, &result, &error);
    const struct error *wrong = done ? &result.left : &error;
    if (wrong->text[0])
        fprintf(stderr, "lifeguard keep: %s\n", wrong->text);
}

/* The process between: its child's pid goes to TELL, and it ends. */
static void begin_child(const char *dir, int tell)
{
    const pid_t pid = fork();
    if (pid == 0)
        run(dir);
    else if (write(tell, &pid, sizeof(pid)) != sizeof(pid))
        _exit(1);
    _exit(pid < 0);
}

struct keeper keeper_begin(const char *dir)
{
    struct keeper keeper = {0};
    int way[2], status = 1;
    fflush(NULL);
    if (pipe2(way, O_CLOEXEC) != 0)
        return keeper;
    const pid_t between = fork();
    if (between == 0) {
        close(way[0]);
        begin_child(dir, way[1]);
    }
    close(way[1]);
    if (between > 0)
        waitpid(between, &status, 0);
    if (status == 0 && read(way[0], &keeper.pid, sizeof(keeper.pid)) == sizeof(keeper.pid)) {
        keeper.alive = way[0];
        return keeper;
    }
    fprintf(stderr, "lifeguard: nothing is kept: no process can be made\n");
    close(way[0]);
    return (struct keeper){0};
}

void keeper_end(const struct keeper *keeper)
{
    struct pollfd alive = {.fd = keeper->alive};
    if (!keeper->pid)
        return;
    if (poll(&alive, 1, 0) == 0)
        kill(keeper->pid, SIGTERM);
    while (poll(&alive, 1, -1) < 0 && errno == EINTR)
        ;
    close(keeper->alive);
}
