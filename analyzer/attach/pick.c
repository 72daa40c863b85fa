/* pick.c - which thread can be made to call something; see pick.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/pick.h"

#include "analyzer/attach/inside.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define PATIENCE_S 10
#define PAUSE_NS   2000000
#define LATER      20 /* rounds, until a thread that does not wait is taken, too */
#define STACK_LOOK 65536u
#define FRAME_CODE 176 /* bytes, from the return address of a signal frame to its `rip` */
#define FRAME_CS   16  /* ... from there to its segment, which is the program's */
#define PROGRAM_CS 0x33u
#define MOMENT_S   1

/* In these a thread waits for something outside, and holds nothing of the C library's that what is
 * called may need. */
static bool waits_in(uint64_t number)
{
    static const uint16_t known[] = {
        SYS_poll,
        SYS_ppoll,
        SYS_select,
        SYS_pselect6,
        SYS_epoll_wait,
        SYS_epoll_pwait,
        SYS_epoll_pwait2,
        SYS_accept,
        SYS_accept4,
        SYS_nanosleep,
        SYS_clock_nanosleep,
        SYS_recvfrom,
        SYS_recvmsg,
        SYS_recvmmsg,
        SYS_read,
        SYS_readv,
        SYS_wait4,
        SYS_waitid,
        SYS_pause,
        SYS_rt_sigsuspend,
        SYS_rt_sigtimedwait,
        SYS_semop,
        SYS_semtimedop,
        SYS_flock,
        SYS_sendfile,
        SYS_sendto,
        SYS_sendmsg,
        SYS_write,
        SYS_writev,
        SYS_msgrcv,
        SYS_restart_syscall,
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (number == known[i])
            return true;
    return false;
}

/* As it comes out of these it holds nothing either: malloc() and the loader do not make them. Who
 * waits for a lock does not hold that one. */
static bool comes_out_of(uint64_t number)
{
    static const uint16_t known[] = {
        SYS_futex,         SYS_gettid,       SYS_getpid,      SYS_getppid, SYS_stat,
        SYS_lstat,         SYS_access,       SYS_lseek,       SYS_fcntl,   SYS_setsockopt,
        SYS_getsockopt,    SYS_epoll_ctl,    SYS_sched_yield, SYS_times,   SYS_getrusage,
        SYS_clock_gettime, SYS_gettimeofday, SYS_getdents64};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (number == known[i])
            return true;
    return waits_in(number);
}

/* Is a signal frame among the words of its stack? What the handler interrupted may hold a lock. */
static bool is_in_handler(const struct pick *pick, const struct user_regs_struct *registers)
{
    uint64_t words[512], cs;
    for (uint64_t at = registers->rsp; at < registers->rsp + STACK_LOOK; at += sizeof(words)) {
        const size_t got = target_read_some(pick->images->memory, at, words, sizeof(words));
        for (size_t i = 0; i < got / sizeof(*words); i++) {
            const uint64_t code = at + i * sizeof(*words) + FRAME_CODE;
            if (words[i] == pick->sigreturn &&
                target_read(pick->images->memory, code + FRAME_CS, &cs, sizeof(cs)) &&
                (uint16_t)cs == PROGRAM_CS)
                return true;
        }
        if (got < sizeof(words))
            break;
    }
    return false;
}

static bool is_in_call(const struct pick *pick, const struct user_regs_struct *registers)
{
    static const uint8_t instruction[2] = {0x0f, 0x05};
    uint8_t code[2];
    return (int64_t)registers->orig_rax >= 0 &&
           target_read(pick->images->memory, registers->rip - 2, code, sizeof(code)) &&
           memcmp(code, instruction, sizeof(code)) == 0;
}

static bool is_in_loader(const struct pick *pick, uint64_t address)
{
    return address >= pick->loader_begin && address < pick->loader_end;
}

/* What it has called holds nothing of the program's, but comes back. */
static bool is_in_recorder(const struct pick *pick, const struct user_regs_struct *registers)
{
    return pick->recorder && is_inside_recorder(pick->recorder, pick->images->memory, registers);
}

static bool fits(const struct pick *pick, const struct user_regs_struct *registers,
                 bool (*calls)(uint64_t))
{
    return is_in_call(pick, registers) && calls(registers->orig_rax) &&
           !is_in_loader(pick, registers->rip) && !is_in_recorder(pick, registers) &&
           !is_in_handler(pick, registers);
}

static bool read_registers(pid_t tid, struct user_regs_struct *registers)
{
    return ptrace(PTRACE_GETREGS, tid, 0, registers) == 0;
}

/* The next stop of TID at or in a call. False: it has ended, or none comes within a moment. */
static bool go_on(pid_t tid, int request, int *status)
{
    int signal = 0;
    do {
        if (ptrace(request, tid, 0, signal) != 0 || !thread_await(tid, status, MOMENT_S))
            return false;
        signal = WSTOPSIG(*status);
    } while (*status >> 16 == 0 && signal != (SIGTRAP | 0x80));
    return true;
}

/* Lets the thread run up to the end of a call that it can be taken at. */
static bool find_call(struct pick *pick, pid_t tid)
{
    int status;
    const int64_t until = seconds_now() + MOMENT_S;
    while (seconds_now() <= until) {
        if (!go_on(tid, PTRACE_SYSCALL, &status) || !go_on(tid, PTRACE_SYSCALL, &status))
            return false;
        struct user_regs_struct registers;
        if (read_registers(tid, &registers) && fits(pick, &registers, comes_out_of))
            return true;
    }
    return false;
}

/* Afterwards the thread is stopped where signals are looked at, taken or not. */
static bool take_at_call(struct pick *pick, pid_t tid)
{
    const bool found = find_call(pick, tid);
    bool stops;
    int status = 0;
    ptrace(PTRACE_INTERRUPT, tid, 0, 0);
    do {
        const int signal = status && WSTOPSIG(status) < 0x80 ? WSTOPSIG(status) : 0;
        ptrace(PTRACE_CONT, tid, 0, signal); /* which fails while it runs */
        stops = thread_await(tid, &status, MOMENT_S);
    } while (stops && status >> 16 != PTRACE_EVENT_STOP);
    return found && stops && read_registers(tid, &pick->registers) &&
           fits(pick, &pick->registers, comes_out_of);
}

static bool try_thread(struct pick *pick, pid_t tid, bool busy)
{
    struct error error;
    if (!thread_stop(tid, &error))
        return false;
    pick->tid = tid;
    if (read_registers(tid, &pick->registers) && fits(pick, &pick->registers, waits_in))
        return true;
    if (busy && fits(pick, &pick->registers, comes_out_of))
        return true;
    if (busy && take_at_call(pick, tid))
        return true;
    thread_release(tid);
    return false;
}

bool pick_thread(struct pick *pick, struct error *error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    const int64_t until = seconds_now() + PATIENCE_S;
    for (unsigned round = 0; round < LATER || seconds_now() < until; round++) {
        size_t count;
        bool found = false;
        pid_t *tids = target_images_change(pick->images) ? NULL : threads_list(pick->pid, &count);
        for (size_t i = 0; tids && i < count && !found; i++)
            found = try_thread(pick, tids[i], round >= LATER);
        free(tids);
        if (found)
            return true;
        nanosleep(&pause, NULL);
    }
    error_set(error,
              "none of its threads comes to where something can be called: in a system call, "
              "outside of malloc(), the loader and signal handlers");
    return false;
}
