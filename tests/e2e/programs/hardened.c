/*
 * hardened.c - runs a program under what systemd sets in a process for a hardened service.
 *
 *   hardened kill|fail NUMBERS PROGRAM [ARG...]
 *
 * NoNewPrivileges=, MemoryDenyWriteExecute= (both by PR_SET_MDWE, where the kernel has that, and by
 * a filter), RestrictNamespaces=, RestrictAddressFamilies= but for AF_UNIX and the internet's,
 * LockPersonality=, RestrictRealtime=, RestrictSUIDSGID=, SystemCallArchitectures=native, and
 * SystemCallFilter= of the calls with these NUMBERS, with commas: all others kill, or fail. Each is
 * a filter of its own, as there.
 *
 * Exits with 77 where there is no such thing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
#define REFUSE_EXEC_GAIN 1

#define CODE_MAX   1024
#define NAMESPACES 0x7e020080u /* all of CLONE_NEW* */
#define SETS_ID    (S_ISUID | S_ISGID)

#define LOAD(field)                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define RETURN(what)              BPF_STMT(BPF_RET | BPF_K, what)
#define JUMP(how, value, yes, no) BPF_JUMP(BPF_JMP | (how) | BPF_K, value, yes, no)
#define FAIL                      (SECCOMP_RET_ERRNO | EPERM)

/* A call that fails where its argument has all of BITS, or with `any` one of them. */
struct refusal {
    unsigned number, argument, bits;
    bool any;
};

static const struct refusal refusals[] = {
    {SYS_mmap, 2, PROT_EXEC | PROT_WRITE, false},
    {SYS_mprotect, 2, PROT_EXEC, false},
    {SYS_pkey_mprotect, 2, PROT_EXEC, false},
    {SYS_shmat, 2, SHM_EXEC, false},
    {SYS_clone, 0, NAMESPACES, true},
    {SYS_unshare, 0, NAMESPACES, true},
    {SYS_setns, 1, NAMESPACES, true},
    {SYS_personality, 0, 0xffff, true},
    {SYS_sched_setscheduler, 1, SCHED_FIFO | SCHED_RR, true},
    {SYS_chmod, 1, SETS_ID, true},
    {SYS_fchmod, 1, SETS_ID, true},
    {SYS_fchmodat, 2, SETS_ID, true},
    {SYS_openat, 3, SETS_ID, true},
};

static bool set(struct sock_filter *code, size_t count)
{
    const struct sock_fprog program = {(unsigned short)count, code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool refuse(const struct refusal *refusal)
{
    const unsigned bits = refusal->bits, none = 0;
    struct sock_filter code[] = {
        LOAD(nr),
        JUMP(BPF_JEQ, refusal->number, 0, 4),
        LOAD(args[refusal->argument]),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits),
        JUMP(BPF_JEQ, refusal->any ? none : bits, refusal->any, !refusal->any),
        RETURN(FAIL),
        RETURN(SECCOMP_RET_ALLOW),
    };
    return set(code, sizeof(code) / sizeof(*code));
}

/* clone3() is said not to be there: a filter does not see what it is asked for. */
static bool refuse_others(void)
{
    struct sock_filter code[] = {
        LOAD(arch),
        JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        JUMP(BPF_JEQ, SYS_clone3, 0, 1),
        RETURN(SECCOMP_RET_ERRNO | ENOSYS),
        JUMP(BPF_JEQ, SYS_socket, 0, 5),
        LOAD(args[0]),
        JUMP(BPF_JEQ, AF_UNIX, 3, 0),
        JUMP(BPF_JEQ, AF_INET, 2, 0),
        JUMP(BPF_JEQ, AF_INET6, 1, 0),
        RETURN(SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        RETURN(SECCOMP_RET_ALLOW),
    };
    return set(code, sizeof(code) / sizeof(*code));
}

static bool allow(const char *numbers, unsigned others)
{
    static struct sock_filter code[CODE_MAX];
    size_t length = 0;
    code[length++] = (struct sock_filter)LOAD(nr);
    for (const char *at = numbers; *at && length < CODE_MAX - 3; at += *at == ',') {
        char *end;
        code[length++] = (struct sock_filter)JUMP(BPF_JEQ, (unsigned)strtoul(at, &end, 10), 0, 1);
        code[length++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
        at = end;
    }
    code[length++] = (struct sock_filter)RETURN(others);
    return set(code, length);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0);
    bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && refuse_others();
    for (size_t i = 0; ok && i < sizeof(refusals) / sizeof(*refusals); i++)
        ok = refuse(&refusals[i]);
    if (!ok || !allow(argv[2], strcmp(argv[1], "kill") == 0 ? SECCOMP_RET_KILL_PROCESS : FAIL))
        return 77;
    execv(argv[3], argv + 3);
    return 127;
}
/* SPDX-License-Identifier: MIT */
