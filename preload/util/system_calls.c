/* system_calls.c - which system calls this process may make; see system_calls.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/system_calls.h"

#include "preload/util/filter_code.h"
#include "preload/util/forked.h"
#include "preload/util/proc_file.h"
#include "preload/util/readable.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE        4096u
#define STATUS_ROOM 4096u

/* What is asked about: a call as the recorder makes it. */
static const struct {
    int number;
    uint64_t arguments[6];
} asked[CALLS] = {
    [CALL_PROTECT] = {SYS_mprotect, {PAGE, PAGE, PROT_READ | PROT_WRITE}},
    [CALL_POPULATE] = {SYS_madvise, {PAGE, PAGE, MADV_POPULATE_WRITE}},
    [CALL_REMAP] = {SYS_mremap, {PAGE, PAGE, PAGE, MREMAP_MAYMOVE}},
    [CALL_MAP] = {SYS_mmap,
                  {0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   UINT32_MAX}},
    [CALL_UNMAP] = {SYS_munmap, {PAGE, PAGE}},
    [CALL_LIMIT] = {SYS_prlimit64, {0, RLIMIT_AS, 0, PAGE}},
    [CALL_CPU_TIME] = {SYS_clock_gettime, {CLOCK_PROCESS_CPUTIME_ID, PAGE}},
    [CALL_USAGE] = {SYS_getrusage, {RUSAGE_SELF, PAGE}},
    [CALL_MASK] = {SYS_rt_sigprocmask, {SIG_SETMASK, PAGE, PAGE, 8}},
    [CALL_HANDLERS] = {SYS_sigaltstack, {0, PAGE}},
    [CALL_READ_OWN] = {SYS_process_vm_readv, {PAGE, PAGE, 1, PAGE, 1}},
    [CALL_PAGES] = {SYS_move_pages, {0, 1, PAGE, 0, PAGE, 0}},
    [CALL_DIRECTORY] = {SYS_getcwd, {PAGE, PAGE}},
    [CALL_THREAD] = {SYS_gettid, {0}},
    [CALL_PROCESS] = {SYS_getpid, {0}},
    [CALL_ALIVE] = {SYS_tgkill, {PAGE, PAGE}},
    [CALL_FUTEX] = {SYS_futex, {PAGE, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, 0, PAGE}},
    [CALL_OPEN] = {SYS_openat,
                   {PAGE, PAGE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600}},
    [CALL_STATUS] = {SYS_newfstatat, {PAGE, PAGE, PAGE}},
    [CALL_FILE_SYSTEM] = {SYS_fstatfs, {PAGE, PAGE}},
    [CALL_TRUNCATE] = {SYS_ftruncate, {PAGE, PAGE}},
    [CALL_CLOSE] = {SYS_close, {PAGE}},
    [CALL_USER] = {SYS_geteuid, {0}},
    [CALL_RANDOM] = {SYS_getrandom, {PAGE, 8, 1}},
    [CALL_ACTION] = {SYS_rt_sigaction, {SIGSEGV, PAGE, PAGE, 8}},
    [CALL_RETURN] = {SYS_rt_sigreturn, {0}},
    [CALL_YIELD] = {SYS_sched_yield, {0}},
};

_Static_assert(CALLS <= 32, "a bit each");

#define BIT(call) (UINT32_C(1) << (call))
#define CLAIMS    (BIT(CALL_PROTECT) | BIT(CALL_POPULATE) | BIT(CALL_REMAP) | BIT(CALL_CPU_TIME))
#define OPENS                                                                                      \
    (BIT(CALL_OPEN) | BIT(CALL_STATUS) | BIT(CALL_TRUNCATE) | BIT(CALL_FILE_SYSTEM) |              \
     BIT(CALL_CLOSE) | BIT(CALL_USER) | BIT(CALL_RANDOM) | BIT(CALL_MAP) | BIT(CALL_PROTECT) |     \
     BIT(CALL_POPULATE))

#define CLOSES  (BIT(CALL_PROTECT) | BIT(CALL_POPULATE))
#define HANDLES (BIT(CALL_ACTION) | BIT(CALL_RETURN) | BIT(CALL_YIELD))

/* What a filter that nobody can ask may well forbid, and the recorder can do without. */
#define DOUBTFUL                                                                                   \
    (BIT(CALL_READ_OWN) | BIT(CALL_PAGES) | BIT(CALL_MASK) | BIT(CALL_ALIVE) | BIT(CALL_USAGE))

enum readable_way readable_way;
FORKED static uint32_t forbidden; /* bits */
FORKED static uint32_t refused;   /* the same, and what fails */
FORKED static bool inherited, later;

