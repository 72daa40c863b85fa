/* stop_at_entry.c - stops a program when the loader is done with it; see stop_at_entry.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/api/stop_at_entry.h"

#include "analyzer/util/auxiliary.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#define BREAKPOINT 0xccu /* int3, one byte: a trap, after which the next instruction is up */

/* After an exec. Returns where PID will stop, 0 where that cannot be arranged. */
static uint64_t break_at_entry(pid_t pid)
{
    uint64_t entry = auxiliary_value(pid, AT_ENTRY);
    errno = 0;
    long code = entry ? ptrace(PTRACE_PEEKTEXT, pid, entry, 0) : 0;
    if (!entry || errno || ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL) != 0)
        return 0;
    uint64_t broken = ((uint64_t)code & ~UINT64_C(0xff)) | BREAKPOINT;
    return ptrace(PTRACE_POKETEXT, pid, entry, broken) == 0 ? entry : 0;
}

static bool is_at(pid_t pid, uint64_t entry)
{
    struct user_regs_struct registers;
    return entry && ptrace(PTRACE_GETREGS, pid, 0, &registers) == 0 && registers.rip == entry + 1;
}

static bool report_end(int status, struct error *error)
{
    if (WIFSIGNALED(status))
        error_set(error, "it was ended by signal %d (%s) before its start", WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else
        error_set(error, "it ended with exit status %d before its start", WEXITSTATUS(status));
    return false;
}

static bool wait_for_stop(pid_t pid, int *status, struct error *error)
{
    while (waitpid(pid, status, 0) < 0) {
        if (errno == EINTR)
            continue;
        error_set(error, "waitpid: %s", strerror(errno));
        return false;
    }
    return WIFSTOPPED(*status) || report_end(*status, error);
}

bool stop_at_entry(pid_t pid, struct error *error)
{
    uint64_t entry = 0;
    for (int status; wait_for_stop(pid, &status, error);) {
        int signal = WSTOPSIG(status);
        if (signal == SIGTRAP && is_at(pid, entry))
            return true;
        /* An exec: the program's, or another one that something loaded has done. */
        if (signal == SIGTRAP) {
            entry = break_at_entry(pid);
            signal = 0;
            if (!entry) {
                error_set(error, "it cannot be stopped at its start: %s", strerror(errno));
                end_stopped(pid);
                return false;
            }
        }
        ptrace(PTRACE_CONT, pid, 0, signal);
    }
    return false;
}

void end_stopped(pid_t pid)
{
    int status = 0;
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) >= 0 ? WIFSTOPPED(status) : errno == EINTR)
        continue;
}
