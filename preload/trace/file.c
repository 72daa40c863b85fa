/* file.c - the mapped trace file of this process; see file.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/file.h"

#include "preload/trace/total.h"
#include "preload/trace/windows.h"
#include "preload/util/clock.h"
#include "preload/util/file_status.h"
#include "preload/util/forked.h"
#include "preload/util/options.h"
#include "preload/util/signals.h"
#include "preload/util/system_calls.h"
#include "preload/util/version.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

/* Kernels that cannot populate get this much space allocated up front instead. */
#define FALLBACK_SIZE (64u << 20)

#define LIMIT_LEAST (4 * TRACE_PAGE) /* a smaller trace is not worth having */

/* Made accessible at once, for a fork's sake: the header, first definitions, first events. */
#define FIRST_SIZE (3 * TRACE_PAGE)

#define RESERVE (UINT64_C(4) << 20) /* bytes: before a filter forbids to claim more */

#define ZFS_MAGIC      0x2fc12fc1u /* not in <linux/magic.h> */
#define BCACHEFS_MAGIC 0xca451a4eu

#define FILE_MODE    0600
#define NAME_SIZE    48    /* of a trace's file, with its NUL */
#define SAME_PID_MAX 10000 /* traces of one pid, in a recording that saw pids go round */

FORKED struct trace_header *trace_file_mapped;
FORKED static size_t accessible; /* bytes at the start, populated ahead of being claimed */
static uint32_t announced;       /* see struct trace_header */
static uid_t recording_uid;      /* effective when recording began */

const void *trace_file_place(void)
{
    return &trace_file_mapped;
}

/* Gives the file what the umask took away. A change is one of the disk's, and costs more. */
static void restore_mode(int fd)
{
    struct stat st;
    if (file_status(fd, &st) != 0 || (st.st_mode & ALLPERMS) != FILE_MODE)
        fchmod(fd, FILE_MODE);
}

static char *put_number(char *to, unsigned number)
{
    if (number > 9)
        to = put_number(to, number / 10);
    *to++ = (char)('0' + number % 10);
    return to;
}

/* Not by snprintf(): in a process just forked, each page of the C library is a fault. For the same
 * reason what is called by syscall() is not called by name. */
static void write_name(char to[NAME_SIZE], unsigned pid, unsigned n)
{
    to = put_number(to, pid);
    if (n > 0) {
        *to++ = '.';
        to = put_number(to, n);
    }
    memcpy(to, TRACE_SUFFIX, sizeof(TRACE_SUFFIX));
}

/*
 * A file system that copies on write needs space for what it had space for before: it ends who
 * writes to a mapping when it has none. Btrfs can do without for a file that is empty. False: this
 * one cannot, and is known to copy.
 */
static bool writes_in_place(int fd)
{
    struct statfs system;
    int flags = 0;
    if (fstatfs(fd, &system) != 0)
        return true;
    switch ((unsigned long)system.f_type) {
    case BTRFS_SUPER_MAGIC:
        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
            return false;
        flags |= FS_NOCOW_FL;
        return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    case OVERLAYFS_SUPER_MAGIC: /* of whatever, with what this one hands on */
        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
            flags |= FS_NOCOW_FL;
            ioctl(fd, FS_IOC_SETFLAGS, &flags);
        }
        return true;
    case ZFS_MAGIC:
    case BCACHEFS_MAGIC:
    case NILFS_SUPER_MAGIC:
        return false;
    default:
        return true;
    }
}

