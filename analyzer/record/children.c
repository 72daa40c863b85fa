/* children.c - the processes that this one is the parent of; see children.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/children.h"

#include "analyzer/record/endings.h"
#include "analyzer/util/clock.h"
#include "analyzer/util/memory.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#define TERM_MS 2000
#define KILL_MS 2000
#define LOOK_MS 10

struct pids {
    pid_t *items;
    size_t count;
};

static void append(struct pids *pids, pid_t pid)
{
    pids->items = xreallocarray(pids->items, pids->count + 1, sizeof(*pids->items));
    pids->items[pids->count++] = pid;
}

static bool contains(const struct pids *pids, pid_t pid)
{
    for (size_t i = 0; i < pids->count; i++)
        if (pids->items[i] == pid)
            return true;
    return false;
}

/* Zombies are among them. */
static struct pids list_children(void)
{
    struct pids pids = {0};
    FILE *file = fopen("/proc/thread-self/children", "re");
    for (int pid; file && fscanf(file, "%d", &pid) == 1;)
        append(&pids, pid);
    if (file)
        fclose(file);
    return pids;
}

pid_t children_any(void)
{
    struct pids pids = list_children();
    pid_t any = pids.count ? pids.items[0] : 0;
    free(pids.items);
    return any;
}

/* A child that was not waited for keeps its pid: nobody else is hit. */
static size_t signal_children(int signal, struct pids *signalled)
{
    struct pids pids = list_children();
    for (size_t i = 0; i < pids.count; i++) {
        if (contains(signalled, pids.items[i]))
            continue;
        kill(pids.items[i], signal);
        append(signalled, pids.items[i]);
    }
    free(pids.items);
    return pids.count;
}

/* SIGNAL to each once, also to those that become children by the end of others. */
static size_t signal_until(int signal, uint64_t until)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
    struct pids signalled = {0};
    size_t left;
    for (;;) {
        int status;
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
            endings_note(pid, status);
        left = signal_children(signal, &signalled);
        if (left == 0 || monotonic_ms() >= until)
            break;
        nanosleep(&pause, NULL);
    }
    free(signalled.items);
    return left;
}

size_t children_end(void)
{
    if (signal_until(SIGTERM, monotonic_ms() + TERM_MS) == 0)
        return 0;
    return signal_until(SIGKILL, monotonic_ms() + KILL_MS);
}
