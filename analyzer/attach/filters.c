/* filters.c - filters of system calls that are on another process; see filters.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/filters.h"

#include "analyzer/attach/leftovers.h"
#include "analyzer/util/memory.h"
#include "preload/util/filter_code.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define PAGE       UINT64_C(4096)
#define FILTERED   2  /* "Seccomp:" of a thread's status */
#define OF_THREAD  64 /* filters that one thread may have here */
#define NO_FILE    UINT32_MAX
#define GET_FILTER 0x420c /* PTRACE_SECCOMP_GET_FILTER, linux/ptrace.h */

#define READ_CODE  (PROT_READ | PROT_EXEC)
#define READ_WRITE (PROT_READ | PROT_WRITE)
#define ANONYMOUS  (MAP_PRIVATE | MAP_ANONYMOUS)

/* What is called in the process: by the command, by the loader as it loads the recorder, and by the
 * recorder as far as it does not ask the filters itself. */
static const struct {
    const char *name;
    enum filters_use use; /* from this on */
    int number;
    uint64_t arguments[6];
} calls[] = {
    {"rt_sigreturn", FILTERS_END, SYS_rt_sigreturn, {0}},
    {"memfd_create", FILTERS_END, SYS_memfd_create, {PAGE, MFD_CLOEXEC}},
    {"mmap", FILTERS_END, SYS_mmap, {0, PAGE, READ_WRITE, MAP_PRIVATE | MAP_NORESERVE, 3}},
    {"close", FILTERS_END, SYS_close, {3}},
    {"munmap", FILTERS_END, SYS_munmap, {PAGE, PAGE}},
    {"rt_sigprocmask", FILTERS_END, SYS_rt_sigprocmask, {SIG_SETMASK, PAGE, PAGE, 8}},
    {"socketpair", FILTERS_BEGIN, SYS_socketpair, {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, PAGE}},
    {"recvmsg", FILTERS_BEGIN, SYS_recvmsg, {3, PAGE, MSG_CMSG_CLOEXEC}},
    {"openat", FILTERS_BEGIN, SYS_openat, {(uint64_t)AT_FDCWD, PAGE, O_RDONLY | O_CLOEXEC}},
    {"fcntl", FILTERS_BEGIN, SYS_fcntl, {3, F_DUPFD_CLOEXEC, 3}},
    {"read", FILTERS_BEGIN, SYS_read, {3, PAGE, PAGE}},
    {"pread64", FILTERS_BEGIN, SYS_pread64, {3, PAGE, PAGE, 0}},
    {"pwrite64", FILTERS_BEGIN, SYS_pwrite64, {3, PAGE, PAGE, 0}},
    {"fstat", FILTERS_BEGIN, SYS_fstat, {3, PAGE}},
    {"newfstatat", FILTERS_BEGIN, SYS_newfstatat, {3, PAGE, PAGE, AT_EMPTY_PATH}},
    {"mmap", FILTERS_BEGIN, SYS_mmap, {0, PAGE, PROT_READ, MAP_PRIVATE, 3}},
    {"mmap", FILTERS_BEGIN, SYS_mmap, {PAGE, PAGE, READ_CODE, MAP_PRIVATE | MAP_FIXED, 3}},
    {"mmap", FILTERS_BEGIN, SYS_mmap, {PAGE, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED, NO_FILE}},
    {"mmap", FILTERS_BEGIN, SYS_mmap, {0, PAGE, READ_WRITE, MAP_SHARED, 3}},
    {"mprotect", FILTERS_BEGIN, SYS_mprotect, {PAGE, PAGE, PROT_READ}},
    {"mprotect", FILTERS_BEGIN, SYS_mprotect, {PAGE, PAGE, READ_WRITE}},
    {"mprotect", FILTERS_BEGIN, SYS_mprotect, {PAGE, PAGE, READ_CODE}},
    {"ftruncate", FILTERS_BEGIN, SYS_ftruncate, {3, PAGE}},
    {"getpid", FILTERS_END, SYS_getpid, {0}},
    {"getppid", FILTERS_BEGIN, SYS_getppid, {0}},
    {"getrandom", FILTERS_BEGIN, SYS_getrandom, {PAGE, 8, 1}},
    {"madvise", FILTERS_BEGIN, SYS_madvise, {PAGE, PAGE, MADV_DONTFORK}},
    {"prlimit64", FILTERS_BEGIN, SYS_prlimit64, {0, 9, 0, PAGE}},
    {"brk", FILTERS_BEGIN, SYS_brk, {0}},
    {"socket", FILTERS_CHILDREN, SYS_socket, {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0}},
    {"bind", FILTERS_CHILDREN, SYS_bind, {3, PAGE, 16}},
    {"listen", FILTERS_CHILDREN, SYS_listen, {3, 64}},
    {"connect", FILTERS_CHILDREN, SYS_connect, {3, PAGE, 16}},
    {"setsockopt", FILTERS_CHILDREN, SYS_setsockopt, {3, SOL_SOCKET, SO_RCVTIMEO, PAGE, 16}},
};