static int create_file(int dir, char name[NAME_SIZE])
{
    const unsigned pid = (unsigned)getpid();
    for (unsigned n = 0; n < SAME_PID_MAX; n++) {
        write_name(name, pid, n);
        int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
        if (fd >= 0)
            restore_mode(fd);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Only a directory that nobody but us can put names into: ours or root's, writable by its owner. */
static bool is_private(int dir)
{
    struct stat st;
    return file_status(dir, &st) == 0 && (st.st_uid == recording_uid || st.st_uid == 0) &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static uint64_t apply_limits(uint64_t limit)
{
    struct rlimit size, space;
    if (getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur < limit)
        limit = size.rlim_cur;
    /* A quarter leaves the program room for its own mappings, and its children for theirs. */
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY &&
        space.rlim_cur / 4 < limit)
        limit = space.rlim_cur / 4;
    return limit / TRACE_PAGE * TRACE_PAGE;
}

/* Populates the first pages, where there is space; false: this kernel populates none. */
static bool populate_first(void *base)
{
    mprotect(base, FIRST_SIZE, PROT_READ | PROT_WRITE);
    bool done = madvise(base, FIRST_SIZE, MADV_POPULATE_WRITE) == 0;
    accessible = done ? FIRST_SIZE : 0;
    return done || errno != EINVAL;
}

/* As much of *LIMIT as the file system has files for and the address space has room for. NULL:
 * there is no room. */
static void *map_sparse(int fd, uint64_t *limit)
{
    void *base = NULL;
    while (!base && *limit >= LIMIT_LEAST) {
        if (ftruncate(fd, (off_t)*limit) == 0)
            base = windows_begin(fd, *limit);
        if (!base)
            *limit = *limit / 2 / TRACE_PAGE * TRACE_PAGE;
    }
    return base;
}

/* Sizes FD and maps its beginning; where space cannot be populated later, it is allocated now. */
static void *map_file(int fd, uint64_t *limit)
{
    void *base = map_sparse(fd, limit);
    if (base && !populate_first(base)) {
        *limit = *limit < FALLBACK_SIZE ? *limit : FALLBACK_SIZE;
        if (posix_fallocate(fd, 0, (off_t)*limit) != 0) {
            windows_end();
            return NULL;
        }
    }
    return base;
}

/* Finds space for what is accessible. 0, or why there is none. The program's errno stays. */
static int populate(void *at, size_t size)
{
    int before = errno, error = 0;
    /* EINVAL: an old kernel, and map_file() allocated the whole file. */
    if (madvise(at, size, MADV_POPULATE_WRITE) != 0 && errno != EINVAL)
        error = errno;
    errno = before;
    return error;
}

/* Makes SIZE claimed bytes accessible, and finds space for the first FIRST of them. The same. */
static int open_claimed(void *claimed, size_t size, size_t first)
{
    int before = errno, error = 0;
    if (mprotect(claimed, size, PROT_READ | PROT_WRITE) != 0)
        error = errno;
    errno = before;
    return error ? error : populate(claimed, first);
}

/* Maps FD with space for its header: without that it would look like the trace of a process that
 * was killed. */
static void *map_whole(int fd, uint64_t *limit)
{
    void *base = map_file(fd, limit);
    if (!base || accessible > 0 || open_claimed(base, TRACE_PAGE, TRACE_PAGE) == 0)
        return base;
    windows_end();
    return NULL;
}

/* A trace that is to be made. */
struct new_file {
    const char *dir;
    uint64_t limit; /* bytes, at most */
    bool forked;    /* of a process that a recorded one forked */
    bool ended;     /* the directory's recording was ended meanwhile */
};

/* To be asked when the trace is there: who ends the recording looks for traces after that. */
static bool is_ended(int dir)
{
    struct stat st;
    return syscall(SYS_newfstatat, dir, TRACE_STOPPED_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether all traces of DIR together leave room for another one's header. */
static bool counts(int dir)
{
    const uint64_t max = options_get()->max_total;
    return max == 0 || (total_begin(dir, max) && total_take(TRACE_PAGE));
}

/* The new file, mapped; NULL, and there is none. */
static void *create_in(struct new_file *file)
{
    void *base = NULL;
    char name[NAME_SIZE];
    int dir_fd = open(file->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir_fd < 0)
        return base;
    int fd = is_private(dir_fd) ? create_file(dir_fd, name) : -1;
    if (fd >= 0) {
        file->ended = is_ended(dir_fd);
        if ((file->forked || !file->ended) && writes_in_place(fd) && counts(dir_fd))
            base = map_whole(fd, &file->limit);
        close(fd);
    }
    if (fd >= 0 && !base)
        unlinkat(dir_fd, name, 0);
    close(dir_fd);
    return base;
}

/*
 * The kernel takes a change of the file system uid for a change of privileges: it drops
 * capabilities and forbids to trace and dump the process.
 */
static void *create_under_fsuid(struct new_file *file, uid_t fsuid)
{
    struct __user_cap_header_struct version = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct capabilities[_LINUX_CAPABILITY_U32S_3];
    int dumpable = prctl(PR_GET_DUMPABLE);
    long known = syscall(SYS_capget, &version, capabilities);
    uid_t before = (uid_t)setfsuid(fsuid);
    void *base = create_in(file);
    setfsuid(before);
    if (known == 0)
        syscall(SYS_capset, &version, capabilities);
    if (dumpable >= 0 && prctl(PR_GET_DUMPABLE) != dumpable)
        prctl(PR_SET_DUMPABLE, dumpable);
    return base;
}

/*
 * A daemon may be another user by the time it forks: ProFTPD's master is, with root as its saved
 * uid. The directory is still the first user's, so the file is opened as that one. Only the file
 * system uid changes, of this thread, with signals blocked: no code of the program runs meanwhile.
 */
static void *create_as_recording_user(struct new_file *file)
{
    if (geteuid() == recording_uid) /* and so is the file system uid, most likely */
        return create_in(file);
    const uint64_t before = signals_block();
    void *base = create_under_fsuid(file, recording_uid);
    signals_restore(before);
    return base;
}

static void write_header(struct trace_header *to, uint64_t limit, const struct trace_origin *origin)
{
    if (syscall(SYS_getrandom, &to->file_id, sizeof(to->file_id), GRND_NONBLOCK) !=
        sizeof(to->file_id))
        to->file_id = clock_ticks() << 20 ^ (uint64_t)getpid();
    to->version = TRACE_VERSION;
    to->tick_shift = clock_shift;
    to->parent_id = origin->parent_id;
    to->fork_seq = origin->fork_seq;
    to->first_stack = origin->first_stack;
    to->pid = getpid();
    to->parent_pid = getppid();
    to->wall_ns = clock_ns(CLOCK_REALTIME);
    to->start_tick = clock_ticks();
    to->sync_ticks[0] = origin->sync_tick ? origin->sync_tick : to->start_tick;
    to->sync_ns[0] = origin->sync_tick ? origin->sync_ns : clock_ns(CLOCK_MONOTONIC);
    to->limit = limit;
    to->announced = announced;
    to->recorder = LIFEGUARD_NUMBER;
    to->claimed = TRACE_PAGE;
    uint64_t magic;
    memcpy(&magic, TRACE_MAGIC, sizeof(magic));
    __atomic_store_n((uint64_t *)(void *)to->magic, magic, __ATOMIC_RELEASE);
}

/* False: there is no BASE. */
static bool begin(void *base, uint64_t limit, const struct trace_origin *origin)
{
    if (!base)
        return false;
    write_header(base, limit, origin);
    __atomic_store_n(&trace_file_mapped, base, __ATOMIC_RELEASE);
    trace_file_sync_clock();
    return true;
}

static void *stop(enum trace_stop why, int error)
{
    uint32_t none = TRACE_STOP_NONE;
    if (__atomic_compare_exchange_n(&trace_file_mapped->stop, &none, why, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        trace_file_mapped->stop_errno = error;
    return NULL;
}

bool trace_file_open(const char *dir, uint64_t limit, const struct trace_origin *origin)
{
    if (!system_calls_may_open())
        return false;
    if (origin->parent_id == 0)
        recording_uid = geteuid();
    struct new_file file = {
        .dir = dir, .limit = apply_limits(limit), .forked = origin->parent_id != 0};
    void *base = file.limit < LIMIT_LEAST ? NULL : create_as_recording_user(&file);
    const bool begun = begin(base, file.limit, origin);
    if (begun && file.ended) {
        trace_file_mapped->stopped_tick = trace_file_mapped->start_tick;
        stop(TRACE_STOP_ASKED, 0);
    }
    return begun;
}

bool trace_file_take(int fd, uint64_t limit, const struct trace_origin *origin)
{
    limit = apply_limits(limit);
    void *base = limit < LIMIT_LEAST ? NULL : map_whole(fd, &limit);
    close(fd);
    if (base && origin->parent_id == 0)
        ((struct trace_header *)base)->attached_tick = TRACE_ATTACHING;
    return begin(base, limit, origin);
}

void trace_file_announced(void)
{
    trace_file_mapped->announced = announced = 1;
}

void trace_file_attached(void)
{
    trace_file_mapped->attached_tick = clock_ticks();
}

void trace_file_forget(bool keep_addresses)
{
    trace_file_mapped = NULL; /* first: a handler that comes now is to claim nothing */
    windows_forget(keep_addresses);
}

bool trace_file_is_ended(void)
{
    return trace_file_mapped &&
           __atomic_load_n(&trace_file_mapped->stop, __ATOMIC_RELAXED) == TRACE_STOP_ASKED;
}

void trace_file_lose(enum trace_lost why, uint64_t n)
{
    if (trace_file_mapped && !(why == TRACE_LOST_STOPPED && trace_file_is_ended()))
        __atomic_fetch_add(&trace_file_mapped->lost[why], n, __ATOMIC_RELAXED);
}

void trace_file_count_guarded(enum trace_guarded what)
{
    if (trace_file_mapped)
        __atomic_fetch_add(&trace_file_mapped->guarded[what], 1, __ATOMIC_RELAXED);
}

void trace_file_count_sampled(enum trace_sampled what)
{
    if (trace_file_mapped)
        __atomic_fetch_add(&trace_file_mapped->sampled[what], 1, __ATOMIC_RELAXED);
}

bool trace_file_is_stopped(void)
{
    return trace_file_mapped &&
           __atomic_load_n(&trace_file_mapped->stop, __ATOMIC_RELAXED) != TRACE_STOP_NONE;
}

static void *stop_full(int error)
{
    return stop(TRACE_STOP_DISK_FULL, error == EFAULT ? ENOSPC : error);
}

void *trace_file_claim(size_t size, size_t first)
{
    if (!trace_file_mapped ||
        __atomic_load_n(&trace_file_mapped->stop, __ATOMIC_RELAXED) != TRACE_STOP_NONE ||
        size > TRACE_BLOCK_MAX)
        return NULL;
    uint64_t at = __atomic_load_n(&trace_file_mapped->claimed, __ATOMIC_RELAXED);
    do {
        if (size > trace_file_mapped->limit - at)
            return stop(TRACE_STOP_SIZE_LIMIT, 0);
    } while (!__atomic_compare_exchange_n(&trace_file_mapped->claimed, &at, at + size, false,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    if (!total_take(size))
        return stop(TRACE_STOP_TOTAL, 0);
    const bool there = at + size <= __atomic_load_n(&accessible, __ATOMIC_ACQUIRE);
    if (!there && !system_calls_may_claim())
        return stop(TRACE_STOP_FILTER, 0);
    void *claimed = windows_map(at, size);
    if (!claimed)
        return stop(TRACE_STOP_ADDRESS_SPACE, 0);
    if (!there) { /* the kernel is entered anyway */
        int error = open_claimed(claimed, size, first);
        if (error)
            return stop_full(error);
        trace_file_note_cpu();
    }
    trace_file_sync_clock();
    return claimed;
}

bool trace_file_reach(void *at, size_t size)
{
    if (!trace_file_mapped ||
        __atomic_load_n(&trace_file_mapped->stop, __ATOMIC_RELAXED) != TRACE_STOP_NONE)
        return false;
    const uint64_t offset =
        (uint64_t)((char *)at - (char *)trace_file_mapped); /* else beyond any */
    const uint64_t there = __atomic_load_n(&accessible, __ATOMIC_ACQUIRE);
    if (offset < there && size <= there - offset)
        return true;
    if (!system_calls_may_claim())
        return stop(TRACE_STOP_FILTER, 0);
    const int error = populate(at, size);
    return error == 0 || stop_full(error);
}

/* What was claimed and not reached is part of it. */
void trace_file_reserve(void)
{
    const uint64_t claimed =
        trace_file_mapped ? __atomic_load_n(&trace_file_mapped->claimed, __ATOMIC_RELAXED) : 0;
    const uint64_t size = windows_first_size();
    const uint64_t end = size < claimed + RESERVE ? size : claimed + RESERVE;
    if (!trace_file_mapped || trace_file_mapped->stop != TRACE_STOP_NONE || accessible >= end)
        return;
    if (open_claimed(trace_file_mapped, end, end) == 0)
        __atomic_store_n(&accessible, end, __ATOMIC_RELEASE);
}

uint64_t trace_file_resident(void)
{
    const uint64_t claimed =
        trace_file_mapped ? __atomic_load_n(&trace_file_mapped->claimed, __ATOMIC_RELAXED) : 0;
    const uint64_t there = __atomic_load_n(&accessible, __ATOMIC_ACQUIRE);
    return claimed > there ? claimed : there;
}

void trace_file_note_cpu(void)
{
    int before = errno;
    if (!system_calls_may(CALL_CPU_TIME))
        return;
    __atomic_store_n(&trace_file_mapped->cpu_ns, clock_ns(CLOCK_PROCESS_CPUTIME_ID),
                     __ATOMIC_RELAXED);
    errno = before;
}

void trace_file_sync_clock(void)
{
    uint64_t tick = clock_ticks(), ns = clock_ns(CLOCK_MONOTONIC);
    __atomic_store_n(&trace_file_mapped->sync_ticks[1], tick, __ATOMIC_RELAXED);
    __atomic_store_n(&trace_file_mapped->sync_ns[1], ns, __ATOMIC_RELAXED);
}

void trace_file_detach(void)
{
    trace_file_sync_clock();
    trace_file_note_cpu();
    stop(TRACE_STOP_DETACHED, 0);
    trace_file_mapped = NULL;
    windows_end();
}
