/*
 * host_maps - forks in all ways and tells on stdout, for each process, which traces are mapped in
 * it (its own, its parent's, others) and how many mappings are both writable and executable; and
 * whether a child can write where its parent's trace was mapped.
 */
#include "pool.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct traces {
    unsigned own, parents, others, writable_code; /* mappings */
    uint64_t start;                               /* of the last one */
};

static struct traces look(void)
{
    struct traces seen = {0};
    char line[4096], own[32], parents[32];
    FILE *maps = fopen("/proc/self/maps", "re");
    snprintf(own, sizeof(own), "/%d.trace", (int)getpid());
    snprintf(parents, sizeof(parents), "/%d.trace", (int)getppid());
    while (maps && fgets(line, sizeof(line), maps)) {
        uint64_t start = 0;
        char permissions[8] = "";
        if (sscanf(line, "%lx-%*x %7s", &start, permissions) != 2)
            exit(2);
        seen.writable_code += strchr(permissions, 'w') && strchr(permissions, 'x');
        if (!strstr(line, ".trace"))
            continue;
        seen.start = start;
        unsigned *count = strstr(line, own)       ? &seen.own
                          : strstr(line, parents) ? &seen.parents
                                                  : &seen.others;
        ++*count;
    }
    if (maps)
        fclose(maps);
    return seen;
}

static void tell(const char *who)
{
    struct traces seen = look();
    printf("%s: %s own, %u of its parent, %u others, %u writable and executable\n", who,
           seen.own ? "its" : "no", seen.parents, seen.others, seen.writable_code);
    fflush(stdout);
}

static void use_pools(void)
{
    pool *made = make_sub_pool(permanent_pool);
    palloc(made, 40);
    destroy_pool(made);
}

static void await(pid_t child)
{
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        printf("a child ended with %x\n", (unsigned)status);
}

static void fork_child(const char *who)
{
    pid_t child = fork();
    if (child == 0) {
        tell(who);
        use_pools();
        tell(who);
        _exit(0);
    }
    await(child);
}

static void on_signal(int signal)
{
    (void)signal;
    fork_child("child of a handler");
}

static void fork_grandchild(void)
{
    pid_t child = fork();
    if (child == 0) {
        fork_child("grandchild");
        _exit(0);
    }
    await(child);
}

/* Without the C library's handlers: before its first pool function and after. */
static void clone_child(void)
{
    uint64_t parents = look().start;
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) {
        unsigned char there;
        bool mapped = mincore((void *)parents, 4096, &there) == 0;
        printf("cloned child: where its parent's was there is %s\n", mapped ? "memory" : "nothing");
        tell("cloned child");
        use_pools();
        tell("cloned child");
        _exit(0);
    }
    await(child);
}

int main(void)
{
    init_pools();
    use_pools();
    tell("parent");
    fork_child("child");
    fork_grandchild();
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    clone_child();
    tell("parent");
    return 0;
}
/* SPDX-License-Identifier: MIT */