static bool has_filter(pid_t pid, pid_t tid)
{
    char path[64], line[512];
    int seccomp = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid, (int)tid);
    FILE *in = fopen(path, "re");
    while (in && !seccomp && fgets(line, sizeof(line), in))
        sscanf(line, "Seccomp: %d", &seccomp);
    if (in)
        fclose(in);
    return seccomp == FILTERED;
}

static bool is_same(const struct sock_fprog *a, const struct sock_fprog *b)
{
    return a->len == b->len && memcmp(a->filter, b->filter, a->len * sizeof(*a->filter)) == 0;
}

/* PROGRAM's code is FILTERS' from here on, or freed, as it is known already. */
static void add(struct target_filters *filters, struct sock_fprog program)
{
    for (size_t i = 0; i < filters->count; i++)
        if (is_same(&filters->programs[i], &program)) {
            free(program.filter);
            return;
        }
    filters->programs =
        xreallocarray(filters->programs, filters->count + 1, sizeof(*filters->programs));
    filters->programs[filters->count++] = program;
}

/* Those of TID, which is stopped. False, with errno: they cannot be read. */
static bool read_thread(struct target_filters *filters, pid_t tid)
{
    for (unsigned i = 0; i < OF_THREAD; i++) {
        const long count = ptrace(GET_FILTER, tid, i, NULL);
        if (count < 0)
            return errno == ENOENT;
        struct sock_fprog program = {.len = (unsigned short)count};
        program.filter = xcalloc((size_t)count + 1, sizeof(*program.filter));
        const long again = ptrace(GET_FILTER, tid, i, program.filter);
        if (again != count) {
            free(program.filter);
            return false;
        }
        add(filters, program);
    }
    errno = E2BIG;
    return false;
}

static bool read_stopped(struct target_filters *filters, pid_t tid, struct error *error)
{
    if (!thread_stop(tid, error))
        return false;
    const bool ok = read_thread(filters, tid);
    const int why = errno;
    thread_release(tid);
    if (!ok)
        error_set(error,
                  "a filter of system calls (seccomp) is on it, which may end it for one that the "
                  "recorder makes, and cannot be asked: %s%s",
                  strerror(why), why == EACCES ? ": that takes the capability CAP_SYS_ADMIN" : "");
    return ok;
}

bool filters_read(struct target_filters *filters, pid_t pid, struct error *error)
{
    size_t count = 0;
    bool ok = true;
    *filters = (struct target_filters){0};
    pid_t *tids = threads_list(pid, &count);
    for (size_t i = 0; i < count && ok; i++)
        ok = !has_filter(pid, tids[i]) || read_stopped(filters, tids[i], error) ||
             !has_filter(pid, tids[i]); /* it has ended meanwhile */
    free(tids);
    return ok;
}

void filters_free(struct target_filters *filters)
{
    for (size_t i = 0; i < filters->count; i++)
        free(filters->programs[i].filter);
    free(filters->programs);
    *filters = (struct target_filters){0};
}

typedef bool filter_question(const struct sock_filter *code, size_t count,
                             const struct seccomp_data *data);

/* What all of them say of a call. */
static bool agree(const struct target_filters *filters, filter_question *question, size_t call)
{
    struct seccomp_data data = {.nr = calls[call].number, .arch = AUDIT_ARCH_X86_64};
    bool all = true;
    memcpy(data.args, calls[call].arguments, sizeof(data.args));
    for (size_t i = 0; i < filters->count; i++)
        all &= question(filters->programs[i].filter, filters->programs[i].len, &data);
    return all;
}

/* Where these fail, what is put into the process is left in it. */
static bool removes(int number)
{
    return number == SYS_close || number == SYS_munmap;
}

const char *filters_obstacle(const struct target_filters *filters, enum filters_use use,
                             bool *fails)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        if (calls[i].use > use)
            continue;
        *fails = agree(filters, filter_code_lets, i);
        if (!*fails || (use != FILTERS_END && removes(calls[i].number) &&
                        !agree(filters, filter_code_allows, i)))
            return calls[i].name;
    }
    return NULL;
}

/* Behind the programs their code, one after the other. */
bool filters_hand_over(const struct target_filters *filters, const struct caller *caller,
                       struct control_request *request)
{
    const struct target_memory *memory = caller->thread.images->memory;
    uint64_t at = caller->memory + filters->count * sizeof(struct sock_fprog);
    const uint64_t end = caller->memory + LEDGER_AT;
    for (size_t i = 0; i < filters->count; i++) {
        struct sock_fprog program = filters->programs[i];
        const size_t size = program.len * sizeof(*program.filter);
        const void *code = program.filter;
        program.filter = (struct sock_filter *)(uintptr_t)at;
        if (at > end || size > end - at || !target_write(memory, at, code, size) ||
            !target_write(memory, caller->memory + i * sizeof(program), &program, sizeof(program)))
            return false;
        at += size;
    }
    request->filters = caller->memory;
    request->filter_count = (uint32_t)filters->count;
    return true;
}
