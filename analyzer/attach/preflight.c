/* preflight.c - whether a process can be attached to; see preflight.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/preflight.h"

#include "analyzer/attach/frozen.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECCOMP_STRICT 1

/* What /proc/PID/status tells. */
struct status {
    long group, tracer, seccomp, uid, threads;
    char state;
    bool shadow_stack;
};

static void take_line(struct status *status, const char *line)
{
    sscanf(line, "Tgid: %ld", &status->group);
    sscanf(line, "TracerPid: %ld", &status->tracer);
    sscanf(line, "Seccomp: %ld", &status->seccomp);
    sscanf(line, "State: %c", &status->state);
    sscanf(line, "Uid: %ld", &status->uid);
    sscanf(line, "Threads: %ld", &status->threads);
    if (strncmp(line, "x86_Thread_features:", 20) == 0 && strstr(line, "shstk"))
        status->shadow_stack = true;
}

static bool read_status(pid_t pid, struct status *status)
{
    char path[64], line[512];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *in = fopen(path, "re");
    *status = (struct status){0};
    if (!in)
        return false;
    while (fgets(line, sizeof(line), in))
        take_line(status, line);
    fclose(in);
    return true;
}

static void read_name(long pid, char name[64])
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
    FILE *in = fopen(path, "re");
    *name = '\0';
    if (in && fgets(name, 64, in))
        name[strcspn(name, "\n")] = '\0';
    if (in)
        fclose(in);
}

static long read_number(const char *file)
{
    long number = -1;
    FILE *in = fopen(file, "re");
    if (in && fscanf(in, "%ld", &number) != 1)
        number = -1;
    if (in)
        fclose(in);
    return number;
}

void preflight_explain(pid_t pid, int why, const char *yama, struct error *error)
{
    static const char *const settings[] = {
        "", ": only a parent may trace, or who has the capability CAP_SYS_PTRACE",
        ": only who has the capability CAP_SYS_PTRACE may trace", ": nobody may trace"};
    struct status status;
    const long setting = read_number(yama);
    const bool known = read_status(pid, &status);
    if (why != EPERM && why != EACCES)
        error_set(error, "process %d: %s", (int)pid, strerror(why));
    else if (setting >= 1 && setting <= 3 && (setting == 3 || geteuid() != 0))
        error_set(error, "process %d may not be traced: %s is %ld%s", (int)pid, yama, setting,
                  settings[setting]);
    else if (known && status.uid != (long)geteuid() && geteuid() != 0)
        error_set(error,
                  "process %d may not be traced: it is user %ld's; that takes this user, or the "
                  "capability CAP_SYS_PTRACE (root has it)",
                  (int)pid, status.uid);
    else
        error_set(error,
                  "process %d may not be traced: it has capabilities that you have not, has "
                  "changed its user or is protected by a security module; that takes the "
                  "capability CAP_SYS_PTRACE",
                  (int)pid);
}

/* What its state says; NULL: nothing. */
static const char *obstacle(const struct status *status)
{
    if (status->state == 'Z' && status->threads > 1)
        return "its first thread has ended, and nobody can look at it since";
    if (status->state == 'Z' || status->state == 'X')
        return "it has ended";
    if (status->state == 'T')
        return "it is stopped; it goes on with 'kill -CONT'";
    if (status->seccomp == SECCOMP_STRICT)
        return "it may make no system calls but four (strict seccomp)";
    if (status->shadow_stack)
        return "it has a shadow stack, which lets nobody call anything in it";
    return NULL;
}

/* Its executable is one that the recorder is made for. */
static bool is_made_for(pid_t pid, struct error *error)
{
    char path[64];
    Elf64_Ehdr header;
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        const int why = errno;
        if (why == ENOENT)
            error_set(error, "process %d is the kernel's own", (int)pid);
        else
            preflight_explain(pid, why, YAMA_FILE, error);
        return false;
    }
    const bool read_all = read(fd, &header, sizeof(header)) == (ssize_t)sizeof(header);
    close(fd);
    const bool ok = read_all && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                    header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64;
    if (!ok)
        error_set(error,
                  "process %d is built for another architecture (the recorder is for 64-bit x86)",
                  (int)pid);
    return ok;
}

bool preflight(pid_t pid, struct error *error)
{
    struct status status;
    char name[64];
    if (!read_status(pid, &status)) {
        error_set(error, "process %d: there is none", (int)pid);
        return false;
    }
    const char *why = obstacle(&status);
    read_name(status.tracer, name);
    if (status.group != pid)
        error_set(error, "%d is a thread of process %ld", (int)pid, status.group);
    else if (pid == getpid())
        error_set(error, "process %d is this command", (int)pid);
    else if (status.tracer)
        error_set(error, "process %d is traced already, by process %ld (%s)", (int)pid,
                  status.tracer, name);
    else if (why)
        error_set(error, "process %d: %s", (int)pid, why);
    else if (is_frozen(pid))
        error_set(error, "process %d: it is frozen, with its control group", (int)pid);
    else
        return is_made_for(pid, error);
    return false;
}