static bool is_forbidden(enum system_call call)
{
    return __atomic_load_n(&forbidden, __ATOMIC_RELAXED) & BIT(call);
}

static void choose_way(void)
{
    readable_way = !is_forbidden(CALL_MASK)    ? READABLE_BY_MASK
                   : !is_forbidden(CALL_FUTEX) ? READABLE_BY_FUTEX
                                               : READABLE_UNKNOWN;
}

/* "Seccomp:\t2" is that of filters. Where it cannot be read, none is known of. */
void system_calls_setup(void)
{
    static const char line[] = "\nSeccomp:\t2";
    char status[STATUS_ROOM];
    const int fd = open("/proc/self/status", PROC_READ);
    if (fd < 0)
        return;
    const ssize_t length = read(fd, status, sizeof(status));
    close(fd);
    for (ssize_t i = 0; i + (ssize_t)sizeof(line) <= length; i++)
        inherited |= memcmp(status + i, line, sizeof(line) - 1) == 0;
    if (!inherited)
        return;
    forbidden = DOUBTFUL;
    choose_way();
}

bool system_calls_inherited_filter(void)
{
    return inherited;
}

bool system_calls_filtered(void)
{
    return inherited || __atomic_load_n(&later, __ATOMIC_RELAXED);
}

static uint32_t forbidden_now(void)
{
    return __atomic_load_n(&forbidden, __ATOMIC_RELAXED);
}

bool system_calls_may(enum system_call call)
{
    return !is_forbidden(call);
}

bool system_calls_may_open(void)
{
    return !(forbidden_now() & OPENS);
}

bool system_calls_may_claim(void)
{
    return !(forbidden_now() & CLAIMS);
}

bool system_calls_may_handle(void)
{
    return !(__atomic_load_n(&refused, __ATOMIC_RELAXED) & HANDLES);
}

bool system_calls_may_close_pages(void)
{
    return !(__atomic_load_n(&refused, __ATOMIC_RELAXED) & CLOSES);
}

typedef bool asks(const struct sock_filter *code, size_t count, const struct seccomp_data *data);

static uint32_t denied(const struct sock_fprog *filter, enum system_call call, asks *asks)
{
    struct seccomp_data data = {.nr = asked[call].number,
                                .arch = AUDIT_ARCH_X86_64,
                                .instruction_pointer = (uint64_t)(uintptr_t)syscall};
    memcpy(data.args, asked[call].arguments, sizeof(data.args));
    return asks(filter->filter, filter->len, &data) ? 0 : BIT(call);
}

/* Can all of FILTER be read, at its kernel's risk? */
static bool is_there(const struct sock_fprog *filter)
{
    const uint64_t at = (uint64_t)(uintptr_t)filter;
    if (!is_readable(at) || !is_readable(at + sizeof(*filter) - 1))
        return false;
    const uint64_t code = (uint64_t)(uintptr_t)filter->filter;
    const uint64_t end = code + filter->len * sizeof(*filter->filter);
    for (uint64_t page = code; page < end; page = (page / PAGE + 1) * PAGE) {
        if (!is_readable(page))
            return false;
    }
    return true;
}

/* FILTER counts from now on; NULL: the strict one. */
static uint32_t take_filter(const struct sock_fprog *filter)
{
    uint32_t more = filter ? 0 : UINT32_MAX, fails = more;
    for (unsigned call = 0; filter && call < CALLS; call++) {
        more |= denied(filter, call, filter_code_lets);
        fails |= denied(filter, call, filter_code_allows);
    }
    __atomic_fetch_or(&refused, fails, __ATOMIC_SEQ_CST);
    const uint32_t before = __atomic_fetch_or(&forbidden, more, __ATOMIC_SEQ_CST);
    choose_way();
    return before;
}

uint32_t system_calls_filter(const struct sock_fprog *filter)
{
    if (filter && !is_there(filter))
        return forbidden_now();
    __atomic_store_n(&later, true, __ATOMIC_RELAXED);
    return take_filter(filter);
}

void system_calls_restore(uint32_t before)
{
    __atomic_store_n(&forbidden, before, __ATOMIC_SEQ_CST);
    choose_way();
}

void system_calls_take(const struct sock_fprog *filters, size_t count)
{
    inherited = count > 0;
    __atomic_store_n(&later, false, __ATOMIC_RELAXED);
    system_calls_restore(0);
    refused = 0;
    for (size_t i = 0; i < count; i++)
        take_filter(&filters[i]);
}
